package io.flotilla.node.admin;

import java.util.concurrent.atomic.LongAdder;

/** What came of the CHECK entries that this node committed by itself for one shard. */
public final class CheckCounts {
  private final LongAdder agreed = new LongAdder();
  private final LongAdder incomplete = new LongAdder();
  private final LongAdder disagreed = new LongAdder();
  private volatile long agreedIndex;
  private volatile long agreedMillis;

  void count(Findings.Outcome outcome, long index, long nowMillis) {
    switch (outcome) {
      case AGREED -> {
        agreed.increment();
        agreedIndex = index;
        agreedMillis = nowMillis;
      }
      case INCOMPLETE -> incomplete.increment();
      case DISAGREED -> disagreed.increment();
    }
  }

  /** How many found all replicas alike. */
  public long agreed() {
    return agreed.sum();
  }

  /** How many found those alike that told, and some did not tell. */
  public long incomplete() {
    return incomplete.sum();
  }

  /** How many found replicas that differ. */
  public long disagreed() {
    return disagreed.sum();
  }

  /** Where in the log all replicas were last found alike; 0 if never. */
  public long agreedIndex() {
    return agreedIndex;
  }

  /** When that was, Unix milliseconds; 0 if never. */
  public long agreedMillis() {
    return agreedMillis;
  }
}
