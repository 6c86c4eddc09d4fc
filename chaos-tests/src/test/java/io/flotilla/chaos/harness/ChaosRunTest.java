package io.flotilla.chaos.harness;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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
    JudgedRun.holds(plan, directory, "chaos");
  }
}
