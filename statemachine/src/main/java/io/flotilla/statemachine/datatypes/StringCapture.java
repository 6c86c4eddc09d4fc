package io.flotilla.statemachine.datatypes;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A string as it was, shown piece by piece while it changes in place.
 *
 * <pre>
 *   array   [ shown | shown | 2     | 3     | 4     | 5 … ]      shared with the string
 *   saved   [                       | 3 as it was   |     ]      copied before SETRANGE, SETBIT
 * </pre>
 *
 * <p>The array is shared; before bytes of it are overwritten the string says so ({@link
 * #beforeOverwriting}), and the pieces concerned that have not been shown are copied first. What
 * APPEND adds lies behind the captured length and concerns nobody. A string that outgrows its array
 * leaves the old one to its captures. So 512 MB are captured in no time, and the extra memory is
 * what is overwritten meanwhile, in whole pieces.
 */
final class StringCapture implements Chunks {
  /** Small enough to be copied within some µs before a SETBIT. */
  static final int PIECE_BYTES = 32 * 1024;

  private byte[] array;
  private final int length;
  private byte @Nullable [] @Nullable [] saved;
  private int shown;
  private @Nullable StringCapture next;

  StringCapture(byte[] array, int length, @Nullable StringCapture next) {
    this.array = array;
    this.length = length;
    this.next = next;
  }

  /** The capture that was made before this one, of the same string. */
  @Nullable StringCapture next() {
    return next;
  }

  /** This capture and those before it, without those that need nothing any more. */
  @Nullable StringCapture thoseOpen() {
    StringCapture open = next == null ? null : next.thoseOpen();
    next = open;
    return shown < count() ? this : open;
  }

  /** Saves what is not shown yet of the bytes from {@code from} to {@code to}, exclusive. */
  void beforeOverwriting(int from, int to) {
    int end = Math.min(to, length);
    for (int piece = Math.max(from / PIECE_BYTES, shown);
        piece * (long) PIECE_BYTES < end;
        piece++) {
      if (saved == null) {
        saved = new byte[count()][];
      }
      if (saved[piece] == null) {
        int start = piece * PIECE_BYTES;
        saved[piece] = Arrays.copyOfRange(array, start, start + lengthOf(piece));
      }
    }
  }

  private int lengthOf(int piece) {
    return Math.min(PIECE_BYTES, length - piece * PIECE_BYTES);
  }

  @Override
  public int count() {
    return (int) ((length + PIECE_BYTES - 1L) / PIECE_BYTES);
  }

  @Override
  public void show(int chunk, ElementVisitor visitor) {
    byte[] copy = saved == null ? null : saved[chunk];
    if (copy != null) {
      visitor.piece(copy, 0, copy.length);
    } else {
      visitor.piece(array, chunk * PIECE_BYTES, lengthOf(chunk));
    }
    shown = chunk + 1;
    if (saved != null) {
      saved[chunk] = null;
    }
  }

  @Override
  public void close() {
    shown = count();
    saved = null;
    array = new byte[0];
  }
}
