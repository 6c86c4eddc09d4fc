package io.flotilla.statemachine.datatypes;

import org.jspecify.annotations.Nullable;

/**
 * The id of a stream's entry: Unix milliseconds and a number within the millisecond, both unsigned,
 * compared in this order.
 *
 * @param ms the milliseconds, unsigned
 * @param seq the number within the millisecond, unsigned
 */
public record StreamId(long ms, long seq) implements Comparable<StreamId> {
  /** Below it is no id; no entry has it. */
  public static final StreamId MIN = new StreamId(0, 0);

  /** Above it is no id. */
  public static final StreamId MAX = new StreamId(-1, -1);

  @Override
  public int compareTo(StreamId other) {
    return compare(ms, seq, other.ms, other.seq);
  }

  static int compare(long ms, long seq, long otherMs, long otherSeq) {
    int order = Long.compareUnsigned(ms, otherMs);
    return order != 0 ? order : Long.compareUnsigned(seq, otherSeq);
  }

  /** Whether this id is behind the other. */
  public boolean isAfter(StreamId other) {
    return compareTo(other) > 0;
  }

  /** Whether it is 0-0, which stands for no id. */
  public boolean isZero() {
    return ms == 0 && seq == 0;
  }

  /** The id that follows at once; null behind the last. */
  public @Nullable StreamId next() {
    return seq != -1 ? new StreamId(ms, seq + 1) : ms != -1 ? new StreamId(ms + 1, 0) : null;
  }

  /** The id just before; null before the first. */
  public @Nullable StreamId previous() {
    return seq != 0 ? new StreamId(ms, seq - 1) : ms != 0 ? new StreamId(ms - 1, -1) : null;
  }

  /** The id as clients write it: {@code 1526919030474-55}. */
  @Override
  public String toString() {
    return Long.toUnsignedString(ms) + "-" + Long.toUnsignedString(seq);
  }
}
