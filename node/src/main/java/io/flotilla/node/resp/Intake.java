package io.flotilla.node.resp;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of requests the node holds, whole and in part, over all its connections, and the
 * bounds on them.
 *
 * <p>The bound is kept by closing the tap, not by growing: a connection that has requests in flight
 * is not read while the node holds too much, and its own requests, which are on their way, open the
 * tap again. A connection that has none may always bring one, else many half-sent requests could
 * stop everyone for ever; but while the node holds too much, a request that is longer than {@link
 * #ALWAYS_WELCOME_BYTES} is dropped, and its client told. So the node holds at most the bound, plus
 * that much a connection.
 *
 * <p>Any thread.
 */
public final class Intake {
  /**
   * The most that one connection's unanswered requests may hold before it is not read: many deep
   * pipelines' worth.
   */
  public static final long DEFAULT_MAX_PER_CONNECTION_BYTES = 16L << 20;

  /**
   * What a request may hold even if the node holds too much: one protocol line, the least that a
   * decoder must keep.
   */
  static final long ALWAYS_WELCOME_BYTES = RequestLimits.MAX_LINE_BYTES;

  private final long maxPerConnectionBytes;
  private final long maxBytes;
  private final AtomicLong held = new AtomicLong();

  public Intake(long maxPerConnectionBytes, long maxBytes) {
    this.maxPerConnectionBytes = maxPerConnectionBytes;
    this.maxBytes = maxBytes;
  }

  /**
   * Bounds for this heap: an eighth of it for all connections together, since requests pass and
   * data stays.
   */
  public static Intake forHeap(long maxHeapBytes) {
    return new Intake(DEFAULT_MAX_PER_CONNECTION_BYTES, Math.max(64L << 20, maxHeapBytes / 8));
  }

  /** What is held now. */
  public long heldBytes() {
    return held.get();
  }

  long maxPerConnectionBytes() {
    return maxPerConnectionBytes;
  }

  /** Whether the node holds more than it should. */
  public boolean isFull() {
    return held.get() > maxBytes;
  }

  void add(long delta) {
    held.addAndGet(delta);
  }
}
