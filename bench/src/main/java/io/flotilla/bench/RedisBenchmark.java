package io.flotilla.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** redis-benchmark, as a source of load and as the one that measures it. */
final class RedisBenchmark {
  private static final Duration PATIENCE = Duration.ofMinutes(9);

  private RedisBenchmark() {}

  static Sample run(Target target, Load load, long requests) {
    String test = load.kind().name().toLowerCase(Locale.ROOT);
    List<String> command =
        new ArrayList<>(
            List.of(
                "redis-benchmark",
                "-p",
                Integer.toString(target.port()),
                "-t",
                test,
                "-c",
                Integer.toString(load.clients()),
                "-P",
                Integer.toString(load.pipeline()),
                "-d",
                Integer.toString(Load.VALUE_BYTES),
                "-r",
                Integer.toString(load.keys()),
                "-n",
                Long.toString(requests),
                "--csv"));
    if (target.clustered()) {
      command.add("--cluster");
    }
    return parse(load.kind().name(), Commands.run(PATIENCE, Path.of("."), command));
  }

  /**
   * Reads the line of a test. Its columns: test, rps, avg, min, p50, p95, p99, max. Errors that the
   * server answered make the rate worthless.
   */
  static Sample parse(String test, String output) {
    if (output.contains("Error from server")) {
      throw new BenchException("redis-benchmark was answered by errors: " + firstError(output));
    }
    for (String line : output.lines().toList()) {
      String[] cells = line.replace("\"", "").split(",", -1);
      if (cells.length == 8 && cells[0].equals(test)) {
        return new Sample(
            Double.parseDouble(cells[1]),
            Double.parseDouble(cells[4]),
            Double.parseDouble(cells[6]),
            Double.parseDouble(cells[7]));
      }
    }
    throw new BenchException("redis-benchmark said nothing of " + test + ": " + output);
  }

  private static String firstError(String output) {
    return output.lines().filter(l -> l.contains("Error from server")).findFirst().orElse("");
  }
}
