package io.flotilla.conformance;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A Flotilla cluster of node processes that {@code flotilla up} starts, and that are gone when it
 * is closed.
 *
 * <p>The suite's client does not follow MOVED, so it talks to the leader of the one shard; where
 * there are several, it is taught to, and begins at any of them. Leaders must not change: elections
 * are given more time than a busy machine can take from a leader.
 */
final class JudgedCluster implements AutoCloseable {
  /** {@code flotilla up} takes these further ports for each node. */
  private static final int[] OFFSETS = {0, 100, 200, 300, 400};

  private static final int ATTEMPTS = 200;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /**
   * Elections: longer than any pause that was seen, so that the shard keeps its leader for the
   * whole run. Commands: one test writes a value of 33 MB.
   */
  private static final List<String> SETTINGS =
      List.of(
          "raft.election-min-millis=4000",
          "raft.election-max-millis=5000",
          "write.max-command-mebibytes=40");

  private final Path directory;
  private final int nodes;
  private final int firstPort;

  /** Its processes outlive this one, unless they are stopped when it is. */
  private final Thread whenKilled = new Thread(this::stop, "stop-cluster");

  private JudgedCluster(Path directory, int nodes, int firstPort) {
    this.directory = directory;
    this.nodes = nodes;
    this.firstPort = firstPort;
    Runtime.getRuntime().addShutdownHook(whenKilled);
  }

  static JudgedCluster start(Path work, int nodes, int shards) {
    try {
      Files.createDirectories(work);
      JudgedCluster cluster =
          new JudgedCluster(Files.createTempDirectory(work, "cluster-"), nodes, freePorts(nodes));
      cluster.up(shards);
      return cluster;
    } catch (IOException e) {
      throw new ConformanceException("no directory for the cluster: " + e, e);
    }
  }

  private static int freePorts(int nodes) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int first = Endpoint.freePort(0);
      if (IntStream.of(OFFSETS)
          .flatMap(offset -> IntStream.range(first + offset, first + offset + nodes))
          .allMatch(Endpoint::isFree)) {
        return first;
      }
    }
    throw new ConformanceException("no free ports found");
  }

  private void up(int shards) {
    List<String> words = new ArrayList<>(List.of("up", "--shards", Integer.toString(shards)));
    words.addAll(List.of("--nodes", Integer.toString(nodes)));
    words.addAll(List.of("--port", Integer.toString(firstPort)));
    words.addAll(List.of("--timeout", PATIENCE.toSeconds() + "s"));
    for (String setting : SETTINGS) {
      words.addAll(List.of("--set", setting));
    }
    try {
      flotilla(words);
    } catch (ConformanceException e) {
      close();
      throw e;
    }
  }

  private void flotilla(List<String> words) {
    String launcher = System.getProperty("flotilla.launcher", "");
    if (launcher.isEmpty()) {
      throw new ConformanceException("start this through bin/conformance");
    }
    List<String> command = new ArrayList<>(List.of(launcher));
    command.addAll(words);
    try {
      Path output = directory.resolve("flotilla.out");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      builder.environment().put("FLOTILLA_DIR", ".flotilla");
      Process process = builder.start();
      if (!process.waitFor(PATIENCE.plusSeconds(30).toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new ConformanceException("flotilla " + words.getFirst() + " does not end");
      }
      if (process.exitValue() != 0) {
        throw new ConformanceException(
            "flotilla " + words.getFirst() + ": " + Files.readString(output));
      }
    } catch (IOException e) {
      throw new ConformanceException("flotilla cannot be run: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ConformanceException("interrupted", e);
    }
  }

  /**
   * A node that takes writes to the key of the suite's test of pipelining, which goes past its own
   * client: the leader of the one shard, or of that key's.
   */
  Endpoint leader() {
    List<String> answers = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      Endpoint endpoint = new Endpoint("127.0.0.1", firstPort + node);
      String answer = ask(endpoint, "DEL k1");
      if (answer.startsWith(":")) {
        return endpoint;
      }
      answers.add(endpoint.port() + ": " + answer);
    }
    throw new ConformanceException("no node takes a write: " + answers);
  }

  private static String ask(Endpoint endpoint, String inlineCommand) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), endpoint.port())) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      OutputStream out = socket.getOutputStream();
      out.write((inlineCommand + "\r\n").getBytes(StandardCharsets.US_ASCII));
      out.flush();
      String line =
          new BufferedReader(
                  new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
              .readLine();
      return line == null ? "closed the connection" : line;
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(whenKilled);
    stop();
  }

  private void stop() {
    if (Files.exists(directory.resolve(".flotilla/cluster.json"))) {
      flotilla(List.of("down", "--force"));
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("conformance: " + directory + " could not be removed: " + e);
    }
  }
}
