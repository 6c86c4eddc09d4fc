package io.flotilla.chaos.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A short chaos run with all usual faults and workloads, on node processes. Long ones are {@code
 * bin/chaos}'s.
 */
@Tag("cluster")
final class ChaosRunTest {
  private static final Duration TIME = Duration.ofSeconds(75);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory = Path.of("");

  @Test
  void nothingThatThePromiseRulesOutIsSeenUnderFaults() throws IOException {
    long seed = ThreadLocalRandom.current().nextLong(1L << 31);
    Plan plan = Plan.usual(TIME, 3, seed);
    Result result = new ChaosRun(plan, directory, Map.of(), System.out).run();
    Report.write(result, Path.of("target/chaos"));
    assertThat(result.violations()).as("repeat: %s", result.command()).isEmpty();
    assertThat(result.faultsDone()).as("faults").isPositive();
    assertThat(result.workloads()).allSatisfy(w -> assertThat(w.ok()).as(w.name()).isPositive());
  }
}
