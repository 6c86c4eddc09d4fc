package io.flotilla.chaos.cluster;

import io.flotilla.chaos.resp.RespConnection;
import io.flotilla.chaos.resp.RespValue;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A real redis-server in cluster mode that owns all slots: what a harness can be held against
 * before it judges anything else.
 */
public final class RedisServer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration CALL = Duration.ofSeconds(5);
  private static final int BUS_OFFSET = 10_000;

  private final Path directory;
  private final List<String> options;
  private final int port;
  private Process process;

  private RedisServer(Path directory, int port, List<String> options) {
    this.directory = directory;
    this.port = port;
    this.options = options;
    this.process = launch();
  }

  public static boolean isInstalled() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
        .anyMatch(d -> Files.isExecutable(Path.of(d, "redis-server")));
  }

  /** Starts one in this directory, with further words for redis-server. */
  public static RedisServer start(Path directory, String... options) throws IOException {
    int port;
    do {
      port = FreePorts.forNodes(1);
    } while (!FreePorts.isFree(port + BUS_OFFSET));
    RedisServer server = new RedisServer(directory, port, List.of(options));
    server.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    server.awaitServing();
    return server;
  }

  private Process launch() {
    List<String> command =
        new ArrayList<>(
            List.of(
                "redis-server",
                "--port",
                Integer.toString(port),
                "--dir",
                directory.toString(),
                "--cluster-enabled",
                "yes"));
    command.addAll(options);
    try {
      Process started =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("redis.log").toFile())
              .start();
      Awaitility.await("redis-server listens")
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(() -> call("PING").equals(new RespValue.Simple("PONG")));
      return started;
    } catch (IOException e) {
      throw new AssertionError("redis-server does not start", e);
    }
  }

  private RespValue call(String... words) throws IOException {
    try (RespConnection connection = RespConnection.open("127.0.0.1", port, CALL)) {
      return connection.call(words);
    }
  }

  private void awaitServing() {
    Awaitility.await("redis-server serves all slots")
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> RespValue.text(call("CLUSTER", "INFO")).contains("cluster_state:ok"));
  }

  public InetSocketAddress address() {
    return InetSocketAddress.createUnresolved("127.0.0.1", port);
  }

  /** SIGKILL, and a start on what the disk holds. */
  public void killAndRestart() {
    end();
    process = launch();
    awaitServing();
  }

  private void end() {
    process.destroyForcibly();
    Awaitility.await("redis-server ends").atMost(PATIENCE).until(() -> !process.isAlive());
  }

  @Override
  public void close() {
    end();
  }
}
