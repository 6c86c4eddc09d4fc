package io.flotilla.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** A figure taken while neighbours had the processor must be seen to be one. */
final class StolenTimeTest {
  @Test
  void whatIsStolenIsAPartOfAllTimeBetweenTwoLooks() {
    StolenTime before = StolenTime.of("cpu  100 0 50 800 10 0 5 35 7 0\ncpu0 1 2 3\n");
    StolenTime after = StolenTime.of("cpu  150 0 70 810 10 0 5 55 9 0\ncpu0 1 2 3\n");
    assertThat(before.percentUntil(after)).isCloseTo(20.0, within(1e-9));
  }

  @Test
  void whereTheSystemDoesNotTellNothingIsStolen() {
    StolenTime old = StolenTime.of("cpu 1 2 3 4\n");
    assertThat(old.percentUntil(StolenTime.of(""))).isZero();
    assertThat(StolenTime.now().percentUntil(StolenTime.now())).isBetween(0.0, 100.0);
  }
}
