package io.flotilla.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** What all benchmarks can be told. */
final class Options {
  @Option(
      names = "--quick",
      description = "Few and short rounds: to see that it runs, not to quote.")
  private boolean quick;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description =
          "How often each figure is measured, targets in turn; its median counts. Default: 3.")
  private int rounds;

  @Option(
      names = "--results",
      paramLabel = "DIR",
      description = "Where the JSON file goes. Default: ${DEFAULT-VALUE}.",
      defaultValue = "bench/results")
  private Path results = Path.of("bench/results");

  boolean quick() {
    return quick;
  }

  int rounds() {
    return rounds > 0 ? rounds : quick ? 1 : 3;
  }

  Path results() {
    return results;
  }

  /** How long one measurement takes, about. */
  Duration measure() {
    return quick ? Duration.ofMillis(1500) : Duration.ofSeconds(5);
  }

  /** How long the JVMs are under all loads in turn before anything is measured. */
  Duration warmUp() {
    return quick ? Duration.ofSeconds(15) : Duration.ofSeconds(60);
  }

  /**
   * How long the JVMs are under a row's own load before that row is measured. The compiler takes a
   * third of a core for the first ten seconds or so of a load of another shape, and there are two:
   * without this a row shows the compiler's work, not Flotilla's.
   */
  Duration warmUpOfRow() {
    return quick ? Duration.ofSeconds(2) : Duration.ofSeconds(15);
  }

  Map<String, String> flags() {
    Map<String, String> flags = new LinkedHashMap<>();
    flags.put("rounds", Integer.toString(rounds()));
    flags.put("seconds per measurement", Double.toString(measure().toMillis() / 1000.0));
    flags.put("seconds of warm-up", Long.toString(warmUp().toSeconds()));
    flags.put("seconds of warm-up of each row", Long.toString(warmUpOfRow().toSeconds()));
    flags.put("value bytes", Integer.toString(Load.VALUE_BYTES));
    return flags;
  }
}
