package io.flotilla.node.resp;

import java.util.ArrayDeque;

/**
 * An event loop's arrays of {@link ReplyEncoder#BUFFER_BYTES}: lent to a connection between its
 * first reply and its flush.
 *
 * <p>One thread. At most a few are out at a time, since a connection flushes before another one
 * gets the thread; a few are kept.
 */
final class BufferPool {
  /** The array of a borrower that has borrowed nothing. */
  static final byte[] NONE = new byte[0];

  /** More are never in use at once on one loop, but for pushes between connections. */
  private static final int KEPT = 8;

  private final ArrayDeque<byte[]> free = new ArrayDeque<>(KEPT);

  byte[] take() {
    byte[] array = free.pollLast();
    return array == null ? new byte[ReplyEncoder.BUFFER_BYTES] : array;
  }

  void put(byte[] array) {
    if (free.size() < KEPT) {
      free.addLast(array);
    }
  }
}
