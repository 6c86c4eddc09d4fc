package io.flotilla.chaos.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * What makes a history sound: nothing that was sent is forgotten, and no process overtakes itself.
 */
final class HistoryTest {
  private final History<String, Long> history = new History<>(new AtomicInteger());

  @Test
  void whatIsStillUnderWayIsOfUnknownOutcome() {
    history.invoke(history.newProcess(), "INCR x");
    assertThat(history.operations())
        .singleElement()
        .satisfies(o -> {
          assertThat(o.ending()).isInstanceOf(Ending.Info.class);
          assertThat(o.endedNanos()).isEqualTo(Operation.NEVER);
        });
  }

  @Test
  void aProcessGoesOnAfterWhatItKnowsAndNotAfterWhatItDoesNot() {
    int process = history.newProcess();
    history.invoke(process, "INCR x").ok(1L);
    history.invoke(process, "INCR x").fail("MOVED");
    history.invoke(process, "INCR x").info("EOF");
    assertThat(history.operations()).hasSize(3);
    history.invoke(process, "INCR x").ok(3L);
    assertThatThrownBy(history::operations).hasMessageContaining("two at once");
  }

  @Test
  void anOperationEndsOnce() {
    History<String, Long>.Open open = history.invoke(history.newProcess(), "INCR x");
    open.ok(1L);
    assertThatThrownBy(() -> open.info("late")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anUnknownOutcomeHasNoEndAndNoIntervalEndsBeforeItBegins() {
    assertThatThrownBy(() -> Operation.ok(0, 10, 9, "GET x", 1L))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Operation<>(0, "GET x", new Ending.Info<Long>("EOF"), 1, 2))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(List.of(Operation.<String, Long>info(0, 5, "GET x", "EOF").shifted(7)))
        .singleElement()
        .satisfies(o -> {
          assertThat(o.invokedNanos()).isEqualTo(12);
          assertThat(o.endedNanos()).isEqualTo(Operation.NEVER);
        });
  }
}
