package io.flotilla.node.proposal;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes that one shard's unanswered requests hold, and when to close the tap: above the high
 * watermark connections stop being read, below the low one they are read again (ARCHITECTURE §3).
 *
 * <p>Two marks, so that connections do not stop and start with every batch. What already lies in
 * the sockets' buffers still comes in; above the maximum it is refused.
 *
 * <p>Any thread. Invariant: after the last {@link #release} of a pressed shard {@code relieve} is
 * run, at least once, on the releasing thread.
 */
final class Pressure {
  private final long high;
  private final long low;
  private final long max;
  private final Runnable relieve;
  private final AtomicLong bytes = new AtomicLong();
  private volatile boolean pressed;

  Pressure(long low, long high, long max, Runnable relieve) {
    this.low = low;
    this.high = high;
    this.max = max;
    this.relieve = relieve;
  }

  /** Takes the bytes in; false, and nothing changed, if that would be above the maximum. */
  boolean tryHold(long more) {
    long now = bytes.addAndGet(more);
    if (now > max) {
      release(more);
      return false;
    }
    if (now > high) {
      pressed = true;
      if (bytes.get() <= low) {
        lift(); // everything was released between the two lines above
      }
    }
    return true;
  }

  /** Gives the bytes back. */
  void release(long fewer) {
    if (bytes.addAndGet(-fewer) <= low && pressed) {
      lift();
    }
  }

  private void lift() {
    pressed = false;
    relieve.run();
  }

  /** Whether connections should stop being read. */
  boolean isPressed() {
    return pressed;
  }

  long bytes() {
    return bytes.get();
  }
}
