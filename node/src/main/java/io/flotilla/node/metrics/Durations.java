package io.flotilla.node.metrics;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * How long something took, each time that it was done: counted in buckets whose bounds are powers
 * of two of about a microsecond, as those of Redis's LATENCY HISTOGRAM.
 *
 * <p>It stands on the road of every command, so it is what a counter and a sum would cost, which it
 * replaces: one atomic increment and one adder, no allocation. HdrHistogram's concurrent recorders
 * were rejected for this place: several atomic steps each, and finer than anybody reads.
 *
 * <p>Any thread. What is read is of about one moment.
 */
public final class Durations {
  /** The bounds reach 2²⁷ × 1.024 µs, 137 s: longer than any deadline. The last has no bound. */
  public static final int BUCKETS = 29;

  private static final int LEAST_BITS = 10; // 1024 ns

  private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);
  private final LongAdder nanos = new LongAdder();

  /** Once more, and so long. */
  public void record(long tookNanos) {
    counts.getAndIncrement(bucket(tookNanos));
    nanos.add(tookNanos);
  }

  static int bucket(long tookNanos) {
    if (tookNanos <= 1L << LEAST_BITS) {
      return 0;
    }
    int bits = Long.SIZE - Long.numberOfLeadingZeros((tookNanos - 1) >> LEAST_BITS);
    return Math.min(bits, BUCKETS - 1);
  }

  /** The longest time of a bucket, nanoseconds; the last one's is the longest there is. */
  public static long upperNanos(int bucket) {
    return bucket == BUCKETS - 1 ? Long.MAX_VALUE : 1L << (LEAST_BITS + bucket);
  }

  /** How often it was done, over all buckets. */
  public long count() {
    long count = 0;
    for (int i = 0; i < BUCKETS; i++) {
      count += counts.get(i);
    }
    return count;
  }

  /** How often it took so long as this bucket says, and not so long as the one before. */
  public long count(int bucket) {
    return counts.get(bucket);
  }

  /** How long it took in all. */
  public long sumNanos() {
    return nanos.sum();
  }

  /** Sets all to zero. */
  public void reset() {
    for (int i = 0; i < BUCKETS; i++) {
      counts.set(i, 0);
    }
    nanos.reset();
  }
}
