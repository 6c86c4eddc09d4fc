package io.flotilla.chaos.workload;

import io.flotilla.chaos.check.Fifo;
import io.flotilla.chaos.history.Ending;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Says things until they are done: for what must be there before a run, and is read after it. */
final class Endings {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private Endings() {}

  /** Whether it was done in time. What is said must not mind being done twice. */
  static <R> boolean untilDone(Supplier<Ending<R>> say) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      if (say.get() instanceof Ending.Ok<R>) {
        return true;
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    return false;
  }

  /** Pops until nothing is left; whether that was reached in time. */
  static boolean untilEmpty(Supplier<Ending<Long>> pop) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      if (!(pop.get() instanceof Ending.Ok<Long> ok)) {
        LockSupport.parkNanos(PAUSE.toNanos());
      } else if (ok.result() == Fifo.NOTHING) {
        return true;
      }
    }
    return false;
  }
}
