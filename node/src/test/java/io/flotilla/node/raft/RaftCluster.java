package io.flotilla.node.raft;

import static org.awaitility.Awaitility.await;

import io.flotilla.node.TestPorts;
import io.flotilla.node.peer.PeerMesh;
import io.flotilla.node.peer.RaftFrames;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.Proposal;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.resp.EventLoops;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Several {@link RaftHost}s in one JVM, each with a directory and a port of its own, and a {@link
 * Firewall} between them.
 *
 * <p>Every wait has a generous deadline ({@link #PATIENCE}): the machines that run the tests are
 * small and shared.
 */
public final class RaftCluster implements AutoCloseable {
  /** How long a test waits for what must come. */
  public static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final AtomicInteger serial = new AtomicInteger();
  private static final AtomicInteger incarnations = new AtomicInteger();

  private final Path dir;
  private final RaftSettings settings;
  private final MachineFactory machines;
  private final Map<NodeId, Peer> peers = new LinkedHashMap<>();
  private final Map<NodeId, RaftHost> hosts = new ConcurrentHashMap<>();
  private final Map<NodeId, Map<GroupId, JournalMachine>> journals = new ConcurrentHashMap<>();
  private final List<String> halts = new CopyOnWriteArrayList<>();
  private final Firewall firewall = new Firewall();
  private final EventLoops loops = new EventLoops(2);
  private final Map<NodeId, PeerMesh> meshes = new ConcurrentHashMap<>();
  private volatile @Nullable Runnable gate;

  /** The default elections, and small log files. */
  public static RaftSettings quick() {
    return RaftSettings.defaults().withLog(64 * 1024, 256 * 1024, 64L * 1024 * 1024, 1_000_000, 0);
  }

  /** A cluster of journals. */
  public static RaftCluster ofJournals(Path dir, int nodes, RaftSettings settings)
      throws IOException {
    return new RaftCluster(dir, nodes, settings, null);
  }

  /** A cluster of machines of the test's own. */
  public static RaftCluster of(Path dir, int nodes, RaftSettings settings, MachineFactory machines)
      throws IOException {
    return new RaftCluster(dir, nodes, settings, machines);
  }

  private RaftCluster(Path dir, int nodes, RaftSettings settings, @Nullable MachineFactory machines)
      throws IOException {
    this.dir = dir;
    this.settings = settings;
    this.machines =
        machines != null
            ? machines
            : (group, log, loop) -> {
              JournalMachine journal = new JournalMachine(log, loop);
              journals
                  .computeIfAbsent(log.self(), n -> new ConcurrentHashMap<>())
                  .put(group, journal);
              return journal;
            };
    for (int i = 0; i < nodes; i++) {
      start(addNode());
    }
  }

  /** A new node's id and address; it is not started. */
  public NodeId addNode() throws IOException {
    NodeId node = new NodeId(String.format("%040x", 0xA000 + peers.size()));
    peers.put(node, new Peer(node, "127.0.0.1", freePort()));
    return node;
  }

  /** A new node's id at the address of another, as after a lost disk; it is not started. */
  public NodeId addNodeAt(NodeId lost) {
    NodeId node = new NodeId(String.format("%040x", 0xA000 + peers.size()));
    peers.put(node, new Peer(node, peer(lost).host(), peer(lost).port()));
    return node;
  }

  static int freePort() throws IOException {
    return TestPorts.one();
  }

  /** Starts a node on its directory. */
  public RaftHost start(NodeId node) throws IOException {
    Peer peer = Objects.requireNonNull(peers.get(node));
    try {
      RaftHost host =
          RaftHost.open(
              node,
              peer.host(),
              peer.port(),
              dir(node),
              settings,
              links(peer),
              machines,
              (why, cause) ->
                  halts.add(node.brief() + ": " + why + (cause == null ? "" : " (" + cause + ")")));
      hosts.put(node, host);
      return host;
    } catch (IOException | RuntimeException e) {
      stop(node);
      throw e;
    }
  }

  private @Nullable RaftLinks links(Peer peer) throws IOException {
    if (settings.transport() != RaftSettings.Transport.LINKS) {
      return null;
    }
    PeerMesh mesh =
        PeerMesh.start(
            () -> "the cluster of a test",
            peer.node(),
            incarnations.incrementAndGet(),
            new InetSocketAddress(peer.host(), peer.port()),
            loops,
            RaftHost.messageBytesMax(settings),
            0);
    meshes.put(peer.node(), mesh);
    return new GatedLinks(new RaftFrames(mesh));
  }

  /**
   * Every answer to an append runs this before the leader gets it, on the thread that brings it;
   * null: answers come as they are.
   */
  public void gateAnswers(@Nullable Runnable passing) {
    gate = passing;
  }

  private final class GatedLinks implements RaftLinks {
    private final RaftLinks links;

    GatedLinks(RaftLinks links) {
      this.links = links;
    }

    @Override
    public void serve(Answerer answerer) {
      links.serve(answerer);
    }

    @Override
    public void peers(Map<NodeId, InetSocketAddress> addresses) {
      links.peers(addresses);
    }

    @Override
    public CompletableFuture<byte[]> ask(NodeId to, Subject subject, Body body, Duration patience) {
      CompletableFuture<byte[]> answer = links.ask(to, subject, body, patience);
      Runnable passing = gate;
      return passing == null || subject != Subject.APPEND
          ? answer
          : answer.whenCompleteAsync(
              (bytes, failure) -> passing.run(), task -> Thread.ofVirtual().start(task));
    }
  }

  /** Stops a node in order. */
  public void stop(NodeId node) {
    RaftHost host = hosts.remove(node);
    if (host != null) {
      host.close();
    }
    PeerMesh mesh = meshes.remove(node);
    if (mesh != null) {
      mesh.close();
    }
  }

  /** The directory of a node's Raft server. */
  public Path dir(NodeId node) {
    return dir.resolve(node.brief() + node.hex().substring(36));
  }

  /** The folder of a group's replica. */
  public Path folder(NodeId node, GroupId group) {
    return dir(node).resolve(RatisSettings.GROUPS_FOLDER).resolve(group.toString());
  }

  /** Makes a group on all nodes that run now, and waits for its leader. */
  public GroupId createGroup() {
    GroupId group = new GroupId(new UUID(0xF107111AL, serial.incrementAndGet()));
    List<Peer> voters = peers.values().stream().filter(p -> hosts.containsKey(p.node())).toList();
    hosts.values().stream()
        .map(h -> h.createGroup(group, voters, List.of()))
        .toList()
        .forEach(CompletableFuture::join);
    leader(group);
    return group;
  }

  public Firewall firewall() {
    return firewall;
  }

  public List<NodeId> nodes() {
    return List.copyOf(peers.keySet());
  }

  public Peer peer(NodeId node) {
    return Objects.requireNonNull(peers.get(node));
  }

  public RaftHost host(NodeId node) {
    return Objects.requireNonNull(hosts.get(node), () -> node + " does not run");
  }

  public ShardLog log(NodeId node, GroupId group) {
    return Objects.requireNonNull(host(node).log(group));
  }

  public JournalMachine journal(NodeId node, GroupId group) {
    return Objects.requireNonNull(Objects.requireNonNull(journals.get(node)).get(group));
  }

  /** Why nodes would have halted. */
  public List<String> halts() {
    return List.copyOf(halts);
  }

  /** Waits for a leader that is ready, of those that run. */
  public NodeId leader(GroupId group) {
    return leaderOtherThan(group, null);
  }

  /** Waits for a leader that is ready and is not this node. */
  public NodeId leaderOtherThan(GroupId group, @Nullable NodeId not) {
    List<NodeId> found = new ArrayList<>();
    await("a leader of " + group)
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> {
          found.clear();
          hosts.forEach((node, host) -> {
            ShardLog log = host.log(group);
            if (!node.equals(not)
                && log != null
                && log.isLeaderReady()
                && log.lastApplied().term() == log.currentTerm()) {
              found.add(node);
            }
          });
          return !found.isEmpty();
        });
    return found.getFirst();
  }

  /** Followers of the running nodes. */
  public List<NodeId> others(NodeId not) {
    return peers.keySet().stream().filter(n -> !n.equals(not) && hosts.containsKey(n)).toList();
  }

  /**
   * Proposes at the leader, again at the next one where it was certainly not done, until one is
   * applied.
   */
  public LogPosition write(GroupId group, String text) {
    while (true) {
      TestProposal p = new TestProposal(text);
      log(leader(group), group).propose(p);
      await("an outcome of " + text)
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .until(() -> !p.events().isEmpty());
      if (p.events().contains("applied")) {
        return Objects.requireNonNull(p.position());
      }
      if (!p.events().getFirst().startsWith("refused")) {
        throw new AssertionError("the outcome of " + text + " is " + p.events());
      }
    }
  }

  /** Proposes at this node and returns at once. */
  public TestProposal propose(NodeId node, GroupId group, String text) {
    TestProposal p = new TestProposal(text);
    log(node, group).propose(p);
    return p;
  }

  /** Waits until the replica on this node has applied the index. */
  public void awaitApplied(NodeId node, GroupId group, long index) {
    await(node.brief() + " applied " + index)
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> log(node, group).lastApplied().index() >= index);
  }

  /** Waits until a proposal was told this last. */
  public static void awaitEvent(TestProposal p, String event) {
    await("\"" + event + "\" for a proposal that was told " + p.events())
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> p.events().contains(event));
  }

  /** A proposal whose outcome nobody waits for. */
  public static Proposal forget(String text) {
    return new TestProposal(text);
  }

  @Override
  public void close() {
    firewall.close();
    stopAll();
    loops.close();
  }

  /** Stops all nodes, at the same time: each waits for a second or two in Ratis. */
  public void stopAll() {
    List.copyOf(hosts.keySet()).parallelStream().forEach(this::stop);
  }
}
