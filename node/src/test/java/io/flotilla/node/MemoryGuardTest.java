package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

/**
 * Why: a heap that is full ends every replica; but what a collection leaves has dead objects in it,
 * and a guard that took them for data would refuse writes for nothing, or for ever.
 */
final class MemoryGuardTest {
  private static final long HEAP = 100_000;
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Deque<Runnable> asked = new ArrayDeque<>();
  private long nanos = -5; // any number may be where the clock begins
  private long maxMemory;
  private final MemoryGuard memory =
      new MemoryGuard(HEAP, 80, () -> maxMemory, asked::add, () -> nanos);

  private void pass(long seconds) {
    for (int i = 0; i < seconds; i++) {
      nanos += SECOND;
      memory.look();
    }
  }

  /** A collection that was asked for leaves so much, and has ended. */
  private void collect(long leaves) {
    memory.left(leaves);
    asked.remove().run();
  }

  /** Ten seconds behind the last collection, of which one has passed. */
  private void passUntilAsked() {
    pass(8);
    assertThat(asked).isEmpty();
    pass(1);
    assertThat(asked).hasSize(1);
  }

  private void fill() {
    memory.left(82_000);
    collect(81_000);
    pass(1);
    assertThat(memory.isFull()).isTrue();
  }

  @Test
  void belowTheMarkNothingIsAskedOrRefused() {
    memory.left(79_999);
    pass(100);
    assertThat(memory.isFull()).isFalse();
    assertThat(asked).isEmpty();
  }

  @Test
  void aboveTheMarkACollectionIsAskedForBeforeAnythingIsRefused() {
    memory.left(80_000);
    assertThat(asked).hasSize(1);
    pass(100);
    assertThat(memory.isFull()).as("it has not ended yet").isFalse();
    assertThat(asked).as("one at a time").hasSize(1);
    collect(80_000);
    assertThat(memory.isFull()).as("what it found may yet be given back").isFalse();
    pass(1);
    assertThat(memory.isFull()).isTrue();
    assertThat(memory.liveBytes()).isEqualTo(80_000);
  }

  @Test
  void aCollectionThatHelpsKeepsWritesComing() {
    memory.left(84_000);
    collect(50_000);
    pass(1);
    assertThat(memory.isFull()).isFalse();
    memory.left(84_000);
    pass(7);
    assertThat(memory.isFull()).as("it is judged by a collection of its own").isFalse();
    assertThat(asked).as("no more often than every 10 s").isEmpty();
    pass(2);
    assertThat(asked).hasSize(1);
  }

  @Test
  void whatIsToldToBeLessSoonAfterTheCollectionCounts() {
    memory.left(82_000);
    collect(81_000);
    memory.left(79_000);
    memory.left(81_000);
    pass(5);
    assertThat(memory.isFull()).isFalse();
  }

  @Test
  void farAboveTheMarkThereIsNoTimeToAsk() {
    memory.left(85_000);
    assertThat(memory.isFull()).isTrue();
    assertThat(asked).as("it must learn when it may stop").hasSize(1);
  }

  @Test
  void writesAreTakenAgainWithAMargin() {
    fill();
    memory.left(76_500);
    assertThat(memory.isFull()).as("within the margin").isTrue();
    memory.left(75_900);
    assertThat(memory.isFull()).isFalse();
    memory.left(79_000);
    assertThat(memory.isFull()).isFalse();
  }

  /** Nobody allocates where writes are refused, and nothing is collected by itself. */
  @Test
  void whileRefusingCollectionsAreAskedForEveryTenSeconds() {
    fill();
    for (int i = 0; i < 5; i++) {
      passUntilAsked();
      collect(81_000);
      pass(1);
    }
    passUntilAsked();
    collect(40_000);
    assertThat(memory.isFull()).isFalse();
    pass(100);
    assertThat(asked).isEmpty();
  }

  /** A heap of many gigabytes stands still for seconds, and its leaders would be lost each time. */
  @Test
  void longCollectionsAreAskedForMoreRarely() {
    memory.left(82_000);
    pass(3);
    collect(81_000);
    pass(1);
    assertThat(memory.isFull()).isTrue();
    pass(298);
    assertThat(asked).as("a hundred times the three seconds").isEmpty();
    pass(1);
    assertThat(asked).hasSize(1);
  }

  /** An asked one would end those that give back what was found dead. */
  @Test
  void whereCollectionsComeByThemselvesItIsAskedMoreRarely() {
    fill();
    for (int i = 0; i < 13; i++) {
      pass(2);
      memory.left(81_000);
    }
    assertThat(asked).isEmpty();
    pass(3);
    assertThat(asked).hasSize(1);
  }

  @Test
  void maxmemoryCountsWhereItIsLower() {
    maxMemory = 50_000;
    assertThat(memory.markBytes()).isEqualTo(50_000);
    memory.left(60_000);
    collect(60_000);
    pass(1);
    assertThat(memory.isFull()).isTrue();
    maxMemory = 70_000;
    assertThat(memory.isFull()).as("at once, without a look").isFalse();
    maxMemory = 200_000;
    assertThat(memory.markBytes()).isEqualTo(80_000);
    maxMemory = 0;
    assertThat(memory.markBytes()).isEqualTo(80_000);
  }

  @Test
  void aMaxmemoryThatIsTakenBackInTimeRefusesNothing() {
    memory.left(60_000);
    maxMemory = 10_000;
    pass(1);
    maxMemory = 0;
    collect(60_000);
    pass(100);
    assertThat(memory.isFull()).isFalse();
    assertThat(asked).isEmpty();
  }
}
