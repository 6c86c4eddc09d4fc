package io.flotilla.node.raft;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.proposal.ShardLoop;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.protocol.exceptions.AlreadyExistsException;
import org.apache.ratis.protocol.exceptions.GroupMismatchException;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.ReconfigurationInProgressException;
import org.apache.ratis.protocol.exceptions.ReconfigurationTimeoutException;
import org.apache.ratis.protocol.exceptions.SetConfigurationException;
import org.apache.ratis.protocol.exceptions.TimeoutIOException;
import org.apache.ratis.protocol.exceptions.TransferLeadershipException;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachine;
import org.apache.ratis.util.ExitUtils;
import org.apache.ratis.util.JavaUtils;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's Raft server: one Ratis server with a replica per group, shards and metadata alike.
 *
 * <p>Life: {@link #open} inspects what is on disk ({@link LogPreflight}), opens every group that it
 * finds and begins to take part in Raft; {@link #createGroup} makes a group's first replicas,
 * {@link #joinEmpty} an empty one that a leader will fill once it was added by {@link
 * #changeMembers}; {@link #close} ends all in order. Nothing else ever makes a group: an empty
 * directory stays empty until somebody who knows the cluster says otherwise.
 *
 * <p>Changes of members and of leaders answer by futures, which fail with {@link
 * MembershipException}; they may complete on threads of Ratis, so whoever goes on from them must
 * not block there. All methods may be called from any thread.
 */
public final class RaftHost implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RaftHost.class);

  /**
   * How long a transfer of leadership may take. While it is under way the leader refuses writes, so
   * it is short.
   */
  static final Duration TRANSFER_TIMEOUT = Duration.ofSeconds(2);

  /** How long a step down may take: it waits for nobody. */
  private static final Duration STEP_DOWN_TIMEOUT = Duration.ofSeconds(3);

  /** How long Ratis' apply thread may take to notice that a snapshot is durable. */
  private static final Duration SNAPSHOT_REPORT_TIMEOUT = Duration.ofSeconds(30);

  /** How long the log's thread may take to delete the segments that a snapshot made superfluous. */
  private static final Duration PURGE_PATIENCE = Duration.ofSeconds(10);

  /** Between two files whose room is given back, each some ten milliseconds of work. */
  private static final Duration REST_BETWEEN_FILES = Duration.ofMillis(50);

  /** How long closing waits for a snapshot that is being written. */
  private static final Duration SNAPSHOT_CLOSE_WAIT = Duration.ofSeconds(5);

  /** Ratis applies what is committed before it closes, which takes seconds on a busy machine. */
  private static final Duration RATIS_CLOSE_WAIT = Duration.ofSeconds(30);

  private final NodeId self;
  private final RaftPeerId peerId;
  private final RaftSettings settings;
  private final MachineFactory machines;
  private final Halt halt;
  private final Path groups;
  private final RaftCounters counters = new RaftCounters();
  private final ClientId client = ClientId.randomId();
  private final AtomicLong callIds = new AtomicLong();
  private final Map<GroupId, Replica> replicas = new ConcurrentHashMap<>();
  private final Map<GroupId, GroupFolder> folders = new ConcurrentHashMap<>();
  private final ExecutorService snapshotWriter;
  private final ExecutorService chores;
  private final RaftServer server;
  private final Watchdog watchdog;
  private volatile boolean closing;

  /**
   * Opens the server with all groups that its directory holds.
   *
   * @param self this node, under the id that it has had since its directory was made
   * @param host the address to listen on for the other members
   * @param port the port; 0 is not allowed, for the other members must know it
   * @param dir the node's Raft directory; made if it is missing
   * @param links what carries the messages, listening there; null where Ratis' own gRPC does
   * @throws UntrustedDataException if a replica's files are not what this node once acknowledged
   * @throws IOException if the directory or the address cannot be used
   */
  public static RaftHost open(
      NodeId self,
      String host,
      int port,
      Path dir,
      RaftSettings settings,
      @Nullable RaftLinks links,
      MachineFactory machines,
      Halt halt)
      throws IOException {
    return open(self, host, port, dir, settings, links, Map.of(), machines, halt);
  }

  /**
   * The same, where it is known who should lead which group at first.
   *
   * @param firstLeaders who stands at once in a group's first election after the start; the others
   *     of the group wait longer for it. Groups that are not there draw lots
   */
  public static RaftHost open(
      NodeId self,
      String host,
      int port,
      Path dir,
      RaftSettings settings,
      @Nullable RaftLinks links,
      Map<GroupId, NodeId> firstLeaders,
      MachineFactory machines,
      Halt halt)
      throws IOException {
    RaftHost opened =
        new RaftHost(self, host, port, dir, settings, links, firstLeaders, machines, halt);
    try {
      opened.start(host, port);
      return opened;
    } catch (IOException | RuntimeException | Error e) {
      opened.close();
      throw e;
    }
  }

  private RaftHost(
      NodeId self,
      String host,
      int port,
      Path dir,
      RaftSettings settings,
      @Nullable RaftLinks links,
      Map<GroupId, NodeId> firstLeaders,
      MachineFactory machines,
      Halt halt)
      throws IOException {
    if (port == 0) {
      throw new IllegalArgumentException("a Raft server needs a port that others know");
    }
    if ((links == null) != (settings.transport() == RaftSettings.Transport.GRPC)) {
      throw new IllegalArgumentException("links for a Raft server over " + settings.transport());
    }
    this.self = self;
    this.peerId = RaftPeerId.valueOf(self.hex());
    this.settings = settings;
    this.machines = machines;
    this.halt = halt;
    this.groups = dir.resolve(RatisSettings.GROUPS_FOLDER).toAbsolutePath();
    if (links == null) {
      probe(host, port);
    }
    Files.createDirectories(groups);
    inspectFolders();
    keepVotes(links != null);
    this.snapshotWriter =
        Executors.newSingleThreadExecutor(threads("flotilla-snapshots-" + self.brief()));
    this.chores = Executors.newCachedThreadPool(threads("flotilla-raft-chores-" + self.brief()));
    this.server =
        RaftServer.newBuilder()
            .setServerId(peerId)
            .setParameters(
                links == null
                    ? new Parameters()
                    : LinkedTransport.parameters(links, new InetSocketAddress(host, port)))
            .setProperties(
                new FirstElections(
                    RatisSettings.properties(settings, host, port, dir.toAbsolutePath()),
                    settings,
                    self,
                    firstLeaders,
                    folders.isEmpty()))
            .setStateMachineRegistry(this::machine)
            .setOption(RaftStorage.StartupOption.RECOVER)
            .build();
    this.watchdog = new Watchdog(this, settings);
  }

  private static ThreadFactory threads(String name) {
    return task -> {
      Thread t = new Thread(task, name);
      t.setDaemon(true);
      return t;
    };
  }

  /**
   * Fails with the plain words of the platform if the address cannot be had, before anything is
   * opened.
   */
  private static void probe(String host, int port) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(host, port));
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          "the Raft server cannot listen on " + host + ":" + port + ": " + e.getMessage(), e);
    }
  }

  private void inspectFolders() throws IOException {
    List<String> refusals = new ArrayList<>();
    for (Path p : Disk.list(groups)) {
      Optional<GroupId> id = groupId(p);
      if (id.isEmpty()) {
        throw new IOException(
            p + " is foreign: the folder holds one folder per group and nothing else");
      }
      GroupFolder folder = folder(id.get());
      try {
        LogPreflight.inspect(folder, settings.entryBytesMax());
      } catch (UntrustedDataException e) {
        refusals.add(String.valueOf(e.getMessage()));
      }
      folder.create();
    }
    if (!refusals.isEmpty()) {
      throw new UntrustedDataException(String.join("\n", refusals));
    }
  }

  /**
   * @param whenTold whether the transport will keep votes before it tells of them
   */
  private void keepVotes(boolean whenTold) throws IOException {
    for (GroupFolder folder : folders.values()) {
      if (!whenTold) {
        folder.keptVote().forget();
      } else if (Files.exists(folder.votes())) {
        folder.keptVote().keep();
      }
    }
  }

  private static Optional<GroupId> groupId(Path folder) {
    try {
      return Optional.of(new GroupId(UUID.fromString(folder.getFileName().toString())));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private GroupFolder folder(GroupId group) {
    return folders.computeIfAbsent(group, g -> new GroupFolder(g, groups));
  }

  private void start(String host, int port) throws IOException {
    // Else Ratis ends the process without a word of ours if it cannot listen.
    ExitUtils.disableSystemExit();
    try {
      server.start();
    } catch (ExitUtils.ExitException e) {
      throw new IOException(
          "the Raft server cannot listen on " + host + ":" + port + ": " + rootOf(e), e);
    } catch (CompletionException e) {
      throw new IOException("the Raft server did not start: " + rootOf(e), e);
    }
    for (Replica replica : replicas.values()) {
      replica.attach(server.getDivision(raftId(replica.group())));
    }
    watchdog.start();
    log.info("node {}: {} groups open", self.brief(), replicas.size());
  }

  /** What first went wrong. */
  static Throwable rootOf(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  /** Ratis opens a group: makes its replica. */
  private StateMachine machine(RaftGroupId id) {
    GroupId group = new GroupId(id.getUuid());
    GroupFolder folder = folder(group);
    Replica replica =
        new Replica(
            group,
            self,
            peerId,
            client,
            callIds,
            settings,
            machines,
            new Reporter(),
            folder.snapshots(),
            counters,
            halt);
    replicas.put(group, replica);
    return new RatisMachine(replica, folder, folder.snapshots());
  }

  // ------------------------------------------------------------------------------------------------------------------- reading

  /** The longest message that links must carry. */
  public static int messageBytesMax(RaftSettings settings) {
    return RatisSettings.messageBytesMax(settings);
  }

  /** This node. */
  public NodeId self() {
    return self;
  }

  /** The groups of which this node holds a replica. */
  public Set<GroupId> groups() {
    return Set.copyOf(replicas.keySet());
  }

  /** The log of a group, or null if this node holds no replica of it. */
  public @Nullable ShardLog log(GroupId group) {
    return replicas.get(group);
  }

  /** The loop of a group, or null if this node holds no replica of it. */
  public @Nullable ShardLoop loop(GroupId group) {
    Replica replica = replicas.get(group);
    return replica == null ? null : replica.loop();
  }

  /** What the groups of this node have done since it was opened. */
  public RaftCounters counters() {
    return counters;
  }

  /**
   * How a group stands on this node, or null if it holds no replica of it, or one that is being
   * closed: of a closed log Ratis says nothing.
   */
  public @Nullable GroupStatus status(GroupId group) {
    Replica replica = replicas.get(group);
    RaftServer.Division d = replica == null ? null : replica.division();
    if (replica == null || d == null || replica.isClosing()) {
      return null;
    }
    try {
      return status(replica, d);
    } catch (IllegalStateException e) {
      return null; // Its log was closed since.
    }
  }

  /**
   * For how long entries of a group that this node leads have waited while none was committed, in
   * milliseconds; 0 if none waits, or another leads. A majority takes them in a moment, so seconds
   * mean that there is none, or that something is wrong.
   */
  public long waitsMillis(GroupId group) {
    Replica replica = replicas.get(group);
    return replica == null ? 0 : watchdog.waitsMillis(replica);
  }

  private GroupStatus status(Replica replica, RaftServer.Division d) {
    GroupId group = replica.group();
    RaftLog raftLog = d.getRaftLog();
    RaftConfiguration members = d.getRaftConf();
    RoleInfoProto role = d.getInfo().getRoleInfoProto();
    List<GroupStatus.Follower> followers = Replica.followers(d, role);
    return new GroupStatus(
        group,
        switch (role.getRole()) {
          case LEADER -> GroupStatus.Role.LEADER;
          case CANDIDATE -> GroupStatus.Role.CANDIDATE;
          case LISTENER -> GroupStatus.Role.LISTENER;
          case FOLLOWER, UNRECOGNIZED -> GroupStatus.Role.FOLLOWER;
        },
        role.getRoleElapsedTimeMs(),
        replica.currentTerm(),
        replica.leader(),
        replica.committedIndex(),
        replica.lastApplied(),
        raftLog.getStartIndex(),
        raftLog.getNextIndex() - 1,
        raftLog.getFlushIndex(),
        watchdog.waitsMillis(replica),
        folder(group).snapshots().latestIndex(),
        peers(members, RaftPeerRole.FOLLOWER),
        peers(members, RaftPeerRole.LISTENER),
        followers);
  }

  private static List<Peer> peers(RaftConfiguration members, RaftPeerRole role) {
    return members.getCurrentPeers(role).stream().map(RaftHost::peer).toList();
  }

  private static Peer peer(RaftPeer p) {
    String address = p.getAddress();
    int colon = address.lastIndexOf(':');
    return new Peer(
        new NodeId(p.getId().toString()),
        address.substring(0, colon),
        Integer.parseInt(address.substring(colon + 1)));
  }

  // ----------------------------------------------------------------------------------------------------------- groups come and go

  /**
   * Makes the first replica of a new group here; every first member must be told the same.
   *
   * @param voters the members that vote, this node among the members
   * @param listeners the members that only follow
   */
  public CompletableFuture<Void> createGroup(
      GroupId group, Collection<Peer> voters, Collection<Peer> listeners) {
    List<RaftPeer> members =
        Stream.concat(
                voters.stream().map(p -> raftPeer(p, RaftPeerRole.FOLLOWER)),
                listeners.stream().map(p -> raftPeer(p, RaftPeerRole.LISTENER)))
            .toList();
    if (voters.isEmpty() || members.stream().noneMatch(p -> p.getId().equals(peerId))) {
      throw new IllegalArgumentException(
          "group " + group + " would have no voters, or not this node as a member");
    }
    return addGroup(group, RaftGroup.valueOf(raftId(group), members));
  }

  /**
   * Makes an empty replica of an existing group here, which votes for nobody until the group's
   * leader has made it a member.
   */
  public CompletableFuture<Void> joinEmpty(GroupId group) {
    return addGroup(group, RaftGroup.valueOf(raftId(group)));
  }

  private CompletableFuture<Void> addGroup(GroupId group, RaftGroup members) {
    if (replicas.containsKey(group)) {
      return failed(
          group, MembershipException.Reason.GROUP_EXISTS, "this node has a replica already", null);
    }
    try {
      GroupFolder folder = folder(group);
      LogPreflight.inspect(folder, settings.entryBytesMax());
      Files.createDirectories(folder.root());
      folder.create();
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
    // RECOVER, not FORMAT: a folder whose making was interrupted is taken up where it was.
    return answer(
            group,
            server.groupManagementAsync(
                GroupManagementRequest.newAdd(
                    client, peerId, callIds.incrementAndGet(), members, false)))
        .thenRun(() -> attach(group))
        .whenComplete((ok, e) -> {
          if (e != null) {
            Replica unopened = replicas.remove(group);
            if (unopened != null) {
              unopened.close();
            }
          }
        });
  }

  private void attach(GroupId group) {
    Replica replica = replicas.get(group);
    if (replica != null) {
      try {
        replica.attach(server.getDivision(raftId(group)));
      } catch (IOException e) {
        throw new CompletionException(e);
      }
    }
  }

  /**
   * Closes this node's replica of a group, after the group has committed that this node is no
   * member any more.
   *
   * @param wipe whether its data is deleted; else it is moved to the folder of removed groups
   */
  public CompletableFuture<Void> removeGroup(GroupId group, boolean wipe) {
    Replica replica = replicas.get(group);
    if (replica == null) {
      return failed(
          group, MembershipException.Reason.NO_SUCH_GROUP, "this node has no replica", null);
    }
    replica.closing();
    folder(group).marker().retire();
    CompletableFuture<RaftClientReply> removal =
        ask(() ->
            server.groupManagementAsync(
                GroupManagementRequest.newRemove(
                    client, peerId, callIds.incrementAndGet(), raftId(group), wipe, !wipe)));
    return answer(group, removal)
        .whenComplete((ok, e) -> {
          if (e == null) {
            replicas.remove(group);
            folders.remove(group);
            replica.close();
          }
        });
  }

  // -------------------------------------------------------------------------------------------------------------------- members

  /**
   * Adds members, on the leader only. A new member must have joined empty; the change waits until
   * it has caught up.
   *
   * @param voters members to add that vote; a listener among them becomes a voter
   * @param listeners members to add that only follow
   */
  public CompletableFuture<Void> addMembers(
      GroupId group, Collection<Peer> voters, Collection<Peer> listeners) {
    return setConfiguration(
        group,
        SetConfigurationRequest.Arguments.newBuilder()
            .setMode(SetConfigurationRequest.Mode.ADD)
            .setServersInNewConf(raftPeers(voters, RaftPeerRole.FOLLOWER))
            .setListenersInNewConf(raftPeers(listeners, RaftPeerRole.LISTENER))
            .build());
  }

  /**
   * Changes the members if they are those that the caller knows, on the leader only. One change at
   * a time; the leader itself must stay a voter: transfer the leadership first.
   */
  public CompletableFuture<Void> changeMembers(GroupId group, Members expected, Members wanted) {
    if (wanted.voters.stream().noneMatch(p -> p.node().equals(self))) {
      return failed(
          group,
          MembershipException.Reason.NOT_ALLOWED,
          "a leader does not remove itself: transfer the leadership first",
          null);
    }
    return setConfiguration(
        group,
        SetConfigurationRequest.Arguments.newBuilder()
            .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
            .setServersInCurrentConf(raftPeers(expected.voters, RaftPeerRole.FOLLOWER))
            .setListenersInCurrentConf(raftPeers(expected.listeners, RaftPeerRole.LISTENER))
            .setServersInNewConf(raftPeers(wanted.voters, RaftPeerRole.FOLLOWER))
            .setListenersInNewConf(raftPeers(wanted.listeners, RaftPeerRole.LISTENER))
            .build());
  }

  /** The members of a group: those that vote, and those that only follow. */
  public record Members(List<Peer> voters, List<Peer> listeners) {
    public Members {
      voters = List.copyOf(voters);
      listeners = List.copyOf(listeners);
    }
  }

  private CompletableFuture<Void> setConfiguration(
      GroupId group, SetConfigurationRequest.Arguments arguments) {
    return onReplica(
        group,
        () ->
            server.setConfigurationAsync(
                new SetConfigurationRequest(
                    client, peerId, raftId(group), callIds.incrementAndGet(), arguments)));
  }

  /** Hands leadership over to a voter, on the leader only; completes when it leads. */
  public CompletableFuture<Void> transferLeadership(GroupId group, NodeId target) {
    return onReplica(
        group, () -> transfer(group, RaftPeerId.valueOf(target.hex()), TRANSFER_TIMEOUT));
  }

  /** Makes the local replica step down if it leads. */
  public CompletableFuture<Void> stepDown(GroupId group) {
    return onReplica(group, () -> transfer(group, null, STEP_DOWN_TIMEOUT));
  }

  private CompletableFuture<RaftClientReply> transfer(
      GroupId group, @Nullable RaftPeerId target, Duration timeout) throws IOException {
    return server.transferLeadershipAsync(
        new TransferLeadershipRequest(
            client, peerId, raftId(group), callIds.incrementAndGet(), target, timeout.toMillis()));
  }

  /**
   * Takes a snapshot of the local replica now.
   *
   * @return its position, when it is durable
   */
  public CompletableFuture<LogPosition> takeSnapshot(GroupId group) {
    Replica replica = replicas.get(group);
    return replica == null
        ? failed(group, MembershipException.Reason.NO_SUCH_GROUP, "this node has no replica", null)
        : replica.snapshots().request();
  }

  private CompletableFuture<Void> onReplica(GroupId group, Asked action) {
    Replica replica = replicas.get(group);
    if (replica == null) {
      return failed(
          group, MembershipException.Reason.NO_SUCH_GROUP, "this node has no replica", null);
    }
    return answer(group, ask(action));
  }

  /** A request to Ratis, which may refuse it at once. */
  @FunctionalInterface
  private interface Asked {
    CompletableFuture<RaftClientReply> ask() throws IOException;
  }

  /** Asks Ratis on a thread of our own, because it blocks the asking thread for a moment. */
  private CompletableFuture<RaftClientReply> ask(Asked action) {
    CompletableFuture<RaftClientReply> reply = new CompletableFuture<>();
    Runnable asking =
        () -> {
          try {
            CompletableFuture<RaftClientReply> asked = action.ask();
            var unused =
                asked.whenComplete((r, e) -> {
                  if (e != null) {
                    reply.completeExceptionally(e);
                  } else {
                    reply.complete(r);
                  }
                });
          } catch (IOException | RuntimeException e) {
            reply.completeExceptionally(e);
          }
        };
    try {
      chores.execute(asking);
    } catch (RejectedExecutionException e) {
      reply.completeExceptionally(e);
    }
    return reply;
  }

  private static CompletableFuture<Void> answer(
      GroupId group, CompletableFuture<RaftClientReply> reply) {
    return reply.handle((r, e) -> {
      if (e != null) {
        throw failure(group, JavaUtils.unwrapCompletionException(e));
      }
      if (!r.isSuccess()) {
        throw failure(group, r.getException());
      }
      return null;
    });
  }

  private static MembershipException failure(GroupId group, @Nullable Throwable e) {
    MembershipException.Reason reason =
        switch (e) {
          case NotLeaderException x -> MembershipException.Reason.NOT_LEADER;
          case LeaderNotReadyException x -> MembershipException.Reason.NOT_LEADER;
          case LeaderSteppingDownException x -> MembershipException.Reason.CHANGE_UNDER_WAY;
          case ReconfigurationInProgressException x -> MembershipException.Reason.CHANGE_UNDER_WAY;
          case ReconfigurationTimeoutException x -> MembershipException.Reason.NEW_MEMBER_TOO_SLOW;
          case SetConfigurationException x -> MembershipException.Reason.DIFFERENT_MEMBERS;
          case GroupMismatchException x -> MembershipException.Reason.NO_SUCH_GROUP;
          case AlreadyExistsException x -> MembershipException.Reason.GROUP_EXISTS;
          case TransferLeadershipException x -> MembershipException.Reason.TIMED_OUT;
          case TimeoutIOException x -> MembershipException.Reason.TIMED_OUT;
          case null, default -> MembershipException.Reason.UNKNOWN;
        };
    return new MembershipException(
        group, reason, e == null ? "no reason given" : String.valueOf(e.getMessage()), e);
  }

  private static <T> CompletableFuture<T> failed(
      GroupId group, MembershipException.Reason reason, String what, @Nullable Throwable cause) {
    return CompletableFuture.failedFuture(new MembershipException(group, reason, what, cause));
  }

  private static RaftGroupId raftId(GroupId group) {
    return RaftGroupId.valueOf(group.uuid());
  }

  private static List<RaftPeer> raftPeers(Collection<Peer> peers, RaftPeerRole role) {
    return peers.stream().map(p -> raftPeer(p, role)).collect(Collectors.toList());
  }

  private static RaftPeer raftPeer(Peer p, RaftPeerRole role) {
    return RaftPeer.newBuilder()
        .setId(p.node().hex())
        .setAddress(p.address())
        .setStartupRole(role)
        .build();
  }

  // ---------------------------------------------------------------------------------------------------- for watchdog and replicas

  Collection<Replica> replicas() {
    return replicas.values();
  }

  DurabilityMarker marker(Replica replica) {
    return folder(replica.group()).marker();
  }

  Path logFolder(Replica replica) {
    return folder(replica.group()).log();
  }

  LifeCycle.State serverState() {
    return server.getLifeCycleState();
  }

  boolean isClosing() {
    return closing;
  }

  Halt halt() {
    return halt;
  }

  Executor chores() {
    return chores;
  }

  private final class Reporter implements Snapshots.Reporter {
    @Override
    public void snapshotWritten(Replica replica, long index) {
      if (closing || replica.isClosing()) {
        return;
      }
      keepSpentSegments(replica, index);
      CompletableFuture<Void> told =
          answer(
              replica.group(),
              server.snapshotManagementAsync(
                  SnapshotManagementRequest.newCreate(
                      client,
                      peerId,
                      raftId(replica.group()),
                      callIds.incrementAndGet(),
                      SNAPSHOT_REPORT_TIMEOUT.toMillis(),
                      1)));
      try {
        told.join();
      } catch (CompletionException e) {
        // The snapshot is whole and is told with the next one; only the log stays longer.
        log.warn("group {}: Ratis was not told of a snapshot", replica.group(), e.getCause());
      }
      try {
        chores.execute(() -> removeSpentFiles(replica));
      } catch (RejectedExecutionException e) {
        return; // the node closes: the next one to open the group does it
      }
    }

    private void keepSpentSegments(Replica replica, long index) {
      RaftServer.Division division = replica.division();
      if (division == null) {
        return;
      }
      long lastSpent =
          Math.min(index, division.getRaftLog().getNextIndex() - 1 - settings.preservedEntries());
      try {
        folder(replica.group()).spentSegments().keep(lastSpent);
      } catch (IOException e) {
        log.warn("group {}: spent log segments get no second name", replica.group(), e);
      }
    }

    private void removeSpentFiles(Replica replica) {
      GroupFolder folder = folder(replica.group());
      try {
        folder.snapshots().removeOld();
        folder
            .spentSegments()
            .remove(
                PURGE_PATIENCE,
                REST_BETWEEN_FILES,
                () -> closing || replica.isClosing(),
                Thread::sleep);
      } catch (IOException e) {
        log.warn("group {}: spent files stay for a while", replica.group(), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public Executor writer() {
      return snapshotWriter;
    }

    @Override
    public void stepDown(Replica replica, String reason) {
      if (closing || !replica.isLeader()) {
        return;
      }
      log.info(
          "group {}: steps down at term {}: {}", replica.group(), replica.currentTerm(), reason);
      CompletableFuture<Void> down = RaftHost.this.stepDown(replica.group());
      var unused =
          down.exceptionally(e -> {
            log.warn("group {}: could not step down", replica.group(), e);
            return null;
          });
    }
  }

  // ---------------------------------------------------------------------------------------------------------------------- close

  /**
   * Ends all replicas: no more proposals; snapshots under way are finished or dropped; Ratis
   * applies what is committed and closes its logs; the durability markers are raised to their ends;
   * the loops run what is queued.
   */
  @Override
  public void close() {
    if (closing) {
      return;
    }
    closing = true;
    replicas.values().forEach(Replica::closing);
    watchdog.close();
    snapshotWriter.shutdown();
    awaitQuietly(snapshotWriter, SNAPSHOT_CLOSE_WAIT);
    if (closeRatis()) {
      replicas.values().forEach(watchdog::raiseMarker);
    }
    replicas.values().forEach(Replica::close);
    chores.shutdown();
    awaitQuietly(chores, SNAPSHOT_CLOSE_WAIT);
    log.info("node {}: closed", self.brief());
  }

  /**
   * Whether Ratis has closed. It may wait for itself for ever: the close of a log holds the lock of
   * that log while it waits for the thread that evicts entries from memory, and that one may just
   * have begun to wait for the lock (seen in Ratis 3.3.0, once in some thousand closes). Then
   * nothing is lost by going on: what was acknowledged is on disk, and the process ends. The
   * markers stay as they were raised last, for to raise them takes the same lock.
   */
  private boolean closeRatis() {
    Thread closer =
        new Thread(
            () -> {
              try {
                server.close();
              } catch (IOException e) {
                log.warn("node {}: closing Ratis", self.brief(), e);
              }
            },
            "flotilla-raft-close-" + self.brief());
    closer.setDaemon(true);
    closer.start();
    try {
      if (closer.join(RATIS_CLOSE_WAIT)) {
        return true;
      }
      log.error(
          "node {}: Ratis has not closed within {} s and is left to itself",
          self.brief(),
          RATIS_CLOSE_WAIT.toSeconds());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  private static void awaitQuietly(ExecutorService executor, Duration wait) {
    try {
      if (!executor.awaitTermination(wait.toMillis(), TimeUnit.MILLISECONDS)) {
        executor.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return "RaftHost of " + self.brief() + " with " + Objects.toString(replicas.keySet());
  }
}
