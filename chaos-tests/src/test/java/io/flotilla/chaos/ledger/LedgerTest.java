package io.flotilla.chaos.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * The judge is judged: histories whose verdict is known. A check that cannot fail would prove
 * nothing about the cluster.
 */
final class LedgerTest {
  private static List<String> verdict(Consumer<Ledger> history) {
    Ledger ledger = new Ledger();
    history.accept(ledger);
    return ledger.violations();
  }

  private static void assertSound(Consumer<Ledger> history) {
    assertThat(verdict(history)).isEmpty();
  }

  private static void assertBroken(String word, Consumer<Ledger> history) {
    assertThat(verdict(history)).isNotEmpty().allSatisfy(v -> assertThat(v).contains(word));
  }

  @Test
  void acknowledgedValuesStandWhereTheyWereToldToStand() {
    assertSound(l -> {
      l.pushed("k", "a", 1);
      l.pushed("k", "b", 2);
      l.checkList("k", List.of("a", "b"));
    });
  }

  @Test
  void anAcknowledgedValueThatIsMissingIsALostWrite() {
    assertBroken(
        "acknowledged b is missing",
        l -> {
          l.pushed("k", "a", 1);
          l.pushed("k", "b", 2);
          l.checkList("k", List.of("a"));
        });
  }

  @Test
  void aValueThatIsThereTwiceWasDoubled() {
    assertBroken(
        "a is there twice",
        l -> {
          l.pushed("k", "a", 1);
          l.checkList("k", List.of("a", "a"));
        });
  }

  @Test
  void valuesThatChangedPlacesWereReordered() {
    assertBroken(
        "was told that it is",
        l -> {
          l.pushed("k", "a", 1);
          l.pushed("k", "b", 2);
          l.checkList("k", List.of("b", "a"));
        });
  }

  @Test
  void twoValuesOfOnePlaceAreASplitBrain() {
    assertBroken(
        "both told that they are number 1",
        l -> {
          l.pushed("k", "a", 1);
          l.pushed("k", "b", 1);
        });
  }

  @Test
  void anUnknownValueMayBeThereOrNot() {
    assertSound(l -> {
      l.pushUnknown("k", "u");
      l.pushed("k", "a", 2);
      l.checkList("k", List.of("u", "a"));
    });
    assertSound(l -> {
      l.pushUnknown("k", "u");
      l.pushed("k", "a", 1);
      l.checkList("k", List.of("a"));
    });
  }

  @Test
  void aValueThatWasCertainlyNotDoneMustNotBeThere() {
    assertBroken(
        "was said not to be done",
        l -> {
          l.notPushed("k", "n");
          l.checkList("k", List.of("n"));
        });
  }

  @Test
  void aValueThatNobodyPushedIsInvented() {
    assertBroken("nobody ever pushed", l -> l.checkList("k", List.of("x")));
  }

  @Test
  void countersAreBoundedByAcknowledgedAndUnknown() {
    Consumer<Ledger> history =
        l -> {
          l.incremented("c", 1);
          l.incremented("c", 3);
          l.incrementUnknown("c");
        };
    assertSound(history.andThen(l -> l.checkCounter("c", 3)));
    assertBroken("more than", history.andThen(l -> l.checkCounter("c", 4)));
    assertBroken("the highest as 3", history.andThen(l -> l.checkCounter("c", 2)));
  }

  @Test
  void twoIncrementsWithOneAnswerLostOne() {
    assertBroken(
        "two increments were told 1",
        l -> {
          l.incremented("c", 1);
          l.incremented("c", 1);
        });
  }

  @Test
  void incrementsThatWereForgottenAreMissedAlsoWhereOthersGotTheirNumbers() {
    assertThat(
            verdict(l -> {
              l.incremented("c", 1);
              l.incremented("c", 1);
              l.checkCounter("c", 1);
            }))
        .hasSize(2)
        .anySatisfy(v -> assertThat(v).contains("2 increments were acknowledged"));
  }

  @Test
  void anUnknownIncrementThatNeverHappenedIsNotMissed() {
    assertSound(l -> {
      l.incrementUnknown("c");
      l.incremented("c", 1);
      l.checkCounter("c", 1);
    });
  }

  @Test
  void aRegisterHoldsTheLastAcknowledgedVersionOrAnUnknownOne() {
    Consumer<Ledger> history =
        l -> {
          l.set("r", 1);
          l.setUnknown("r", 2);
        };
    assertSound(history.andThen(l -> l.checkRegister("r", 1)));
    assertSound(history.andThen(l -> l.checkRegister("r", 2)));
    assertBroken("was acknowledged last", history.andThen(l -> l.checkRegister("r", 0)));
    assertBroken("was acknowledged last", history.andThen(l -> l.checkRegister("r", 3)));
  }

  @Test
  void aStaleReadShowsAtOnce() {
    assertBroken(
        "read 1 after 2",
        l -> {
          l.set("r", 1);
          l.set("r", 2);
          l.read("r", 1);
        });
  }

  @Test
  void whatWasReadOnceCannotBeUnreadAndHappensOnce() {
    assertBroken(
        "read 1 after 2",
        l -> {
          l.set("r", 1);
          l.setUnknown("r", 2);
          l.read("r", 2);
          l.read("r", 1);
        });
    assertBroken(
        "read 2 after 3",
        l -> {
          l.setUnknown("r", 2);
          l.read("r", 2);
          l.set("r", 3);
          l.read("r", 2);
        });
  }
}
