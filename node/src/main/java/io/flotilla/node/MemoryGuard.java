package io.flotilla.node;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches how full the heap is (ARCHITECTURE §11): above a mark writes are refused. All replicas
 * hold the same data, so a client that fills one fills all, and the JVM would end each of them.
 *
 * <pre>
 *   100 %  the heap: the JVM ends the process
 *    85 %  refused at once
 *    80 %  the mark (memory.refuse-writes-percent, or maxmemory if that is lower): refused once a collection was asked for
 *          and has not helped
 *    76 %  taken again
 * </pre>
 *
 * <p>The measure is what collections leave ({@link LiveHeap}). That has dead objects in it: old
 * ones are only found dead by a collection that looks at all of them, which G1 begins when it
 * likes, and not at all while nobody allocates, as when all writes are refused. So the guard asks
 * for such a collection, before it refuses and, while it does, again and again: else it would never
 * learn that keys were deleted. What it has left is told a moment later, on another thread, and is
 * waited for; where collections come by themselves, which give back too, it is asked more rarely.
 *
 * <p>Marks are left again only some percent below, so that a heap at the mark does not flap. Time
 * is an argument but for its source; any thread.
 */
final class MemoryGuard {
  private static final Logger log = LoggerFactory.getLogger(MemoryGuard.class);

  /** How far above the mark, in percent of the heap, there is no time left to ask. */
  private static final int HASTE_PERCENT = 5;

  /** How far below the mark, in percent of it, writes are taken again. */
  private static final int HYSTERESIS_PERCENT = 5;

  /** How long after an asked collection it is judged: what it has left is told a moment later. */
  static final Duration SETTLE = Duration.ofSeconds(1);

  /**
   * The shortest time between two collections that are asked for. The node stands still for each;
   * one that marks beside it gives back no region that has anything live in it, so it helps little.
   */
  static final Duration ASK_EVERY = Duration.ofSeconds(10);

  /** The same while others come by themselves, which give back what the last has found. */
  static final Duration ASK_EVERY_OF_BUSY = Duration.ofSeconds(30);

  /** … and at least so many times as long as the last one took: on a large heap that is seconds. */
  static final int ASK_EVERY_SO_MANY_TIMES_ITS_LENGTH = 100;

  private final long heapBytes;
  private final int refusePercent;
  private final LongSupplier maxMemory;
  private final Consumer<Runnable> collector;
  private final LongSupplier nanoTime;
  private volatile long liveBytes;
  private volatile boolean refusing;
  private boolean collecting;
  private boolean helpless;
  private boolean others;
  private long askedNanos;
  private long collectedNanos;
  private long tookNanos;

  /**
   * A guard that takes writes.
   *
   * @param heapBytes what the heap grows to
   * @param maxMemory the cluster's setting of this name, bytes; 0 if there is no such bound
   * @param collector begins a collection of the whole heap, and runs what it is given at its end
   */
  MemoryGuard(
      long heapBytes,
      int refusePercent,
      LongSupplier maxMemory,
      Consumer<Runnable> collector,
      LongSupplier nanoTime) {
    this.heapBytes = heapBytes;
    this.refusePercent = refusePercent;
    this.maxMemory = maxMemory;
    this.collector = collector;
    this.nanoTime = nanoTime;
    this.collectedNanos = nanoTime.getAsLong() - ASK_EVERY_OF_BUSY.toNanos();
  }

  /** A collection has left so much. */
  synchronized void left(long bytes) {
    liveBytes = bytes;
    others |= !collecting && sinceCollected() >= SETTLE.toNanos();
    look();
  }

  /** Judges what is known, now; at least every second. */
  synchronized void look() {
    long mark = markBytes();
    boolean over = liveBytes >= mark;
    helpless &= over;
    if (refusing ? liveBytes < leaveBytes(mark) : over && (isHasty() || isConfirmed())) {
      refusing = !refusing;
      tell(mark);
    }
    if ((over || refusing) && mayAsk()) {
      collecting = true;
      askedNanos = nanoTime.getAsLong();
      collector.accept(this::collected);
    }
  }

  private boolean isHasty() {
    return liveBytes >= percentOfHeap(Math.min(100, refusePercent + HASTE_PERCENT));
  }

  private boolean isConfirmed() {
    return helpless && sinceCollected() >= SETTLE.toNanos();
  }

  private boolean mayAsk() {
    Duration least = refusing && others ? ASK_EVERY_OF_BUSY : ASK_EVERY;
    return !collecting
        && !(helpless && !refusing)
        && sinceCollected()
            >= Math.max(least.toNanos(), ASK_EVERY_SO_MANY_TIMES_ITS_LENGTH * tookNanos);
  }

  private synchronized void collected() {
    collecting = false;
    helpless = liveBytes >= markBytes(); // It may yet be told to have left less.
    others = false;
    collectedNanos = nanoTime.getAsLong();
    tookNanos = collectedNanos - askedNanos;
  }

  private long sinceCollected() {
    return nanoTime.getAsLong() - collectedNanos;
  }

  private void tell(long mark) {
    if (refusing) {
      log.warn(
          "{} MiB of the heap's {} MiB are live, the mark is {}: writes are refused with OOM",
          liveBytes >> 20,
          heapBytes >> 20,
          mark >> 20);
    } else {
      log.info(
          "{} MiB of the heap's {} MiB are live, the mark is {}: writes are taken again",
          liveBytes >> 20,
          heapBytes >> 20,
          mark >> 20);
    }
  }

  /**
   * Whether writes are to be refused. A mark that was raised counts at once: who has heard OK to
   * CONFIG SET maxmemory writes in the next moment.
   */
  boolean isFull() {
    return refusing && liveBytes >= leaveBytes(markBytes());
  }

  /** What the last collection has left. */
  long liveBytes() {
    return liveBytes;
  }

  /** Above this writes are refused. */
  long markBytes() {
    long ofHeap = percentOfHeap(refusePercent);
    long max = maxMemoryBytes();
    return max == 0 ? ofHeap : Math.min(max, ofHeap);
  }

  /** The cluster's maxmemory; 0 if there is none. */
  long maxMemoryBytes() {
    return maxMemory.getAsLong();
  }

  private long percentOfHeap(int percent) {
    return heapBytes / 100 * percent;
  }

  private static long leaveBytes(long mark) {
    return mark - mark / 100 * HYSTERESIS_PERCENT;
  }
}
