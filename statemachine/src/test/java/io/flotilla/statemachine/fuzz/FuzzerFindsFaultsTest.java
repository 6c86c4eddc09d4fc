package io.flotilla.statemachine.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A check that cannot fail is worth nothing: with a second machine as the oracle, faults that are
 * put in on purpose are found and made small, and without one nothing is.
 */
class FuzzerFindsFaultsTest {
  private static Fuzzer.Outcome run(Fault fault, long commands) {
    try (TwinOracle oracle =
        new TwinOracle(
            new io.flotilla.statemachine.command.CommandTable(
                io.flotilla.statemachine.commands.Families.ALL))) {
      return new Fuzzer(oracle, Fuzzer.families(), fault)
          .run(new Fuzzer.Order(7, commands, null, 1), finding -> {}, sofar -> {});
    }
  }

  @Test
  void twoMachinesAreTheSame() {
    Fuzzer.Outcome outcome = run(Fault.NONE, 60_000);
    assertThat(outcome.findings()).isEmpty();
    assertThat(outcome.commands()).isGreaterThanOrEqualTo(60_000);
  }

  @ParameterizedTest
  @CsvSource({
    "MISCOUNT, REPLY ZCOUNT, 2",
    "LOST_WRITE, REPLY, 4",
    "OTHER_WORDS, REPLY HSETNX, 2",
    "BROKEN, FAULT SINTERSTORE, 1"
  })
  void faultsAreFoundAndMadeSmall(Fault fault, String signature, int steps) {
    Fuzzer.Outcome outcome = run(fault, 400_000);
    assertThat(outcome.findings()).hasSize(1);
    Minimiser.Small small = outcome.findings().getFirst().small();
    assertThat(small.difference().signature()).startsWith(signature);
    assertThat(small.steps()).as(Report.transcript(small)).hasSizeLessThanOrEqualTo(steps);
    assertThat(small.steps().stream().mapToLong(Step::weight).sum())
        .as(Report.transcript(small))
        .isLessThan(90);
  }
}
