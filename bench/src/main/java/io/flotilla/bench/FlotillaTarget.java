package io.flotilla.bench;

import io.flotilla.proto.admin.AdminGrpc;
import io.flotilla.proto.admin.AdminGrpc.AdminBlockingStub;
import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.Health;
import io.flotilla.proto.admin.NodeStatus;
import io.flotilla.proto.admin.ShardStatus;
import io.flotilla.proto.admin.StatusRequest;
import io.flotilla.proto.admin.TakeSnapshotRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A Flotilla cluster of separate node processes with fsync, started by {@code flotilla up}. With
 * one shard its leader serves all slots, and clients go there directly.
 */
final class FlotillaTarget implements Target {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration CALL = Duration.ofSeconds(15);
  private static final int ADMIN_OFFSET = 300;
  private static final int[] OFFSETS = {0, 100, 200, 300, 400};

  private final String name;
  private final int nodes;
  private final int shards;
  private final Path directory;
  private final int firstPort;
  private final Map<String, String> environment;
  private final List<ManagedChannel> channels = new ArrayList<>();

  private FlotillaTarget(
      String name,
      int nodes,
      int shards,
      Path directory,
      int firstPort,
      Map<String, String> environment) {
    this.name = name;
    this.environment = new HashMap<>(environment);
    this.environment.put("FLOTILLA_DIR", ".flotilla");
    this.nodes = nodes;
    this.shards = shards;
    this.directory = directory;
    this.firstPort = firstPort;
    for (int node = 0; node < nodes; node++) {
      channels.add(
          Grpc.newChannelBuilder(
                  "127.0.0.1:" + (firstPort + ADMIN_OFFSET + node),
                  InsecureChannelCredentials.create())
              .build());
    }
  }

  /** What a cluster of so many shards is called in reports. */
  static String name(int shards) {
    return "flotilla-" + shards;
  }

  /** A cluster of three nodes that serves. */
  static FlotillaTarget start(Workspace workspace, int shards) {
    FlotillaTarget target = prepare(workspace, shards);
    target.up();
    return target;
  }

  /** The same, with nothing started yet. */
  static FlotillaTarget prepare(Workspace workspace, int shards) {
    return prepare(workspace, 3, shards, Map.of());
  }

  /**
   * One node that is the whole cluster, of one shard, with these flags of the JVM besides those of
   * FLOTILLA_NODE_OPTS.
   */
  static FlotillaTarget alone(Workspace workspace, String flags) {
    FlotillaTarget target =
        prepare(
            workspace,
            1,
            1,
            Map.of(
                "FLOTILLA_NODE_OPTS",
                System.getenv().getOrDefault("FLOTILLA_NODE_OPTS", "") + " " + flags));
    target.up();
    return target;
  }

  private static FlotillaTarget prepare(
      Workspace workspace, int nodes, int shards, Map<String, String> environment) {
    String name = name(shards);
    Path directory = workspace.directory(name + "-" + System.nanoTime());
    return new FlotillaTarget(
        name, nodes, shards, directory, Workspace.ports(nodes, OFFSETS), environment);
  }

  /** Starts what does not run, and returns when all slots are served. */
  void up() {
    if (Files.exists(directory.resolve(".flotilla/cluster.json"))) {
      flotilla("up", "--timeout", PATIENCE.toSeconds() + "s");
    } else {
      flotilla(
          "up",
          "--nodes",
          Integer.toString(nodes),
          "--shards",
          Integer.toString(shards),
          "--port",
          Integer.toString(firstPort),
          "--timeout",
          PATIENCE.toSeconds() + "s");
    }
  }

  void down() {
    flotilla("down");
  }

  String flotilla(String... words) {
    List<String> command =
        Stream.concat(Stream.of(launcher().toString()), Stream.of(words)).toList();
    return Commands.run(PATIENCE, directory, environment, command);
  }

  static Path launcher() {
    String named = System.getProperty("flotilla.launcher", "");
    if (named.isEmpty() || !Files.isExecutable(Path.of(named))) {
      throw new BenchException("start this through bin/bench, which knows where bin/flotilla is");
    }
    return Path.of(named);
  }

