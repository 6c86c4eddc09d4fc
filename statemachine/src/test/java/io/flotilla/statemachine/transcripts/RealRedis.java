package io.flotilla.statemachine.transcripts;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.reply.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;

/**
 * The oracle: a redis-server of this machine, as a cluster of one node that owns every slot, on
 * free ports, in a temporary directory, without persistence.
 */
public final class RealRedis implements AutoCloseable {
  private static final int TRIES = 3;

  private final Process process;
  private final int port;
  private final Path directory;
  private final String version;

  private RealRedis(Process process, int port, Path directory) {
    this.process = process;
    this.port = port;
    this.directory = directory;
    try (RespConnection connection = await()) {
      connection.ask("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
      connection.ask("CONFIG", "SET", "notify-keyspace-events", "EA");
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> Notation.show(connection.ask("CLUSTER", "INFO")).contains("cluster_state:ok"));
      String info = Notation.inline(connection.ask("INFO", "server"));
      version = info.replaceAll(".*redis_version:([0-9.]+).*", "$1");
    }
  }

  /** Whether redis-server is installed. */
  public static boolean isInstalled() {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, "redis-server")));
  }

  /** Starts one; a port that someone else takes in between is tried again. */
  public static RealRedis start() {
    for (int i = 1; ; i++) {
      try {
        return startOnce();
      } catch (IllegalStateException died) {
        if (i == TRIES) {
          throw died;
        }
      }
    }
  }

  private static RealRedis startOnce() {
    try {
      Path directory = Files.createTempDirectory("real-redis");
      int port = freePort();
      Process process =
          new ProcessBuilder(
                  "redis-server",
                  "--port",
                  String.valueOf(port),
                  "--bind",
                  "127.0.0.1",
                  "--cluster-enabled",
                  "yes",
                  "--cluster-port",
                  String.valueOf(freePort()),
                  "--save",
                  "",
                  "--appendonly",
                  "no",
                  "--enable-debug-command",
                  "local",
                  "--dir",
                  directory.toString())
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("log").toFile())
              .start();
      return new RealRedis(process, port, directory);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private RespConnection await() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .ignoreException(UncheckedIOException.class)
        .until(() -> {
          if (!process.isAlive()) {
            return true;
          }
          try (RespConnection connection = connect()) {
            return Notation.show(connection.ask("PING")).equals("PONG");
          }
        });
    if (!process.isAlive()) {
      throw new IllegalStateException("redis-server on port " + port + " has died");
    }
    return connect();
  }

  /** The version, such as 7.0.15. */
  public String version() {
    return version;
  }

  /** Whether the process still runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** A connection of its own. */
  public RespConnection connect() {
    return new RespConnection(port);
  }

  /** This server as a transcript's subject, over RESP2 or RESP3. */
  public Session session(int protocol) {
    return new Session(this, protocol);
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(20, TimeUnit.SECONDS);
      try (var files = Files.walk(directory)) {
        files.sorted((a, b) -> b.compareTo(a)).forEach(path -> path.toFile().delete());
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** A client of the real Redis that a transcript talks through, and one that hears events. */
  public static final class Session implements Subject, AutoCloseable {
    private static final AtomicLong MARKS = new AtomicLong();

    private final int protocol;
    private final RespConnection client;
    private final RespConnection listener;

    private Session(RealRedis redis, int protocol) {
      this.protocol = protocol;
      this.client = redis.connect();
      this.listener = redis.connect();
      client.ask("HELLO", String.valueOf(protocol));
      listener.ask("PSUBSCRIBE", "*");
    }

    @Override
    public Reply answer(byte[][] argv) {
      return client.ask(argv);
    }

    /** Says a command without waiting for its answer ({@link #hear}). */
    public void say(byte[][] argv) {
      client.send(argv);
    }

    /** Sends what was said. */
    public void flush() {
      client.flush();
    }

    /** The next answer to what was said. */
    public Reply hear() {
      return client.receive();
    }

    @Override
    public void advance(long millis) {
      // the one place where time cannot be told: this is somebody else's clock
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
      for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    }

    @Override
    public void fresh() {
      client.ask("FLUSHALL");
      events();
    }

    @Override
    public void listen(boolean on) {
      events();
    }

    @Override
    public List<String> events() {
      String end = "end-of-events-" + MARKS.getAndIncrement(); // all sessions hear all of them
      client.ask("PUBLISH", end, "");
      List<String> heard = new ArrayList<>();
      while (listener.receive() instanceof Reply.Array message) {
        String channel = text(message.elements().get(2));
        if (channel.equals(end)) {
          return heard;
        }
        if (!channel.startsWith("end-of-events")
            && message.elements().get(3) instanceof Reply.Bulk key) {
          heard.add(Transcript.event(channel.substring(channel.indexOf(':') + 1), key.bytes()));
        }
      }
      throw new IllegalStateException("a listener is told something that is no message");
    }

    @Override
    public Reply seen(Reply meant) {
      Reply reply = protocol == 2 ? Notation.resp2(meant) : Notation.resp3(meant);
      return client.takesAnyDigits() ? Notation.withoutDigits(reply) : reply;
    }

    /** From now on doubles count by their value: Redis 7.0 writes 17 digits, 7.2 the fewest. */
    public void anyDigits() {
      client.anyDigits();
    }

    private static String text(Reply reply) {
      return reply instanceof Reply.Bulk bulk ? Ascii.text(bulk.bytes()) : "";
    }

    @Override
    public void close() {
      client.close();
      listener.close();
    }
  }
}
