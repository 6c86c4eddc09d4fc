package io.flotilla.chaos.nemesis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults that are injected together are healed in an order in which none waits for another. */
class FaultsTest {
  /** Seed 703: a node that was asked to end, and frozen before it had, was waited for. */
  @ParameterizedTest
  @ValueSource(strings = {"pause", "pause-long", "stutter", "disk-full"})
  void whatKeepsANodeFromEndingOrStartingIsHealedBeforeItIsWaitedFor(String name) {
    assertThat(Faults.turnToHeal(name))
        .isLessThan(Faults.turnToHeal("stop"))
        .isLessThan(Faults.turnToHeal("kill"));
  }

  @Test
  void aNodeIsPutIntoAPlaceInAClusterThatIsOtherwiseWhole() {
    assertThat(Faults.all().keySet())
        .allSatisfy(name ->
            assertThat(Faults.turnToHeal(name)).isLessThanOrEqualTo(Faults.turnToHeal("replace")));
    assertThat(Faults.turnToHeal("stop")).isLessThan(Faults.turnToHeal("replace"));
  }
}
