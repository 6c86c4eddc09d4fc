package io.flotilla.node;

import io.flotilla.node.config.ConfigException;
import io.flotilla.node.config.NodeConfig;
import io.flotilla.node.raft.Halt;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a JVM does while it learns for the start-up cache (bin/lib/aot.sh): a whole cluster of three
 * nodes in one process, formed, asked a little of everything, loaded for a moment, and stopped.
 *
 * <pre>
 *   java -XX:AOTCacheOutput=FILE … io.flotilla.node.TrainingRun DIRECTORY [COMMAND …]
 * </pre>
 *
 * <p>The cache that the JVM writes at its end holds the classes that were used, already linked, and
 * the profiles of the methods that ran hot; so a node finds both what it needs to start and what
 * the compilers need to be soon at full speed. Three nodes in one JVM, because that costs a third
 * of three JVMs and passes through the same code. The COMMAND is run against a node's admin port
 * (its address is added as the last argument): it is the command line's own training.
 *
 * <p>Nothing of it is left behind but the directory, which is the caller's. It ends by itself,
 * whatever happens: a build must not hang on it.
 */
public final class TrainingRun {
  private static final int NODES = 3;

  /** Client, raft, peer, admin, http. */
  private static final List<String> LISTENERS = List.of("client", "raft", "peer", "admin", "http");

  private static final int CLIENT = 0;
  private static final int ADMIN = 3;

