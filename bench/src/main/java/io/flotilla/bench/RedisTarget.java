package io.flotilla.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** redis-server: one alone, or Redis Cluster of three masters with a replica each. */
final class RedisTarget implements Target {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int BUS_OFFSET = 10_000;
  private static final int CLUSTER_NODES = 6;
  private static final int MASTERS = 3;

  private final String name;
  private final String description;
  private final int leaders;
  private final int port;
  private final List<Process> servers = new ArrayList<>();

  private RedisTarget(String name, String description, int leaders, int port) {
    this.name = name;
    this.description = description;
    this.leaders = leaders;
    this.port = port;
  }

  /** One server that syncs each write to its file before it answers. */
  static RedisTarget aofAlways(Workspace workspace) {
    return alone(workspace, "redis-aof", "--save  --appendonly yes --appendfsync always");
  }

  /** One server that keeps nothing: the yardstick for reads. */
  static RedisTarget noPersistence(Workspace workspace) {
    return alone(workspace, "redis-memory", "--save  --appendonly no");
  }

  private static RedisTarget alone(Workspace workspace, String name, String options) {
    RedisTarget target = new RedisTarget(name, "redis-server " + options, 1, Workspace.ports(1, 0));
    target.launch(workspace.directory(name), target.port, options);
    return target;
  }

  /**
   * Three masters and three replicas, each with its own synced file; replication is asynchronous.
   */
  static RedisTarget cluster(Workspace workspace) {
    String options = "--save  --appendonly yes --appendfsync always --cluster-enabled yes";
    int port = Workspace.ports(CLUSTER_NODES, 0, BUS_OFFSET);
    RedisTarget target =
        new RedisTarget(
            "redis-cluster",
            "6 x redis-server " + options + ", 3 masters + 3 replicas",
            MASTERS,
            port);
    List<String> addresses = new ArrayList<>();
    for (int i = 0; i < CLUSTER_NODES; i++) {
      target.launch(workspace.directory("redis-cluster-" + i), port + i, options);
      addresses.add("127.0.0.1:" + (port + i));
    }
    List<String> create = new ArrayList<>(List.of("redis-cli", "--cluster", "create"));
    create.addAll(addresses);
    create.addAll(List.of("--cluster-replicas", "1", "--cluster-yes"));
    Commands.run(PATIENCE, Path.of("."), create);
    Workspace.await(
        "Redis Cluster serves and its replicas follow",
        PATIENCE,
        () ->
            IntStream.range(0, CLUSTER_NODES)
                .allMatch(i ->
                    answer(port + i, "CLUSTER", "INFO").contains("cluster_state:ok")
                        && !answer(port + i, "INFO", "replication")
                            .contains("master_link_status:down")));
    return target;
  }

  private void launch(Path directory, int at, String options) {
    List<String> command =
        new ArrayList<>(
            List.of("redis-server", "--port", Integer.toString(at), "--dir", directory.toString()));
    // Two blanks stand for the empty word that "--save" wants.
    command.addAll(List.of(options.split(" ", -1)));
    try {
      servers.add(
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("redis.log").toFile())
              .start());
    } catch (IOException e) {
      throw new BenchException("redis-server cannot be started: " + e, e);
    }
    Workspace.await(
        "redis-server listens at " + at, PATIENCE, () -> answer(at, "PING").equals("+PONG"));
  }

  private static String answer(int port, String... words) {
    try (RespConnection connection = new RespConnection(port, Duration.ofSeconds(5))) {
      return connection.call(words);
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public int leaders() {
    return leaders;
  }

  @Override
  public List<ProcessHandle> processes() {
    return servers.stream().map(Process::toHandle).toList();
  }

  @Override
  public void close() {
    servers.forEach(Process::destroyForcibly);
    for (Process server : servers) {
      try {
        if (!server.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
          System.err.println("bench: redis-server " + server.pid() + " does not end");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
