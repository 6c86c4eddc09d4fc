package io.flotilla.chaos.harness;

import io.flotilla.chaos.nemesis.Faults;
import io.flotilla.chaos.workload.Workloads;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A chaos run on the image that users run, with faults of a real network: packets that are dropped,
 * interfaces that go away, processors that are hardly there.
 */
@Tag("docker")
final class ContainerChaosTest {
  /** With making the image, starting, reading and judging some five minutes. */
  private static final Duration TIME = Duration.ofMinutes(3);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory = Path.of("");

  @Test
  void nothingThatThePromiseRulesOutIsSeenInContainers() throws IOException {
    long seed = ThreadLocalRandom.current().nextLong(1L << 31);
    Plan plan =
        new Plan(
            true,
            3,
            TIME,
            Faults.usual(true),
            List.copyOf(Workloads.all().keySet()),
            seed,
            Map.of());
    JudgedRun.holds(plan, directory, "chaos-containers");
  }
}
