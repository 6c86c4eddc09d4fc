package io.flotilla.statemachine.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.statemachine.transcripts.RealRedis;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A short run of the fuzzer: random commands of all families are answered as a real Redis answers
 * them, some seconds long. It is the same run each time, so that it tells of what was changed; what
 * nobody has met yet is looked for by {@code bin/fuzz}, for hours. {@code -Ddifferential.seed=7
 * -Ddifferential.commands=1000000} makes it another one, or a longer one.
 */
class DifferentialTest {
  private static final long COMMANDS = Long.getLong("differential.commands", 200_000);
  private static final long SEED = Long.getLong("differential.seed", 1);
  private static final int DIFFERENCES = 4;

  @Test
  @Tag("slow")
  void realRedisAnswersTheSame() {
    assumeTrue(RealRedis.isInstalled(), "redis-server is not installed");
    List<String> differences = new ArrayList<>();
    try (RealOracle oracle = new RealOracle()) {
      Fuzzer.Outcome outcome =
          new Fuzzer(oracle, Fuzzer.families(), Fault.NONE)
              .run(
                  new Fuzzer.Order(SEED, COMMANDS, null, DIFFERENCES),
                  finding -> differences.add(Report.of(finding, Fuzzer.families(), oracle)),
                  sofar -> {});
      assertThat(differences).as("with seed %s", SEED).isEmpty();
      assertThat(outcome.counted()).as("with seed %s", SEED).isEmpty();
      assertThat(outcome.commands()).isGreaterThanOrEqualTo(COMMANDS);
    }
  }
}
