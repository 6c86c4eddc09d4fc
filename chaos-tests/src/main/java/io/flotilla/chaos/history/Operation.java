package io.flotilla.chaos.history;

/**
 * One operation of one process, from before its first byte was written until after its answer was
 * read.
 *
 * <p>Times are of one clock (nanoseconds of {@link System#nanoTime}) for all processes. The
 * interval is closed: operations that share an instant are concurrent.
 *
 * @param process who asked; a process has one operation under way at a time, and an operation whose
 *     ending is {@link Ending.Info} is its last
 * @param action what was asked
 * @param invokedNanos before the first byte was written
 * @param endedNanos after the whole answer was read; {@link #NEVER} if it is open for ever
 */
public record Operation<A, R>(
    int process, A action, Ending<R> ending, long invokedNanos, long endedNanos) {
  /** The end of an operation whose outcome stays open: it may take effect at any time. */
  public static final long NEVER = Long.MAX_VALUE;

  public Operation {
    if (endedNanos < invokedNanos) {
      throw new IllegalArgumentException("ended " + endedNanos + " before " + invokedNanos);
    }
    if (ending instanceof Ending.Info<R> && endedNanos != NEVER) {
      throw new IllegalArgumentException("an operation of unknown outcome never ends");
    }
  }

  /** An operation that was answered. */
  public static <A, R> Operation<A, R> ok(
      int process, long invokedNanos, long endedNanos, A action, R result) {
    return new Operation<>(process, action, new Ending.Ok<>(result), invokedNanos, endedNanos);
  }

  /** An operation that was certainly not done. */
  public static <A, R> Operation<A, R> fail(
      int process, long invokedNanos, long endedNanos, A action, String why) {
    return new Operation<>(process, action, new Ending.Fail<>(why), invokedNanos, endedNanos);
  }

  /** An operation of which nobody knows. */
  public static <A, R> Operation<A, R> info(int process, long invokedNanos, A action, String why) {
    return new Operation<>(process, action, new Ending.Info<>(why), invokedNanos, NEVER);
  }

  /** The same operation, this much later. */
  public Operation<A, R> shifted(long nanos) {
    return new Operation<>(
        process,
        action,
        ending,
        invokedNanos + nanos,
        endedNanos == NEVER ? NEVER : endedNanos + nanos);
  }
}