  ClusterStatus status() {
    List<String> refusals = new ArrayList<>();
    for (ManagedChannel channel : channels) {
      try {
        AdminBlockingStub stub =
            AdminGrpc.newBlockingStub(channel)
                .withDeadlineAfter(CALL.toMillis(), TimeUnit.MILLISECONDS);
        return stub.status(StatusRequest.getDefaultInstance());
      } catch (StatusRuntimeException e) {
        refusals.add(e.getStatus().toString());
      }
    }
    throw new BenchException("no node of " + name + " answers: " + refusals);
  }

  /** Has every replica write a snapshot; returns when all are durable. */
  void snapshot() {
    AdminGrpc.newBlockingStub(channels.getFirst())
        .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .takeSnapshot(TakeSnapshotRequest.getDefaultInstance())
        .getResultsList()
        .forEach(result -> {
          if (!result.getError().isEmpty()) {
            throw new BenchException(
                "snapshot of " + result.getNodeName() + ": " + result.getError());
          }
        });
  }

  /** Waits until nothing is amiss, and no leader is about to move by itself. */
  void awaitHealthy() {
    Workspace.await(
        name + " is healthy",
        PATIENCE,
        () -> {
          try {
            ClusterStatus status = status();
            return status.getHealth() == Health.HEALTH_OK
                && status.getShardsList().stream()
                    .allMatch(s -> s.getPreferredLeaderId().equals(s.getGroup().getLeaderId()));
          } catch (BenchException e) {
            return false;
          }
        });
  }

  /** The node that leads a shard, by its place from 0. */
  int leaderOf(int shard) {
    int[] leader = {-1};
    Workspace.await(
        "shard " + shard + " has a leader",
        PATIENCE,
        () -> {
          for (ShardStatus status : status().getShardsList()) {
            String leaderName = status.getGroup().getLeaderName();
            if (status.getNumber() == shard && !leaderName.isEmpty()) {
              leader[0] = Integer.parseInt(leaderName.substring(1)) - 1;
              return true;
            }
          }
          return false;
        });
    return leader[0];
  }

  /** A slot of a shard. */
  int slotOf(int shard) {
    return status().getShardsList().stream()
        .filter(s -> s.getNumber() == shard)
        .findFirst()
        .orElseThrow(() -> new BenchException("there is no shard " + shard))
        .getSlots(0)
        .getFirst();
  }

  int clientPort(int node) {
    return firstPort + node;
  }

  int nodes() {
    return nodes;
  }

  ProcessHandle process(int node) {
    String nodeName = "n" + (node + 1);
    for (NodeStatus status : status().getNodesList()) {
      if (status.getName().equals(nodeName) && status.getReachable()) {
        return ProcessHandle.of(status.getPid())
            .orElseThrow(() -> new BenchException(nodeName + " has ended"));
      }
    }
    throw new BenchException(nodeName + " does not answer");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    return nodes + " nodes, " + shards + (shards == 1 ? " shard" : " shards") + ", fsync";
  }

  @Override
  public int port() {
    return shards == 1 ? clientPort(leaderOf(0)) : clientPort(0);
  }

  @Override
  public int leaders() {
    return Math.min(shards, nodes);
  }

  @Override
  public List<ProcessHandle> processes() {
    List<ProcessHandle> processes = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      processes.add(process(node));
    }
    return processes;
  }

  /** The end of each node's log, for a failure's message. */
  String logs() {
    StringBuilder logs = new StringBuilder();
    for (int node = 1; node <= nodes; node++) {
      Path log = directory.resolve(".flotilla/n" + node + "/node.log");
      try {
        List<String> lines = Files.readAllLines(log);
        logs.append("---- n").append(node).append('\n');
        lines
            .subList(Math.max(0, lines.size() - 20), lines.size())
            .forEach(l -> logs.append(l).append('\n'));
      } catch (IOException e) {
        logs.append(log).append(": ").append(e).append('\n');
      }
    }
    return logs.toString();
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    if (Files.exists(directory.resolve(".flotilla/cluster.json"))) {
      flotilla("down", "--force");
    }
  }
}
