package io.flotilla.node.proposal;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Reads of one shard that run together, once the shard has applied the index that makes them
 * current.
 *
 * <p>Either the shard's loop takes it and runs it, or the deadline does and fails it: {@link #take}
 * lets one of them win.
 */
final class ReadBatch {
  /** For reads that wait for nothing. */
  static final long ANY_INDEX = Long.MIN_VALUE;

  final List<Share> shares;

  /** What must have been applied. */
  final long readIndex;

  final long deadlineNanos;

  /** Whether deadlines count from the leader's time; else from machine time, as on a replica. */
  final boolean byLeaderTime;

  /** For reads that wait for machine time: this much of it. Touched on the shard's loop only. */
  long nowMillis;

  private final AtomicBoolean taken = new AtomicBoolean();

  ReadBatch(List<Share> shares, long readIndex, long deadlineNanos, boolean byLeaderTime) {
    this.shares = shares;
    this.readIndex = readIndex;
    this.deadlineNanos = deadlineNanos;
    this.byLeaderTime = byLeaderTime;
  }

  /** True for the first caller, who then settles the batch. */
  boolean take() {
    return taken.compareAndSet(false, true);
  }

  boolean isTaken() {
    return taken.get();
  }

  int count() {
    int count = 0;
    for (Share share : shares) {
      count += share.count;
    }
    return count;
  }

  /** Settles all by a failure; for the one who took it. */
  void fail(Failure why) {
    for (Share share : shares) {
      share.settle(why);
    }
    goBack();
  }

  /** Sends the settled shares home. */
  void goBack() {
    for (Share share : shares) {
      share.goBack();
    }
  }

  /** Puts a share's requests to those of the same lane, or to the end of the list. */
  static void gather(List<Share> shares, Share more) {
    for (int i = shares.size() - 1; i >= 0; i--) {
      Share share = shares.get(i);
      if (share.lane == more.lane) {
        share.addAll(more);
        return;
      }
    }
    shares.add(more);
  }
}
