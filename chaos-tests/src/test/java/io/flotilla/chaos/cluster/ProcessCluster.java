package io.flotilla.chaos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.admin.AdminGrpc;
import io.flotilla.proto.admin.AdminGrpc.AdminBlockingStub;
import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.IdentifyRequest;
import io.flotilla.proto.admin.Identity;
import io.flotilla.proto.admin.NodeStatus;
import io.flotilla.proto.admin.ShardStatus;
import io.flotilla.proto.admin.StatusRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of node processes in a directory of its own, started by {@code flotilla up} and killed
 * as an operating system kills.
 *
 * <p>Nodes count from 0 here; node i is called n(i+1). Its processes are killed when it is closed,
 * whatever happened. On {@link #fail} the ends of the nodes' logs are printed and the directory is
 * kept; else it is removed.
 */
public final class ProcessCluster implements AutoCloseable {
  private static final int ADMIN_OFFSET = 300;
  private static final int LOG_LINES = 40;
  private static final int START_ATTEMPTS = 3;

  /** For a cluster to serve, on a machine that is busy with other things. */
  public static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final Duration CALL_PATIENCE = Duration.ofSeconds(20);

  private final Path directory;
  private final int nodes;
  private int port;
  private final Map<Integer, ManagedChannel> channels = new HashMap<>();
  private boolean failed;

  private ProcessCluster(Path directory, int nodes) {
    this.directory = directory;
    this.nodes = nodes;
  }

  /** A cluster that serves; further words for `up` as {@code "--shards", "1"}. */
  public static ProcessCluster start(int nodes, String... upOptions) {
    try {
      ProcessCluster cluster =
          new ProcessCluster(Files.createTempDirectory("flotilla-cluster-").toRealPath(), nodes);
      cluster.firstUp(upOptions);
      return cluster;
    } catch (IOException e) {
      throw new AssertionError("no temporary directory", e);
    }
  }

  private void firstUp(String... upOptions) {
    for (int attempt = 1; ; attempt++) {
      port = FreePorts.forNodes(nodes);
      String[] words =
          Stream.concat(
                  Stream.of(
                      "up",
                      "--nodes",
                      Integer.toString(nodes),
                      "--port",
                      Integer.toString(port),
                      "--timeout",
                      PATIENCE.toSeconds() + "s"),
                  Stream.of(upOptions))
              .toArray(String[]::new);
      Launcher.Ended up = Launcher.run(directory, words);
      if (up.exitCode() == 0) {
        return;
      }
      // Between the look and the start somebody else may have taken a port.
      if (!up.output().contains("In use by another process") || attempt == START_ATTEMPTS) {
        fail();
        close();
        throw new AssertionError("flotilla up: exit code " + up.exitCode() + "\n" + up.output());
      }
    }
  }

  /** Starts every node that does not run, and waits until all slots are served. */
  public void up() {
    Launcher.Ended up = Launcher.run(directory, "up", "--timeout", PATIENCE.toSeconds() + "s");
    assertThat(up.exitCode()).as("flotilla up: %s", up.output()).isZero();
  }

  /** Stops all nodes in good order. */
  public void down() {
    Launcher.Ended down = Launcher.run(directory, "down");
    assertThat(down.exitCode()).as("flotilla down: %s", down.output()).isZero();
    closeChannels();
  }

  /** Any other command against this cluster. */
  public Launcher.Ended flotilla(String... words) {
    return Launcher.run(directory, words);
  }

  public Path directory() {
    return directory;
  }

  /** Where a node's configuration, log and data are. */
  public Path directoryOf(int node) {
    return directory.resolve(".flotilla").resolve(nameOf(node));
  }

  public static String nameOf(int node) {
    return "n" + (node + 1);
  }

  public int nodes() {
    return nodes;
  }

  public InetSocketAddress client(int node) {
    return InetSocketAddress.createUnresolved("127.0.0.1", port + node);
  }

  public List<InetSocketAddress> clients() {
    return IntStream.range(0, nodes).mapToObj(this::client).toList();
  }

  public int adminPort(int node) {
    return port + ADMIN_OFFSET + node;
  }

  private AdminBlockingStub admin(int node) {
    return AdminGrpc.newBlockingStub(
            channels.computeIfAbsent(
                node,
                n ->
                    Grpc.newChannelBuilder(
                            "127.0.0.1:" + adminPort(n), InsecureChannelCredentials.create())
                        .build()))
        .withDeadlineAfter(CALL_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Asks the nodes in turn until one answers. */
  public <T> T ask(Function<AdminBlockingStub, T> call) {
    List<String> refusals = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      try {
        return call.apply(admin(node));
      } catch (StatusRuntimeException e) {
        refusals.add(nameOf(node) + ": " + e.getStatus());
      }
    }
    throw new AssertionError("no node answers: " + refusals);
  }

  public ClusterStatus status() {
    return ask(a -> a.status(StatusRequest.getDefaultInstance()));
  }

  /** The process of a node that answers. */
  public ProcessHandle process(int node) {
    long pid = admin(node).identify(IdentifyRequest.getDefaultInstance()).getPid();
    return ProcessHandle.of(pid)
        .orElseThrow(
            () -> new AssertionError(nameOf(node) + " said pid " + pid + ", there is none"));
  }

  /** The node that leads a shard, waiting for one if it must. */
  public int leaderOf(int shardNumber) {
    return Awaitility.await("shard " + shardNumber + " has a leader")
        .atMost(PATIENCE)
        .until(() -> maybeLeaderOf(shardNumber), leader -> leader >= 0);
  }

  private int maybeLeaderOf(int shardNumber) {
    for (ShardStatus shard : status().getShardsList()) {
      String name = shard.getGroup().getLeaderName();
      if (shard.getNumber() == shardNumber && !name.isEmpty()) {
        return Integer.parseInt(name.substring(1)) - 1;
      }
    }
    return -1;
  }

  /** SIGKILL, and waits until the process is gone. */
  public void kill(int node) {
    kill(List.of(node));
  }

  /** SIGKILL of several as nearly at once as can be. */
  public void kill(List<Integer> victims) {
    List<ProcessHandle> processes = victims.stream().map(this::process).toList();
    processes.forEach(ProcessHandle::destroyForcibly);
    Awaitility.await("killed processes are gone")
        .atMost(PATIENCE)
        .until(() -> processes.stream().noneMatch(ProcessCluster::runs));
  }

  /**
   * Whether it runs; a process that has ended and was not waited for yet has no command line any
   * more.
   */
  public static boolean runs(ProcessHandle process) {
    try {
      return process.isAlive()
          && Files.readAllBytes(Path.of("/proc/" + process.pid() + "/cmdline")).length > 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Waits until nothing is amiss: all nodes reached, all shards whole. */
  public ClusterStatus awaitHealthy() {
    return Awaitility.await("the cluster is healthy")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .until(
            this::status,
            s ->
                s.getHealth() == io.flotilla.proto.admin.Health.HEALTH_OK
                    && s.getNodesList().stream().allMatch(NodeStatus::getReachable));
  }

  /** Removes all that a killed node has written. */
  public void wipe(int node) {
    try (Stream<Path> files = Files.walk(directoryOf(node).resolve("data"))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new AssertionError("the data of " + nameOf(node) + " cannot be removed", e);
    }
  }

  /** Who the process at a node's address says it is. */
  public Identity identity(int node) {
    return admin(node).identify(IdentifyRequest.getDefaultInstance());
  }

  /**
   * Waits until it is healthy and leaders are where they are to be, so that none moves by itself.
   */
  public void awaitSettled() {
    Awaitility.await("leaders are spread")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .until(
            this::awaitHealthy,
            s ->
                s.getShardsList().stream()
                    .allMatch(shard ->
                        shard.getPreferredLeaderId().equals(shard.getGroup().getLeaderId())));
  }

  /** Every replica's digest at the same place in the log, by the command that operators use. */
  public void assertReplicasAgree() {
    Launcher.Ended verify = flotilla("verify", "--wide");
    assertThat(verify.exitCode()).as("flotilla verify: %s", verify.output()).isZero();
    assertThat(verify.output()).contains("agree");
  }

  /** The end of a node's log. */
  public String logTail(int node) {
    List<String> lines = Launcher.read(directoryOf(node).resolve("node.log")).lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
  }

  public String log(int node) {
    return Launcher.read(directoryOf(node).resolve("node.log"));
  }

  /** Marks the run as failed: what happened is printed, and kept, when this is closed. */
  public void fail() {
    failed = true;
  }

  /** Runs a test's body so that a failure keeps the logs. */
  public void run(Body body) throws Exception {
    try {
      body.run();
    } catch (Throwable t) {
      fail();
      throw t;
    }
  }

  /** What {@link #run} runs. */
  public interface Body {
    void run() throws Exception;
  }

  private void closeChannels() {
    channels.values().forEach(ManagedChannel::shutdownNow);
    channels.clear();
  }

  @Override
  public void close() {
    closeChannels();
    killOwn();
    if (failed) {
      for (int node = 0; node < nodes; node++) {
        System.out.printf("---- %s, the end of its log%n%s%n", nameOf(node), logTail(node));
      }
      System.out.println("---- kept: " + directory);
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new AssertionError(directory + " cannot be removed", e);
    }
  }

  /** Kills the processes whose pid files stand here, if they still run what stands here. */
  private void killOwn() {
    List<ProcessHandle> own = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      ProcessHandle process = byPidFile(node);
      if (process != null) {
        own.add(process);
        process.destroyForcibly();
      }
    }
    Awaitility.await("processes are gone")
        .atMost(PATIENCE)
        .until(() -> own.stream().noneMatch(ProcessCluster::runs));
  }

  private @Nullable ProcessHandle byPidFile(int node) {
    Path file = directoryOf(node).resolve("node.pid");
    if (!Files.exists(file)) {
      return null;
    }
    long pid = Long.parseLong(Launcher.read(file).split(" ", 2)[0]);
    return ProcessHandle.of(pid)
        .filter(p ->
            Launcher.read(Path.of("/proc/" + pid + "/cmdline"))
                .contains(directoryOf(node).toString()))
        .orElse(null);
  }
}
