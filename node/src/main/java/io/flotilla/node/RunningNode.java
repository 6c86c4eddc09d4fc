package io.flotilla.node;

import io.flotilla.node.admin.AdminServer;
import io.flotilla.node.admin.AdminService;
import io.flotilla.node.admin.DivergenceDetector;
import io.flotilla.node.admin.GrpcLinks;
import io.flotilla.node.admin.Joined;
import io.flotilla.node.admin.LocalNode;
import io.flotilla.node.commands.NodeFacts;
import io.flotilla.node.config.ConfigException;
import io.flotilla.node.config.HostPort;
import io.flotilla.node.config.Key;
import io.flotilla.node.config.Keys;
import io.flotilla.node.config.NodeConfig;
import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.metadata.ClusterViews;
import io.flotilla.node.metadata.DataDirectory;
import io.flotilla.node.metadata.Joining;
import io.flotilla.node.metadata.LeaderHints;
import io.flotilla.node.metadata.MetadataClient;
import io.flotilla.node.metadata.MetadataDriver;
import io.flotilla.node.metadata.MetadataGroup;
import io.flotilla.node.metadata.ShardFeeder;
import io.flotilla.node.metadata.UnusableDirectoryException;
import io.flotilla.node.metrics.HttpEndpoint;
import io.flotilla.node.peer.ConfirmationFrames;
import io.flotilla.node.peer.LeaderFrames;
import io.flotilla.node.peer.LinkStatus;
import io.flotilla.node.peer.PeerMesh;
import io.flotilla.node.peer.RaftFrames;
import io.flotilla.node.proposal.Clocks;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LocalShards;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.ProposalSettings;
import io.flotilla.node.proposal.ReplicatedMachine;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.proposal.ShardLoop;
import io.flotilla.node.proposal.ShardReplica;
import io.flotilla.node.raft.Halt;
import io.flotilla.node.raft.LeaderBalancer;
import io.flotilla.node.raft.RaftHost;
import io.flotilla.node.raft.RaftLinks;
import io.flotilla.node.raft.RaftSettings;
import io.flotilla.node.raft.UntrustedDataException;
import io.flotilla.proto.admin.NodePhase;
import io.flotilla.proto.identity.HeldGroup;
import io.flotilla.proto.identity.Membership;
import io.flotilla.proto.metadata.Endpoint;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.UpdateNode;
import io.flotilla.statemachine.apply.Check;
import io.flotilla.statemachine.metadata.MetadataMachine;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node, wired: what is made, started and stopped, and in which order.
 *
 * <pre>
 *   settings ─ directory (lock, identity) ─ admin port ─ HTTP port ─ client port ─ joining
 *            ─ Raft host (preflight, replicas) ─ metadata ─ chores ─ ready
 * </pre>
 *
 * <p>Stopping goes the other way: leaderships are handed over, clients' replies leave, then
 * everything closes. What was opened is put on a pile, so a start that fails closes just that.
 */
