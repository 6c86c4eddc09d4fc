package io.flotilla.chaos.cluster;

import io.flotilla.proto.admin.AdminGrpc;
import io.flotilla.proto.admin.AdminGrpc.AdminBlockingStub;
import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.GroupStatus;
import io.flotilla.proto.admin.Health;
import io.flotilla.proto.admin.NodeStatus;
import io.flotilla.proto.admin.ShardStatus;
import io.flotilla.proto.admin.StatusRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Node processes that a chaos run starts, stops, freezes and cuts off from one another by itself,
 * without `flotilla up` in between: it must see each exit code, and knows when it did not cause
 * one.
 *
 * <p>Nodes count from 0; node i is called n(i+1).
 */
public final class NodeProcesses implements AutoCloseable {
  private static final System.Logger logger = System.getLogger(NodeProcesses.class.getName());

  private static final int RAFT = 100;
  private static final int PEER = 200;
  private static final int ADMIN = 300;
  private static final int HTTP = 400;

  /** Room for some minutes of a chaos run: its snapshots are small and its logs purged. */
  private static final int DISK_MEBIBYTES = 512;

  private static final int BALLAST_BLOCK_BYTES = 1 << 16;

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration CALL_PATIENCE = Duration.ofSeconds(10);
  private static final Duration END_PATIENCE = Duration.ofSeconds(40);

  /** SIGKILL's, as shells and Java tell it. */
  private static final int KILLED = 128 + 9;

  private final Path directory;
  private final int nodes;
  private final int port;
  private final Map<String, String> environment;
  private final Set<Path> mounted = new LinkedHashSet<>();
  private final PeerNetwork network = new PeerNetwork();
  private final Map<Integer, Process> processes = new ConcurrentHashMap<>();
  private final Map<Integer, ManagedChannel> channels = new ConcurrentHashMap<>();

  private NodeProcesses(Path directory, int nodes, int port, Map<String, String> environment) {
    this.directory = directory;
    this.nodes = nodes;
    this.port = port;
    this.environment = environment;
  }

