package io.flotilla.conformance;

import io.flotilla.conformance.Transcript.Event;
import io.flotilla.conformance.Transcript.Kind;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Redis's test suite in a directory, unchanged: its own {@code runtest} runs one file at a time
 * against a server that is there already.
 *
 * <p>With {@code --durable} an exception fails the test that it is in, and the file goes on. Two
 * things still stop it, or spoil it: a test that never ends, and one that loses the connection
 * which the tests behind it share. Such a test counts as failed, is left out, and the file is run
 * again for the sake of the others, at most {@link #MAX_RUNS} times.
 */
final class Suite {
  /** The suite's own words for what an external server in cluster mode can be judged by. */
  private static final List<String> OPTIONS =
      List.of(
          "--cluster-mode",
          "--ignore-encoding",
          "--ignore-digest",
          "--durable",
          "--tags",
          "-needs:debug -needs:repl -needs:pfdebug -needs:config-maxmemory -needs:latency -needs:save"
              + " -needs:local-process");

  /** Enough for every file that was seen; each run costs the whole file's time. */
  private static final int MAX_RUNS = 6;

  /** Longer than any file takes on a slow machine: behind it something has hung for good. */
  private static final Duration FILE_PATIENCE = Duration.ofMinutes(20);

  private static final Pattern VERSION = Pattern.compile("REDIS_VERSION \"([^\"]+)\"");
  private static final Pattern LOST_CONNECTION =
      Pattern.compile(
          "I/O error|broken pipe|connection reset|Bad protocol", Pattern.CASE_INSENSITIVE);

  private final Path directory;
  private final Path logs;
  private final Duration patience;
  private final List<String> start;

  /**
   * A suite.
   *
   * @param directory with {@code runtest} and {@code tests}
   * @param logs where what it prints goes
   * @param patience how long one test may say nothing before it has hung
   * @param start the words that start it, in its directory
   */
  Suite(Path directory, Path logs, Duration patience, List<String> start) {
    if (!Files.exists(directory.resolve("runtest"))) {
      throw new ConformanceException("there is no suite in " + directory);
    }
    this.directory = directory;
    this.logs = logs;
    this.patience = patience;
    this.start = List.copyOf(start);
  }

  /** The version of Redis that it belongs to. */
  String version() {
    try {
      Matcher matcher = VERSION.matcher(Files.readString(directory.resolve("src/version.h")));
      if (matcher.find()) {
        return matcher.group(1);
      }
      throw new ConformanceException("src/version.h of the suite names no version");
    } catch (IOException e) {
      throw new ConformanceException("the suite's version cannot be read: " + e, e);
    }
  }

  /** Goes through one file. */
  Verdict judge(String unit, Endpoint server, List<String> skips) {
    Verdict verdict = new Verdict(unit);
    run(verdict, server, skips);
    return verdict;
  }

  /** Goes through the file once more, and adds what passes now. */
  void again(Verdict verdict, Endpoint server, List<String> skips) {
    run(verdict, server, skips);
  }

  private void run(Verdict verdict, Endpoint server, List<String> skips) {
    Set<String> left = new LinkedHashSet<>();
    for (int runs = 1; ; runs++) {
      List<String> names = new ArrayList<>(skips);
      names.addAll(left);
      long began = System.nanoTime();
      Transcript transcript = Transcript.of(runOnce(verdict.unit(), server, names, runs));
      verdict.add(transcript, left, (System.nanoTime() - began) / 1e9);
      String culprit = culprit(transcript);
      if (culprit.isEmpty() || left.contains(culprit)) {
        return;
      }
      if (transcript.inProgress() != null) {
        verdict.hung(culprit);
      }
      if (runs == MAX_RUNS) {
        return;
      }
      left.add(culprit);
    }
  }

  /** The test without which more could be judged; "" if there is none. */
  private static String culprit(Transcript transcript) {
    if (transcript.inProgress() != null) {
      return transcript.inProgress();
    }
    List<Event> events = transcript.events();
    for (int i = 0; i < events.size() - 1; i++) {
      Event event = events.get(i);
      if (event.kind() == Kind.FAILED
          && LOST_CONNECTION.matcher(event.details()).find()
          && events.get(i + 1).kind() == Kind.FAILED) {
        return event.name();
      }
    }
    return "";
  }

  private List<String> runOnce(String unit, Endpoint server, List<String> skips, int run) {
    Path log = logs.resolve(unit.replace('/', '_') + (run == 1 ? "" : "." + run) + ".log");
    Path skipFile = logs.resolve(unit.replace('/', '_') + ".skips");
    List<String> command = new ArrayList<>(start);
    command.addAll(List.of("--host", server.host(), "--port", Integer.toString(server.port())));
    command.addAll(OPTIONS);
    command.addAll(List.of("--clients", "1", "--timeout", Long.toString(patience.toSeconds())));
    // Where the suite looks for a port of its own.
    command.addAll(List.of("--baseport", Integer.toString(Endpoint.freePort(PORTS))));
    command.addAll(List.of("--skipfile", skipFile.toString(), "--single", unit));
    try {
      Files.createDirectories(logs);
      Files.write(skipFile, skips, StandardCharsets.UTF_8);
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().put("TERM", "dumb"); // no colours
      Process process = builder.start();
      if (!process.waitFor(FILE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
      return new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new ConformanceException("the suite cannot be run: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ConformanceException("interrupted", e);
    }
  }

  /** The suite takes one of the 32 ports below its base port. */
  private static final int PORTS = 32;
}