final class RunningNode implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RunningNode.class);

  static final String VERSION =
      Objects.requireNonNullElse(
          RunningNode.class.getPackage().getImplementationVersion(), "0.1.0-dev");

  /**
   * How often the node looks after its shards and the metadata: a few volatile reads where nothing
   * has changed.
   */
  private static final Duration TICK = Duration.ofMillis(50);

  /** How often it looks at its disk, its registration and its directory. */
  private static final Duration CHORES = Duration.ofSeconds(1);

  /**
   * How long a change of the metadata that the node itself wants may take before it is tried anew.
   */
  private static final Duration CHANGE_TIMEOUT = Duration.ofSeconds(10);

  /**
   * How long a replica may be behind after a start before its slots answer by its state all the
   * same; that it is behind stays in the way of being ready.
   */
  private static final Duration CATCH_UP = Duration.ofSeconds(10);

  /**
   * How long a node that makes its first replicas waits for its fellows to make theirs: a busy
   * machine's difference between processes that were started together.
   */
  private static final Duration FIRST_REPLICAS = Duration.ofSeconds(5);

  /**
   * How long a node that starts again waits at most for links to a majority before its replicas
   * stand for election: alone it could elect nobody, and would only say so.
   */
  private static final Duration COMPANY = Duration.ofSeconds(1);

  /** How long one hand-over of a leadership may take. */
  private static final Duration HAND_OVER_TIMEOUT = Duration.ofSeconds(3);

  /** What a node is made of once it belongs to a cluster. */
  record Member(
      Membership membership,
      RaftHost raft,
      Groups groups,
      LocalShards shards,
      MetadataGroup metadata,
      MetadataClient client) {}

  /** Where a peer is reached: at the address that the view has, but for tests of cut networks. */
  @FunctionalInterface
  interface Dial {
    InetSocketAddress at(NodeId peer, InetSocketAddress advertised);

    /** At the address that the view has. */
    Dial DIRECT = (peer, advertised) -> advertised;
  }

  private final NodeConfig config;
  private final Halt halt;
  private final Dial dial;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final ClusterViews views = new ClusterViews();
  private final LeaderHints hints = new LeaderHints();
  private final Checks checks = new Checks();
  private final CountDownLatch stopRequested = new CountDownLatch(1);
  private final AtomicReference<ExitCode> exitCode = new AtomicReference<>(ExitCode.STOPPED);
  private final long incarnation = new SecureRandom().nextLong() & Long.MAX_VALUE;
  private final long startedNanos = System.nanoTime();
  private final long startedMillis = System.currentTimeMillis();
  private final DataDirectory directory;
  private final Node self;
  private final GrpcLinks links;
  private final Joining joining;
  private final AdminService admin;
  private final DivergenceDetector detector;
  private final Retirement retirement;
  private final DiskGuard disk;
  private final ReplicaWatch watch;
  private final MemoryGuard memory;
  private final NodeMeters meters;
  private final ClientDoor door;
  private volatile NodePhase phase = NodePhase.NODE_PHASE_LOADING;
  private volatile @Nullable Member member;
  private volatile @Nullable PeerMesh mesh;
  private volatile boolean draining;
  private volatile boolean closing;

  /** Starts a node; returns when it serves clients, throws if it cannot. */
  static RunningNode start(NodeConfig config, Halt halt)
      throws StartException, InterruptedException {
    return start(config, halt, Dial.DIRECT);
  }

  /** The same, with peers reached elsewhere than the view says. */
  static RunningNode start(NodeConfig config, Halt halt, Dial dial)
      throws StartException, InterruptedException {
    RunningNode node = new RunningNode(config, halt, dial);
    try {
      node.join();
      return node;
    } catch (IOException e) {
      node.closeWhole();
      throw failed(e);
    } catch (StartException | InterruptedException | RuntimeException e) {
      node.closeWhole();
      throw e;
    }
  }

  /** Closes what a start has opened, even where an interrupt ended the start. */
  private void closeWhole() {
    boolean interrupted = Thread.interrupted();
    try {
      close();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private RunningNode(NodeConfig config, Halt halt, Dial dial) throws StartException {
    this.config = config;
    this.halt = halt;
    this.dial = dial;
    watch = new ReplicaWatch(Duration.ofMillis(config.of(Keys.RAFT_ELECTION_MAX_MILLIS)));
    try {
      // Bound later, when the node belongs to a cluster; told now, before anything is begun.
      probe(Keys.LISTEN_RAFT);
      probe(Keys.LISTEN_PEER);
      String token = config.secret(Keys.ADMIN_TOKEN_FILE);
      directory =
          keep(DataDirectory.open(config.of(Keys.NODE_DIRECTORY), config.of(Keys.NODE_NAME)));
      self = self(config, directory.nodeId());
      disk =
          new DiskGuard(
              directory.path(),
              config.of(Keys.DISK_REFUSE_WRITES_PERCENT),
              config.of(Keys.DISK_GIVE_UP_LEADERSHIP_PERCENT));
      refuseDistrusted(directory);
      memory =
          new MemoryGuard(
              Runtime.getRuntime().maxMemory(),
              config.of(Keys.MEMORY_REFUSE_WRITES_PERCENT),
              () -> maxMemory(views.get().settings()),
              this::collect,
              System::nanoTime);
      keep(new LiveHeap(memory::left));
      ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
      opened.push(calls::shutdownNow);
      links = keep(new GrpcLinks(token, calls));
      joining = keep(new Joining(directory, self, wish(config), links, this::isKnown));
      retirement = new Retirement(self, links, this::retire);
      ServedNode served = new ServedNode(config, self, joining, this);
      admin = new AdminService(served, links, calls);
      detector = new DivergenceDetector(served, new DetectorSite(this), links, calls);
      AdminServer server =
          new AdminServer(config.of(Keys.LISTEN_ADMIN).bindAddress(), token, served, admin, calls);
      onPort(
          Keys.LISTEN_ADMIN,
          () -> {
            server.start();
            return server;
          });
      meters = keep(new NodeMeters(this));
      onPort(
          Keys.LISTEN_HTTP,
          () ->
              new HttpEndpoint(
                  config.of(Keys.LISTEN_HTTP).bindAddress(), meters::scrape, this::missing));
      door = onPort(Keys.LISTEN_CLIENT, () -> ClientDoor.open(config, this, views, hints));
      meters.node();
      meters.clients(door);
    } catch (IOException e) {
      close();
      throw failed(e);
    } catch (ConfigException e) {
      close();
      throw new StartException(ExitCode.CONFIG, String.valueOf(e.getMessage()), e);
    } catch (StartException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Redis's maxmemory as the cluster has it, bytes; 0 if there is none. */
  private static long maxMemory(ClusterView.Settings settings) {
    String value = settings.values().get("maxmemory");
    try {
      return value == null ? 0 : Long.parseLong(value);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Collects the whole heap on a thread of its own: the call lasts as long as the collection. */
  private void collect(Runnable atEnd) {
    Thread unused =
        Thread.ofPlatform()
            .daemon()
            .name("flotilla-memory-" + self.getName())
            .start(() -> {
              System.gc();
              atEnd.run();
            });
  }

  /** Who should lead each shard, as the newest view has it. */
  private Map<GroupId, NodeId> preferredLeaders() {
    Map<GroupId, NodeId> preferred = new HashMap<>();
    for (ClusterView.Shard shard : views.get().shards()) {
      if (shard.preferredLeader() != null) {
        preferred.put(shard.group(), shard.preferredLeader());
      }
    }
    return preferred;
  }

  private <T extends AutoCloseable> T keep(T part) {
    opened.push(part);
    return part;
  }

  private <T extends AutoCloseable> T onPort(Key<HostPort> key, Callable<T> listen)
      throws StartException {
    try {
      return keep(listen.call());
    } catch (Exception e) {
      throw new StartException(
          ExitCode.PORT_UNAVAILABLE,
          "cannot listen on " + config.of(key) + " (" + key + "): " + rootOf(e).getMessage(),
          e);
    }
  }

  private void probe(Key<HostPort> key) throws StartException {
    AutoCloseable free =
        onPort(
            key,
            () -> {
              ServerSocket socket = new ServerSocket();
              try {
                socket.setReuseAddress(true); // What only lingers in TIME_WAIT is free.
                socket.bind(config.of(key).bindAddress());
                return socket;
              } catch (IOException e) {
                socket.close();
                throw e;
              }
            });
    opened.remove(free);
    try {
      free.close();
    } catch (Exception e) {
      throw new StartException(
          ExitCode.PORT_UNAVAILABLE, "cannot give up " + config.of(key) + " (" + key + ")", e);
    }
  }

  private static Throwable rootOf(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  private static StartException failed(IOException e) {
    ExitCode code =
        switch (e) {
          case UnusableDirectoryException u -> ExitCode.DIRECTORY_UNUSABLE;
          case UntrustedDataException u -> ExitCode.UNTRUSTED_DATA;
          default ->
              rootOf(e) instanceof BindException ? ExitCode.PORT_UNAVAILABLE : ExitCode.HALTED;
        };
    return new StartException(code, String.valueOf(e.getMessage()), e);
  }

  private static Node self(NodeConfig config, NodeId id) {
    return Node.newBuilder()
        .setId(id.hex())
        .setName(config.of(Keys.NODE_NAME))
        .setClient(endpoint(config.advertised(Keys.LISTEN_CLIENT, Keys.ADVERTISE_CLIENT)))
        .setRaft(endpoint(config.advertised(Keys.LISTEN_RAFT, Keys.ADVERTISE_RAFT)))
        .setPeer(endpoint(config.advertised(Keys.LISTEN_PEER, Keys.ADVERTISE_PEER)))
        .setAdmin(endpoint(config.advertised(Keys.LISTEN_ADMIN, Keys.ADVERTISE_ADMIN)))
        .setHttp(endpoint(config.advertised(Keys.LISTEN_HTTP, Keys.ADVERTISE_HTTP)))
        .setFeatureLevel(MetadataMachine.FEATURE_LEVEL)
        .build();
  }

  private static Endpoint endpoint(HostPort e) {
    return Endpoint.newBuilder().setHost(e.host()).setPort(e.port()).build();
  }

  private static Joining.Wish wish(NodeConfig config) {
    return new Joining.Wish(
        config.of(Keys.CLUSTER_MEMBERS).stream()
            .map(m ->
                new Joining.InitialMember(
                    m.name(), new ClusterView.Endpoint(m.admin().host(), m.admin().port())))
            .toList(),
        config.of(Keys.CLUSTER_SHARDS),
        config.of(Keys.CLUSTER_REPLICAS));
  }

  private boolean isKnown(String nodeId) {
    return nodeId.matches("[0-9a-f]{40}") && views.get().node(new NodeId(nodeId)) != null;
  }

  // Joining

  private void join() throws StartException, IOException, InterruptedException {
    Membership membership = joining.run();
    GroupId metadataId = Groups.groupId(membership.getMetadataGroupId());
    ProposalSettings proposals = Translations.proposalSettings(config);
    PeerMesh met =
        onPort(
            Keys.LISTEN_PEER,
            () ->
                PeerMesh.start(
                    membership::getClusterId,
                    directory.nodeId(),
                    incarnation,
                    config.of(Keys.LISTEN_PEER).bindAddress(),
                    door.loops(),
                    PeerMesh.FRAME_BYTES_MAX,
                    proposals.entryBytesMax()));
    ConfirmationFrames frames = new ConfirmationFrames(met);
    LocalShards shards =
        keep(
            new LocalShards(
                directory.nodeId(),
                incarnation,
                door.loops().home(),
                frames,
                proposals,
                Clocks.SYSTEM));
    frames.serve(shards);
    met.onLongestEntry(shards::longestEntryOfPeers);
    hints.subscribe(new LeaderFrames(met, directory.nodeId(), hints::confirmed)::leaderChanged);
    views.subscribe(view -> met.peers(peerAddresses(view)));
    met.peers(knownPeers(membership));
    mesh = met;
    awaitCompany(membership);
    AtomicReference<@Nullable MetadataGroup> metadataMade = new AtomicReference<>();
    HostPort listen = config.of(Keys.LISTEN_RAFT);
    RaftSettings raftSettings = Translations.raftSettings(config);
    RaftLinks raftLinks =
        raftSettings.transport() == RaftSettings.Transport.LINKS
            ? new RaftFrames(
                onPort(
                    Keys.LISTEN_RAFT,
                    () ->
                        PeerMesh.start(
                            membership::getClusterId,
                            directory.nodeId(),
                            incarnation,
                            listen.bindAddress(),
                            door.loops(),
                            RaftHost.messageBytesMax(raftSettings),
                            0)))
            : null;
    RaftHost raft;
    try {
      raft =
          keep(
              RaftHost.open(
                  directory.nodeId(),
                  listen.host(),
                  listen.port(),
                  directory.raft(),
                  raftSettings,
                  raftLinks,
                  Groups.firstLeaders(membership),
                  (group, groupLog, loop) ->
                      machine(group, groupLog, loop, metadataId, metadataMade, shards),
                  halt));
    } catch (IOException e) {
      if (rootOf(e) instanceof SocketException) {
        throw new StartException(
            ExitCode.PORT_UNAVAILABLE,
            "cannot listen on " + listen + " (" + Keys.LISTEN_RAFT + "): " + rootOf(e).getMessage(),
            e);
      }
      throw e;
    }
    Groups groups = new Groups(directory, raft);
    groups.open(membership, plan -> joining.awaitReplicasOfOthers(plan, FIRST_REPLICAS));
    joining.replicasMade();
    MetadataGroup metadata = metadataMade.get();
    if (metadata == null) {
      throw new UnusableDirectoryException(
          directory.path(),
          "it has no replica of the metadata group " + membership.getMetadataGroupId());
    }
    ScheduledExecutorService chores =
        Executors.newSingleThreadScheduledExecutor(task ->
            Thread.ofPlatform().daemon().name("flotilla-chores-" + self.getName()).unstarted(task));
    opened.push(chores::shutdownNow);
    MetadataClient client = new MetadataClient(metadata, hints, this::adminOf, links, chores);
    Member made = new Member(membership, raft, groups, shards, metadata, client);
    member = made;
    meters.groups(made);
    views.subscribe(view -> meters.shards(made, view));
    meters.shards(made, views.get());
    keep(new LeaderBalancer(raft, Translations.raftSettings(config), this::preferredLeaders));
    shards.start();
    MetadataDriver driver =
        new MetadataDriver(
            metadata, hints, this::isAlive, membership.hasPlan() ? membership.getPlan() : null);
    ShardFeeder feeder = new ShardFeeder(metadata);
    every(
        chores,
        TICK,
        "feeding shards",
        () -> {
          if (metadata.state().getClusterId().isEmpty()) {
            driver.tick(System.nanoTime()); // Everybody waits for the cluster to be formed.
          }
          feeder.tick(shards.shards(), System.nanoTime());
        });
    every(
        chores,
        MetadataDriver.PERIOD,
        "driving the metadata",
        () -> driver.tick(System.nanoTime()));
    every(chores, CHORES, "chores", () -> chores(made));
    every(chores, CHORES, "counting commands", door.front()::tick);
    Joined cluster = new Joined(metadataId, metadata::state, hints, client);
    admin.joined(cluster);
    detector.joined(cluster, Duration.ofMinutes(config.of(Keys.CHECK_EVERY_MINUTES)), chores);
    every(chores, CHORES, "looking at the memory", memory::look);
    awaitReady(made);
    phase = draining ? NodePhase.NODE_PHASE_DRAINED : NodePhase.NODE_PHASE_SERVING;
    log.info(
        "node {} ({}) serves clients on {}, {} ms after its start",
        self.getName(),
        self.getId(),
        config.of(Keys.LISTEN_CLIENT),
        System.currentTimeMillis() - startedMillis);
  }

  /** Where the others were last known to be, until the metadata tells. */
  private Map<NodeId, InetSocketAddress> knownPeers(Membership membership) {
    Map<NodeId, InetSocketAddress> addresses = new HashMap<>();
    for (Node node : membership.getKnownNodesList()) {
      if (!node.getId().equals(self.getId())) {
        addresses.put(
            new NodeId(node.getId()),
            InetSocketAddress.createUnresolved(node.getPeer().getHost(), node.getPeer().getPort()));
      }
    }
    return addresses;
  }

  /** Waits a moment for links to so many nodes that a majority is there. */
  private void awaitCompany(Membership membership) throws InterruptedException {
    if (directory.groups().containsValue(HeldGroup.State.STATE_CREATING)) {
      return; // Nobody stands for election before all have made their replicas.
    }
    int known = membership.getKnownNodesCount();
    long deadline = System.nanoTime() + COMPANY.toNanos();
    while (System.nanoTime() - deadline < 0 && !closing) {
      long here =
          membership.getKnownNodesList().stream()
              .filter(n -> isAlive(new NodeId(n.getId())))
              .count();
      if (2 * here > known || stopRequested.await(5, TimeUnit.MILLISECONDS)) {
        return;
      }
    }
  }

  private ReplicatedMachine machine(
      GroupId group,
      ShardLog groupLog,
      ShardLoop loop,
      GroupId metadataId,
      AtomicReference<@Nullable MetadataGroup> metadataMade,
      LocalShards shards) {
    ReplicatedMachine made = made(group, groupLog, loop, metadataId, metadataMade, shards);
    Set<LogPosition> passed =
        config.of(Keys.RAFT_PASS_ENTRIES).stream()
            .filter(e -> e.group().equals(group.uuid()))
            .map(e -> new LogPosition(e.term(), e.index()))
            .collect(Collectors.toUnmodifiableSet());
    return passed.isEmpty() ? made : new Passing(group, made, passed);
  }

  private ReplicatedMachine made(
      GroupId group,
      ShardLog groupLog,
      ShardLoop loop,
      GroupId metadataId,
      AtomicReference<@Nullable MetadataGroup> metadataMade,
      LocalShards shards) {
    if (group.equals(metadataId)) {
      MetadataGroup metadata =
          new MetadataGroup(
              groupLog,
              views,
              hints,
              (checkId, index, digest) ->
                  checks.found(group, new Check(checkId, index, digest, 0)));
      shards.answerFor(groupLog);
      metadataMade.set(metadata);
      return metadata;
    }
    ShardReplica shard = shards.open(groupLog, loop, door.table(), checks::found);
    return new Hinted(group, checks.watch(group, shard), hints);
  }

  private ClusterView.@Nullable Endpoint adminOf(NodeId node) {
    ClusterView.Node known = views.get().node(node);
    if (known != null) {
      return known.admin();
    }
    Membership membership = directory.membership();
    if (membership != null) {
      for (Node n : membership.getKnownNodesList()) {
        if (n.getId().equals(node.hex())) {
          return new ClusterView.Endpoint(n.getAdmin().getHost(), n.getAdmin().getPort());
        }
      }
    }
    return null;
  }

  private static void every(
      ScheduledExecutorService executor, Duration period, String what, Callable<?> task) {
    ScheduledFuture<?> unused =
        executor.scheduleWithFixedDelay(
            () -> {
              try {
                Object ignored = task.call();
              } catch (Exception e) {
                log.error("{} failed, and goes on", what, e);
              }
            },
            0,
            period.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private static void every(
      ScheduledExecutorService executor, Duration period, String what, Runnable task) {
    every(executor, period, what, Executors.callable(task));
  }

  /** Waits until the node knows its cluster and, for a while, until its replicas have caught up. */
  private void awaitReady(Member m) throws InterruptedException {
    long began = System.nanoTime();
    while (!closing) {
      if (stopRequested.await(10, TimeUnit.MILLISECONDS)) {
        return;
      }
      boolean late = System.nanoTime() - began > CATCH_UP.toNanos();
      if (m.metadata().state().getClusterId().isEmpty()) {
        continue;
      }
      if (late || m.shards().shards().stream().allMatch(s -> hasCaughtUp(m.raft(), s.group()))) {
        return;
      }
    }
  }

  private static boolean hasCaughtUp(RaftHost raft, GroupId group) {
    ShardLog l = raft.log(group);
    return l != null
        && l.leader() != null
        && l.lastApplied().index() >= l.committedIndex()
        && l.committedIndex() >= 0;
  }

  // Chores

  private @Nullable Object chores(Member m) throws IOException {
    String unused = watch.look(sights(m), System.nanoTime()); // it must know since when
    m.groups().markCounted();
    MetadataState state = m.metadata().state();
    if (!state.getClusterId().isEmpty()) {
      directory.remember(state.getNodesList());
      register(m, state);
      if (state.getRetiredNodesList().contains(self.getId())) {
        retire();
      }
    }
    retirement.tick(m.metadata().log().leader() == null, knownNodes(), System.nanoTime());
    disk.look();
    if (draining || disk.isCritical()) {
      handOver(m);
    }
    return null;
  }

  private List<Node> knownNodes() {
    Membership membership = directory.membership();
    return membership == null ? List.of() : membership.getKnownNodesList();
  }

  private void retire() {
    if (exitCode.compareAndSet(ExitCode.STOPPED, ExitCode.RETIRED)) {
      log.error(
          "node {} ({}) has been replaced: its id is retired for ever; it stops and leaves its data as it is",
          self.getName(),
          self.getId());
      requestStop("it has been replaced");
    }
  }

  private static void refuseDistrusted(DataDirectory directory) throws IOException, StartException {
    String why = directory.distrust();
    if (why != null) {
      throw new StartException(
          ExitCode.UNTRUSTED_DATA,
          "data directory "
              + directory.path()
              + ": the node stopped because a majority contradicts a replica in it; nothing was changed. Keep the directory, and give"
              + " the node an empty one and a new id with \"flotilla node replace\". "
              + why,
          null);
    }
  }

  /** Stops for good because a majority contradicts a replica of this node. */
  void distrust(String why) {
    if (exitCode.compareAndSet(ExitCode.STOPPED, ExitCode.UNTRUSTED_DATA)) {
      try {
        directory.distrust(why);
      } catch (IOException e) {
        log.error("it could not be written down that this data must not be served", e);
      }
      requestStop("a majority contradicts one of its replicas");
    }
  }

  private volatile @Nullable CompletableFuture<?> registering;

  /** Tells the metadata where this node is, where its settings say something new. */
  private void register(Member m, MetadataState state) {
    CompletableFuture<?> under = registering;
    if (under != null && !under.isDone()) {
      return;
    }
    for (Node known : state.getNodesList()) {
      if (known.getId().equals(self.getId())) {
        Node wanted =
            self.toBuilder()
                .setName(known.getName())
                .setMetadataVoter(known.getMetadataVoter())
                .setReplaces(known.getReplaces())
                .setDraining(draining || disk.isCritical())
                .build();
        if (!wanted.equals(known)) {
          registering =
              m.client()
                  .change(
                      MetadataEntry.newBuilder()
                          .setUpdateNode(UpdateNode.newBuilder().setNode(wanted))
                          .build(),
                      CHANGE_TIMEOUT)
                  .handle((verdict, e) -> {
                    log.info(
                        "node {} tells where it is: {}",
                        self.getName(),
                        e == null ? verdict : e.getMessage());
                    return null;
                  });
        }
      }
    }
  }

  /** Gives each leadership to another voter that lives; how many were given. */
  private int handOver(Member m) {
    int given = 0;
    for (GroupId group : m.raft().groups()) {
      ShardLog l = m.raft().log(group);
      if (l == null || !l.isLeader()) {
        continue;
      }
      for (NodeId other : l.voters().current()) {
        if (!other.equals(directory.nodeId()) && isAlive(other)) {
          try {
            Groups.settled(m.raft().transferLeadership(group, other), HAND_OVER_TIMEOUT);
            given++;
            break;
          } catch (RuntimeException e) {
            log.info("group {}: not handed over to {}: {}", group, other.brief(), e.getMessage());
          }
        }
      }
    }
    return given;
  }

  int drain(boolean undrain) {
    Member m = member;
    draining = !undrain;
    if (phase == NodePhase.NODE_PHASE_SERVING || phase == NodePhase.NODE_PHASE_DRAINED) {
      phase = undrain ? NodePhase.NODE_PHASE_SERVING : NodePhase.NODE_PHASE_DRAINED;
    }
    log.info(
        "node {} {}",
        self.getName(),
        undrain ? "takes leaderships again" : "gives its leaderships away");
    return undrain || m == null ? 0 : handOver(m);
  }

  // What others ask

  NodeConfig config() {
    return config;
  }

  DataDirectory directory() {
    return directory;
  }

  Node self() {
    return self;
  }

  @Nullable Member member() {
    return member;
  }

  NodePhase phase() {
    return phase;
  }

  Checks checks() {
    return checks;
  }

  DivergenceDetector detector() {
    return detector;
  }

  DiskGuard disk() {
    return disk;
  }

  MemoryGuard memory() {
    return memory;
  }

  ClusterViews views() {
    return views;
  }

  LeaderHints hints() {
    return hints;
  }

  ClientDoor door() {
    return door;
  }

  long startedMillis() {
    return startedMillis;
  }

  long uptimeSeconds() {
    return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startedNanos);
  }

  int clientConnections() {
    return door.connections();
  }

  List<LocalNode.ClusterSetting> clusterSettings() {
    return door.clusterSettings();
  }

  /**
   * What is missing until clients are served as they should be; empty if nothing is.
   *
   * <p>A drained node answers, by sending its clients elsewhere: who asks where to send them is
   * told so before they come.
   */
  String missing() {
    Member m = member;
    return switch (phase) {
      case NODE_PHASE_SERVING -> m == null ? "" : watch.look(sights(m), System.nanoTime());
      case NODE_PHASE_DRAINED -> "is drained: it has given its leaderships away";
      case NODE_PHASE_STOPPING -> "stops";
      default -> directory.membership() == null ? joining.state() : "loads its data";
    };
  }

  /**
   * The replicas by which this node serves. That of the metadata group is not among them: shards
   * serve and elect without it, and a metadata group without a majority would make every node of
   * the cluster unready at once. Only where there is no other it tells whether the node is cut off.
   */
  private List<ReplicaWatch.Sight> sights(Member m) {
    GroupId metadata = m.metadata().log().group();
    Map<GroupId, String> names = new HashMap<>();
    views.get().shards().forEach(s -> names.put(s.group(), "shard " + s.number()));
    names.put(metadata, "the metadata group");
    List<ReplicaWatch.Sight> sights =
        m.raft().groups().stream()
            .map(group -> {
              ShardLog l = m.raft().log(group);
              return new ReplicaWatch.Sight(
                  group,
                  names.getOrDefault(group, "group " + group),
                  l != null && l.leader() != null,
                  hasCaughtUp(m.raft(), group),
                  m.raft().waitsMillis(group));
            })
            .toList();
    return sights.size() == 1
        ? sights
        : sights.stream().filter(s -> !s.group().equals(metadata)).toList();
  }

  // Peers

  private Map<NodeId, InetSocketAddress> peerAddresses(ClusterView view) {
    Map<NodeId, InetSocketAddress> addresses = new HashMap<>();
    view.nodes()
        .forEach((id, node) ->
            addresses.put(
                id,
                dial.at(
                    id,
                    InetSocketAddress.createUnresolved(node.peer().host(), node.peer().port()))));
    return addresses;
  }

  private @Nullable LinkStatus link(NodeId other) {
    PeerMesh met = mesh;
    return met == null ? null : met.link(other);
  }

  /** Whether frames pass between this node and the other. */
  boolean isAlive(NodeId other) {
    LinkStatus link = link(other);
    return other.equals(directory.nodeId())
        || (link != null && link.state() == LinkStatus.State.UP);
  }

  long lastHeardMillis(NodeId other) {
    LinkStatus link = link(other);
    return link == null ? 0 : link.heardMillis();
  }

  List<NodeFacts.Link> peerLinks() {
    PeerMesh met = mesh;
    return met == null
        ? List.of()
        : met.links().stream()
            .filter(link -> link.state() == LinkStatus.State.UP)
            .map(link -> new NodeFacts.Link(link.node(), true, link.sinceMillis(), 0))
            .toList();
  }

  // Stopping

  /** Asks the node to stop; returns at once. */
  void requestStop(String why) {
    log.info("node {} stops: {}", self.getName(), why);
    stopRequested.countDown();
  }

  /** Waits until somebody asks the node to stop; what its process should say at its end. */
  ExitCode awaitStop() throws InterruptedException {
    stopRequested.await();
    return exitCode.get();
  }

  /** Stops the node in good order; idempotent. */
  @Override
  public void close() {
    synchronized (opened) {
      if (closing) {
        return;
      }
      closing = true;
    }
    phase = NodePhase.NODE_PHASE_STOPPING;
    stopRequested.countDown();
    Member m = member;
    if (m != null) {
      int given = handOver(m);
      log.info("node {}: {} leaderships handed over", self.getName(), given);
      door.drain(Duration.ofMillis(config.of(Keys.STOP_DRAIN_MILLIS)));
    }
    while (!opened.isEmpty()) {
      AutoCloseable part = opened.pop();
      try {
        part.close();
      } catch (Exception e) {
        log.warn("closing {} failed, and stopping goes on", part, e);
      }
    }
    if (m != null) {
      log.info("node {} has stopped", self.getName());
    }
  }

  /**
   * For metrics: how many keys a shard's machine holds is asked elsewhere; this is what changes
   * with every scrape.
   */
  Supplier<ClusterView> view() {
    return views;
  }
}
