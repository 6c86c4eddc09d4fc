package io.flotilla.node.proposal;

import io.flotilla.statemachine.apply.Laps;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells each request of a batch that may be slow how long the machine was busy with it: on the
 * leader only, and by one look at the clock where such requests follow one another. A look costs
 * tens of nanoseconds, a GET hundreds, so what cannot be slow ({@link Request#mayBeSlow}) counts as
 * nothing.
 *
 * <p>Threads: the shard's loop.
 */
final class Stopwatch implements Laps {
  private final LongSupplier nanoTime;
  private final List<Share> shares;
  private int share;
  private int place;
  private @Nullable Request running;
  private long begunNanos;

  /** For a batch whose first request begins; nothing is timed where none of it can be slow. */
  static Laps of(LongSupplier nanoTime, List<Share> shares) {
    for (Share share : shares) {
      if (share.mayBeSlow) {
        return new Stopwatch(nanoTime, shares);
      }
    }
    return UNTIMED;
  }

  private Stopwatch(LongSupplier nanoTime, List<Share> shares) {
    this.nanoTime = nanoTime;
    this.shares = shares;
    this.running = next();
    if (running != null && running.mayBeSlow()) {
      begunNanos = nanoTime.getAsLong();
    }
  }

  @Override
  public void answered() {
    Request answered = running;
    Request follows = next();
    boolean timed = answered != null && answered.mayBeSlow();
    if (timed || (follows != null && follows.mayBeSlow())) {
      long now = nanoTime.getAsLong();
      if (answered != null && timed) {
        answered.ranNanos = now - begunNanos;
      }
      begunNanos = now;
    }
    running = follows;
  }

  private @Nullable Request next() {
    while (share < shares.size()) {
      Share current = shares.get(share);
      if (place < current.count) {
        return current.requests[place++];
      }
      share++;
      place = 0;
    }
    return null;
  }
}