  /** Enough for the compilers to see what is hot; more changes nothing that a start would show. */
  private static final long LOAD_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);

  /** A machine on which it takes longer does without a cache. */
  private static final int SECONDS_MAX = 120;

  /** The size of the benchmark's values. */
  private static final String VALUE = "x".repeat(64);

  private static final int PIPELINE = 16;

  /** A reply that takes longer ends the load of that node early; the training goes on. */
  private static final int SOCKET_TIMEOUT_MILLIS = 10_000;

  /** Tried in turn until one is found whose slot a node leads. */
  private static final int TAGS = 200;

  /** A little of everything, on keys of one slot; %s is its tag. */
  private static final List<String> COMMANDS =
      List.of(
          "HELLO 3",
          "HELLO 2",
          "CLIENT SETNAME training",
          "CLIENT LIST",
          "COMMAND COUNT",
          "COMMAND",
          "INFO",
          "CLUSTER SLOTS",
          "CLUSTER SHARDS",
          "CLUSTER NODES",
          "CLUSTER INFO",
          "CONFIG GET maxmemory",
          "SET {%s}s 1 EX 100",
          "INCR {%s}s",
          "APPEND {%s}s 1",
          "GETRANGE {%s}s 0 -1",
          "MSET {%s}a 1 {%s}b 2",
          "MGET {%s}a {%s}b",
          "HSET {%s}h f v g w",
          "HGETALL {%s}h",
          "RPUSH {%s}l a b c",
          "LRANGE {%s}l 0 -1",
          "LPOP {%s}l",
          "SADD {%s}t a b c",
          "SMEMBERS {%s}t",
          "ZADD {%s}z 1 a 2 b",
          "ZRANGE {%s}z 0 -1 WITHSCORES",
          "EXPIRE {%s}h 100",
          "TTL {%s}h",
          "TYPE {%s}z",
          "SCAN 0 COUNT 10",
          "DBSIZE",
          "MULTI",
          "INCR {%s}s",
          "EXEC",
          "DEL {%s}h {%s}l {%s}t {%s}z",
          "NOSUCHCOMMAND",
          "GET");

  private TrainingRun() {}

  /** Runs the training; exit code 0 if all of it was done. */
  public static void main(String[] arguments) throws InterruptedException {
    Thread limit =
        Thread.ofPlatform()
            .daemon()
            .unstarted(() -> {
              try {
                TimeUnit.SECONDS.sleep(SECONDS_MAX);
                System.err.println("training: not done after " + SECONDS_MAX + " s");
                Runtime.getRuntime().halt(ExitCode.HALTED.code);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    limit.start();
    try {
      run(Path.of(arguments[0]), Arrays.asList(arguments).subList(1, arguments.length));
      System.exit(ExitCode.STOPPED.code);
    } catch (IOException | ConfigException | ExecutionException | RuntimeException e) {
      System.err.println("training: " + e);
      // Without the cache, which would be one of a cluster that does not work.
      Runtime.getRuntime().halt(ExitCode.HALTED.code);
    }
  }

  private static void run(Path directory, List<String> command)
      throws IOException, ConfigException, ExecutionException, InterruptedException {
    int[][] ports = freePorts();
    List<NodeConfig> configs = new ArrayList<>();
    for (int n = 0; n < NODES; n++) {
      configs.add(NodeConfig.parse("training", yaml(directory, ports, n)));
    }
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Callable<RunningNode>> starts = new ArrayList<>();
      for (NodeConfig config : configs) {
        starts.add(() -> RunningNode.start(config, Halt.ofProcess()));
      }
      List<RunningNode> nodes = all(threads, starts);
      Future<Integer> trained =
          threads.submit(() -> command.isEmpty() ? 0 : commandLine(command, ports[0][ADMIN]));
      List<Callable<Integer>> loads = new ArrayList<>();
      for (int[] port : ports) {
        loads.add(() -> load(port[CLIENT]));
      }
      int served = all(threads, loads).stream().mapToInt(i -> i).sum();
      int exitCode = trained.get();
      System.out.println(
          "training: " + served + " replies; the command line ended with " + exitCode);
      all(
          threads,
          nodes.stream()
              .map(n ->
                  (Callable<Boolean>)
                      () -> {
                        n.close();
                        return true;
                      })
              .toList());
    }
  }

  private static <T> List<T> all(ExecutorService threads, List<Callable<T>> tasks)
      throws InterruptedException, ExecutionException {
    List<T> results = new ArrayList<>();
    for (Future<T> done : threads.invokeAll(tasks)) {
      results.add(done.get());
    }
    return results;
  }

  /** Ports that were free a moment ago, all held at once, so that none comes twice. */
  private static int[][] freePorts() throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      int[][] ports = new int[NODES][LISTENERS.size()];
      for (int[] node : ports) {
        for (int i = 0; i < node.length; i++) {
          ServerSocket socket = FreePort.hold();
          held.add(socket);
          node[i] = socket.getLocalPort();
        }
      }
      return ports;
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }

  private static String yaml(Path directory, int[][] ports, int node) {
    StringBuilder yaml = new StringBuilder();
    yaml.append("node: {name: t").append(node);
    yaml.append(", directory: '").append(directory.resolve("t" + node)).append("'}\nlisten:\n");
    for (int i = 0; i < LISTENERS.size(); i++) {
      yaml.append("  ").append(LISTENERS.get(i));
      yaml.append(": 127.0.0.1:").append(ports[node][i]).append('\n');
    }
    yaml.append("cluster.members: [")
        .append(
            IntStream.range(0, NODES)
                .mapToObj(n -> "t" + n + "=127.0.0.1:" + ports[n][ADMIN])
                .collect(Collectors.joining(", ")))
        .append("]\n");
    return yaml.toString();
  }

  private static int commandLine(List<String> command, int adminPort)
      throws IOException, InterruptedException {
    List<String> whole = new ArrayList<>(command);
    whole.add("127.0.0.1:" + adminPort);
    return new ProcessBuilder(whole).inheritIO().start().waitFor();
  }

  /**
   * Asks a node a little of everything and then much of the same; how many replies came. On a
   * machine that is busy a leader may be lost meanwhile; what was learnt so far is worth having.
   */
  private static int load(int port) {
    int[] replies = {0};
    try {
      load(port, replies);
    } catch (IOException e) {
      System.out.println("training: the load ended early: " + e);
    }
    return replies[0];
  }

  private static void load(int port, int[] replies) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(SOCKET_TIMEOUT_MILLIS);
      OutputStream out = socket.getOutputStream();
      InputStream in = new BufferedInputStream(socket.getInputStream());
      String tag = null;
      for (int t = 0; t < TAGS && tag == null; t++) {
        send(out, "SET {" + t + "}k " + VALUE + "\r\n");
        tag = line(in).equals("+OK") ? String.valueOf(t) : null;
      }
      for (String command : COMMANDS) {
        if (tag == null && command.contains("%s")) {
          continue;
        }
        send(out, command.replace("%s", String.valueOf(tag)) + "\r\nPING\r\n");
        String line = line(in);
        while (!line.equals("+PONG")) {
          line = line(in);
        }
        replies[0]++;
      }
      if (tag != null) {
        hammer(in, out, "{" + tag + "}k", replies);
      }
    }
  }

  private static void hammer(InputStream in, OutputStream out, String key, int[] replies)
      throws IOException {
    String set = bulk("SET", key, VALUE);
    String get = bulk("GET", key);
    long until = System.nanoTime() + LOAD_NANOS;
    while (System.nanoTime() - until < 0) {
      for (String request : List.of(set, get)) {
        send(out, request);
        reply(in);
        send(out, request.repeat(PIPELINE));
        for (int i = 0; i < PIPELINE; i++) {
          reply(in);
        }
        replies[0] += 1 + PIPELINE;
      }
    }
  }

  /** A line, and a second one where the first announces a value. */
  private static void reply(InputStream in) throws IOException {
    String first = line(in);
    if (first.startsWith("$") && !first.startsWith("$-")) {
      String unused = line(in);
    }
  }

  private static String bulk(String... words) {
    return "*"
        + words.length
        + "\r\n"
        + Arrays.stream(words)
            .map(w -> "$" + w.length() + "\r\n" + w + "\r\n")
            .collect(Collectors.joining());
  }

  private static void send(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("the node closed the connection");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }
}
