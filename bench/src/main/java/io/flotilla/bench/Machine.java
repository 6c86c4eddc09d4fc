package io.flotilla.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a figure was measured on: without it the figure says nothing. */
final class Machine {
  private Machine() {}

  /** Facts by name, in the order to be shown. */
  static Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("time", Instant.now().toString());
    facts.put("processor", cpu() + ", " + Runtime.getRuntime().availableProcessors() + " in use");
    facts.put("memory", firstLine("/proc/meminfo").replaceAll("\\s+", " "));
    facts.put("load before", firstLine("/proc/loadavg"));
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("disk", fileSystem());
    facts.put("java", String.valueOf(Runtime.version()));
    facts.put("redis", said("redis-server", "--version"));
    facts.put(
        "flotilla",
        said(FlotillaTarget.launcher().toString(), "--version").lines().findFirst().orElse(""));
    facts.put("commit", commit());
    for (String variable : List.of("FLOTILLA_NODE_OPTS")) {
      facts.put(variable, System.getenv().getOrDefault(variable, ""));
    }
    return facts;
  }

  private static String cpu() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(l -> l.startsWith("model name"))
          .map(l -> l.substring(l.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  private static String fileSystem() {
    try {
      return Files.getFileStore(Path.of(System.getProperty("java.io.tmpdir"))).type();
    } catch (IOException e) {
      return "unknown: " + e;
    }
  }

  private static String firstLine(String file) {
    try {
      return Files.readAllLines(Path.of(file)).getFirst().strip();
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static String said(String... command) {
    return Commands.run(Duration.ofMinutes(5), Path.of("."), List.of(command)).strip();
  }

  /** bin/bench runs in the root of the tree. */
  private static String commit() {
    try {
      return said("git", "describe", "--always", "--dirty");
    } catch (BenchException e) {
      return "not a git tree";
    }
  }
}