  /**
   * A cluster that serves all slots.
   *
   * @param settings further settings, as {@code "snapshot.every-entries"} and its value
   * @param relayed whether the nodes reach one another by relays, so that they can be cut off
   * @param extras what the machine is to do besides
   */
  public static NodeProcesses start(
      Path directory,
      int nodes,
      Map<String, String> settings,
      boolean relayed,
      Map<String, String> environment,
      Set<Extra> extras) {
    NodeProcesses cluster =
        new NodeProcesses(directory, nodes, FreePorts.forNodes(nodes), Map.copyOf(environment));
    try {
      cluster.prepare(extras);
      cluster.configure(settings, relayed);
      for (int node = 0; node < nodes; node++) {
        cluster.start(node);
      }
      cluster.awaitHealthy();
      return cluster;
    } catch (IOException e) {
      cluster.close();
      throw new AssertionError("the cluster cannot be configured", e);
    } catch (RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  /** What not every machine can do. */
  public enum Extra {
    /** The nodes' data are on small disks, which can be filled: {@link #fillDisk}. */
    SMALL_DISKS
  }

  private void prepare(Set<Extra> extras) throws IOException {
    for (int node = 0; node < nodes; node++) {
      Files.createDirectories(dataOf(node).getParent());
      if (extras.contains(Extra.SMALL_DISKS)) {
        Path disk = Files.createDirectories(disk(node));
        Machine.mount(disk, DISK_MEBIBYTES);
        mounted.add(disk);
      }
    }
  }

  private Path disk(int node) {
    return home(node).resolve("disk");
  }

  /** Leaves no room on a node's disk; only with {@link Extra#SMALL_DISKS}. */
  public void fillDisk(int node) {
    byte[] block = new byte[BALLAST_BLOCK_BYTES];
    try (OutputStream ballast = Files.newOutputStream(disk(node).resolve("ballast"))) {
      while (true) {
        ballast.write(block);
      }
    } catch (IOException full) {
      logger.log(System.Logger.Level.DEBUG, "the disk is full, as it is to be", full);
    }
  }

  /** Gives the room back. */
  public void freeDisk(int node) {
    try {
      Files.deleteIfExists(disk(node).resolve("ballast"));
    } catch (IOException e) {
      throw new AssertionError("the ballast cannot be removed", e);
    }
  }

  private void configure(Map<String, String> settings, boolean relayed) throws IOException {
    List<Told> told = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      told.add(
          new Told(
              relay(node, RAFT, relayed), relay(node, PEER, relayed), relay(node, ADMIN, relayed)));
    }
    String members =
        IntStream.range(0, nodes)
            .mapToObj(n -> nameOf(n) + "=127.0.0.1:" + told.get(n).admin())
            .collect(Collectors.joining(", "));
    for (int node = 0; node < nodes; node++) {
      Files.createDirectories(home(node));
      StringBuilder yaml =
          new StringBuilder(
              """
              node:
                name: '%s'
                directory: '%s'
              listen:
                client: 127.0.0.1:%d
                raft: 127.0.0.1:%d
                peer: 127.0.0.1:%d
                admin: 127.0.0.1:%d
                http: 127.0.0.1:%d
              advertise:
                raft: 127.0.0.1:%d
                peer: 127.0.0.1:%d
                admin: 127.0.0.1:%d
              cluster.members: [%s]
              """
                  .formatted(
                      nameOf(node),
                      dataOf(node),
                      port + node,
                      port + RAFT + node,
                      port + PEER + node,
                      port + ADMIN + node,
                      port + HTTP + node,
                      told.get(node).raft(),
                      told.get(node).peer(),
                      told.get(node).admin(),
                      members));
      settings.forEach((key, value) -> yaml.append(key).append(": ").append(value).append('\n'));
      Files.writeString(home(node).resolve("node.yaml"), yaml, StandardCharsets.UTF_8);
    }
  }

  /** The ports by which other nodes reach a node. */
  private record Told(int raft, int peer, int admin) {}

  private int relay(int node, int listener, boolean relayed) throws IOException {
    int own = port + listener + node;
    return relayed ? network.relay(node, own) : own;
  }

  public static String nameOf(int node) {
    return "n" + (node + 1);
  }

  public int nodes() {
    return nodes;
  }

  private Path home(int node) {
    return directory.resolve(nameOf(node));
  }

  /** Where a node keeps its data. */
  public Path dataOf(int node) {
    return (mounted.contains(disk(node)) ? disk(node) : home(node)).resolve("data");
  }

  /** What a node has said. */
  public String log(int node) {
    return Launcher.read(home(node).resolve("node.log"));
  }

  public List<InetSocketAddress> clients() {
    return IntStream.range(0, nodes)
        .mapToObj(n -> InetSocketAddress.createUnresolved("127.0.0.1", port + n))
        .toList();
  }

  public List<String> adminEndpoints() {
    return IntStream.range(0, nodes).mapToObj(n -> "127.0.0.1:" + (port + ADMIN + n)).toList();
  }

  /** The network between the nodes. */
  public PeerNetwork network() {
    return network;
  }

  /** Starts a node that does not run. */
  public void start(int node) {
    Process process =
        Launcher.start(
            home(node),
            home(node).resolve("node.log"),
            environment,
            "node",
            "--config",
            home(node).resolve("node.yaml").toString());
    processes.put(node, process);
    network.isRunBy(node, process.pid());
  }

  /** Whether its process has not ended. */
  public boolean isRunning(int node) {
    Process process = processes.get(node);
    return process != null && process.isAlive();
  }

  /** How it ended, where it has. */
  public Optional<Integer> exitCode(int node) {
    Process process = processes.get(node);
    return process == null || process.isAlive()
        ? Optional.empty()
        : Optional.of(process.exitValue());
  }

  /** Whether an exit code is that of SIGKILL. */
  public static boolean isKilled(int exitCode) {
    return exitCode == KILLED;
  }

  /** SIGKILL, and waits until it is gone. */
  public void kill(int node) {
    Process process = processes.get(node);
    if (process != null) {
      process.destroyForcibly();
      awaitEnd(node);
    }
  }

  /** SIGTERM; it may take its time. */
  public void terminate(int node) {
    Process process = processes.get(node);
    if (process != null) {
      process.destroy();
    }
  }

  /**
   * Waits until its process has ended.
   *
   * @return its exit code
   */
  public int awaitEnd(int node) {
    Process process = processes.get(node);
    if (process == null) {
      throw new AssertionError(nameOf(node) + " was never started");
    }
    try {
      if (!process.waitFor(END_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError(nameOf(node) + " does not end");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** SIGSTOP. */
  public void freeze(int node) {
    signal(node, "STOP");
  }

  /** SIGCONT. */
  public void thaw(int node) {
    signal(node, "CONT");
  }

  private void signal(int node, String signal) {
    Process process = processes.get(node);
    if (process == null || !process.isAlive()) {
      return;
    }
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new AssertionError("no signal can be sent", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private AdminBlockingStub admin(int node, Duration patience) {
    return AdminGrpc.newBlockingStub(
            channels.computeIfAbsent(
                node,
                n ->
                    Grpc.newChannelBuilder(
                            "127.0.0.1:" + (port + ADMIN + n), InsecureChannelCredentials.create())
                        .build()))
        .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Asks the nodes in turn until one answers; nothing if none does. */
  public <T> Optional<T> maybeAsk(Duration patience, Function<AdminBlockingStub, T> call) {
    for (int node = 0; node < nodes; node++) {
      if (!isRunning(node)) {
        continue;
      }
      try {
        return Optional.of(call.apply(admin(node, patience)));
      } catch (StatusRuntimeException e) {
        logger.log(System.Logger.Level.DEBUG, "the next one may know", e);
      }
    }
    return Optional.empty();
  }

  /** The cluster at a glance, if a node answers. */
  public Optional<ClusterStatus> maybeStatus() {
    return maybeAsk(CALL_PATIENCE, a -> a.status(StatusRequest.getDefaultInstance()));
  }

  /** Who leads each shard, by the shard's number, and the metadata group, as -1. */
  public Map<Integer, Integer> leaders() {
    Map<Integer, Integer> leaders = new ConcurrentHashMap<>();
    maybeStatus()
        .ifPresent(status -> {
          leaderOf(status.getMetadata()).ifPresent(n -> leaders.put(-1, n));
          for (ShardStatus shard : status.getShardsList()) {
            leaderOf(shard.getGroup()).ifPresent(n -> leaders.put(shard.getNumber(), n));
          }
        });
    return leaders;
  }

  private static Optional<Integer> leaderOf(GroupStatus group) {
    String name = group.getLeaderName();
    return name.isEmpty() ? Optional.empty() : Optional.of(Integer.parseInt(name.substring(1)) - 1);
  }

  /** Waits until nothing is amiss: all nodes reached, all shards whole. */
  public ClusterStatus awaitHealthy() {
    return Awaitility.await("the cluster is healthy")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(300))
        .until(this::maybeStatus, s -> s.filter(this::isHealthy).isPresent())
        .orElseThrow();
  }

  private boolean isHealthy(ClusterStatus status) {
    return status.getHealth() == Health.HEALTH_OK
        && status.getNodesCount() == nodes
        && status.getNodesList().stream().allMatch(NodeStatus::getReachable);
  }

  /** Removes everything; not before it is closed. */
  public void removeFiles() {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new AssertionError(directory + " cannot be removed", e);
    }
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
    List<Process> left = new ArrayList<>(processes.values());
    left.forEach(Process::destroyForcibly);
    Awaitility.await("processes are gone")
        .atMost(PATIENCE)
        .until(() -> left.stream().noneMatch(Process::isAlive));
    network.close();
    mounted.forEach(Machine::unmount);
  }
}
