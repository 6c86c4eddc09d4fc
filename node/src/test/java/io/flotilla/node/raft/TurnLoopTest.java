package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One task at a time, in order, whoever's thread runs it. */
class TurnLoopTest {
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final TurnLoop loop = new TurnLoop("loop-under-test", failures::add);

  @AfterEach
  void close() {
    loop.close();
  }

  @Test
  void anIdleLoopLetsTheCallerRunItself() {
    Thread[] ran = new Thread[1];
    assertThat(
            loop.tryRun(() -> {
              ran[0] = Thread.currentThread();
              assertThat(loop.isOnLoop()).isTrue();
            }))
        .isTrue();
    assertThat(ran[0]).isSameAs(Thread.currentThread());
    assertThat(loop.isOnLoop()).isFalse();
    assertThat(failures).isEmpty();
  }

  @Test
  void aBusyLoopDoesNot() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    loop.execute(() -> {
      begun.countDown();
      awaitQuietly(end);
    });
    begun.await();
    assertThat(loop.tryRun(() -> {})).isFalse();
    end.countDown();
  }

  @Test
  void aTaskOnTheLoopDoesNotRunAnotherInsideItself() {
    boolean[] nested = new boolean[1];
    loop.tryRun(() -> nested[0] = loop.tryRun(() -> {}));
    assertThat(nested[0]).isFalse();
  }

  @Test
  void tasksOfManyThreadsRunOneAtATimeAndEachThreadsInOrder() throws Exception {
    int threads = 4;
    int each = 20_000;
    int[] unguarded = new int[1];
    AtomicInteger inside = new AtomicInteger();
    List<List<Integer>> seen = new ArrayList<>();
    List<Thread> workers = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      List<Integer> mine = new ArrayList<>();
      seen.add(mine);
      int seed = t;
      workers.add(
          new Thread(() -> {
            for (int i = 0; i < each; i++) {
              int n = i;
              Runnable task =
                  () -> {
                    if (inside.incrementAndGet() != 1) {
                      throw new AssertionError("two at once");
                    }
                    unguarded[0]++;
                    mine.add(n);
                    inside.decrementAndGet();
                  };
              if ((i + seed) % 3 != 0 || !loop.tryRun(task)) {
                loop.execute(task);
              }
            }
          }));
    }
    workers.forEach(Thread::start);
    for (Thread w : workers) {
      w.join();
    }
    assertThat(loop.call(() -> unguarded[0])).isEqualTo(threads * each);
    for (List<Integer> one : seen) {
      assertThat(one).hasSize(each).isSorted();
    }
    assertThat(failures).isEmpty();
  }

  /** Holds the thread that adds a certain task, behind the adding or before it. */
  private static final class HoldingQueue extends ConcurrentLinkedQueue<Runnable> {
    private static final long serialVersionUID = 1;

    private final transient Runnable held;
    private final boolean before;
    private final transient CountDownLatch there = new CountDownLatch(1);
    private final transient CountDownLatch letGo = new CountDownLatch(1);

    HoldingQueue(Runnable held, boolean before) {
      this.held = held;
      this.before = before;
    }

    @Override
    public boolean add(Runnable task) {
      if (!task.equals(held)) {
        return super.add(task);
      }
      if (!before) {
        super.add(task);
      }
      there.countDown();
      awaitQuietly(letGo);
      return !before || super.add(task);
    }
  }

  /**
   * Raft's apply thread brings an entry while the loop is busy and the next one when it seems idle.
   * While another thread was in the midst of bringing a task of its own, the loop ran that one on
   * the entry's count, seemed idle, and let the next entry go first.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noTaskOvertakesAnotherWhileAThirdIsBeingAdded(boolean before) throws Exception {
    List<String> ran = new CopyOnWriteArrayList<>();
    Runnable third = () -> ran.add("third");
    HoldingQueue queue = new HoldingQueue(third, before);
    TurnLoop loop = new TurnLoop("loop-with-a-held-thread", failures::add, queue);
    CountDownLatch end = new CountDownLatch(1);
    loop.execute(() -> awaitQuietly(end));
    Thread other = new Thread(() -> loop.execute(third));
    other.start();
    queue.there.await();
    loop.execute(() -> ran.add("first"));
    end.countDown();
    Runnable second = () -> ran.add("second");
    while (!loop.tryRun(second)) {
      if (ran.contains("first")) {
        loop.execute(second);
        break;
      }
      Thread.onSpinWait();
    }
    queue.letGo.countDown();
    other.join();
    loop.call(() -> true);
    loop.close();
    assertThat(ran).hasSize(3).containsSubsequence("first", "second");
    assertThat(failures).isEmpty();
  }

  @Test
  void callWaitsForItsTurnAndBringsBackWhatWasThrown() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    loop.execute(() -> awaitQuietly(end));
    end.countDown();
    assertThat(loop.call(() -> "answer")).isEqualTo("answer");
    assertThatThrownBy(() ->
            loop.call(() -> {
              throw new java.io.IOException("thrown");
            }))
        .isInstanceOf(java.io.IOException.class)
        .hasMessage("thrown");
    assertThat(failures).isEmpty();
  }

  @Test
  void aFailureIsToldAndTheLoopGoesOn() throws Exception {
    loop.execute(() -> {
      throw new IllegalStateException("a bug");
    });
    assertThat(loop.call(() -> 1)).isEqualTo(1);
    assertThat(failures).singleElement().satisfies(f -> assertThat(f).hasMessage("a bug"));
  }

  @Test
  void closingRunsWhatIsQueuedAndThenRefuses() {
    AtomicInteger ran = new AtomicInteger();
    for (int i = 0; i < 1000; i++) {
      loop.execute(ran::incrementAndGet);
    }
    loop.close();
    assertThat(ran).hasValue(1000);
    assertThatThrownBy(() -> loop.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    assertThat(loop.tryRun(() -> {})).isFalse();
    loop.close();
  }

  @Test
  void aStoppedLoopTouchesNothingMore() throws Exception {
    AtomicInteger ran = new AtomicInteger();
    loop.stop();
    loop.execute(ran::incrementAndGet);
    loop.tryRun(ran::incrementAndGet);
    loop.close();
    assertThat(ran).hasValue(0);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      if (!latch.await(30, TimeUnit.SECONDS)) {
        throw new AssertionError("the latch did not open");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
