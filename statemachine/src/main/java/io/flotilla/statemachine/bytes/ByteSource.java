package io.flotilla.statemachine.bytes;

import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Bytes being read, as {@link ByteSink} wrote them. Whatever does not fit is a {@link
 * CorruptException}, never a guess.
 *
 * <p>They may come in pieces, cut anywhere; then the next piece is asked for when one is used up,
 * and {@link #remaining} tells of the piece at hand.
 */
public final class ByteSource {
  private ByteBuffer buffer;
  private final @Nullable Supplier<byte[]> more;

  /** Reads from the buffer's position to its limit; the buffer's own position does not move. */
  public ByteSource(ByteBuffer buffer) {
    this.buffer = buffer.duplicate();
    this.more = null;
  }

  /** Reads pieces, this one first; the supplier throws where there are no more. */
  public ByteSource(byte[] first, Supplier<byte[]> more) {
    this.buffer = ByteBuffer.wrap(first);
    this.more = more;
  }

  /** Reads these bytes. */
  public ByteSource(byte[] bytes) {
    this(ByteBuffer.wrap(bytes));
  }

  /** What was read is not what was written. */
  public static final class CorruptException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Says what is wrong. */
    public CorruptException(String what) {
      super(what);
    }
  }

  /** The number of bytes left, in this piece where there are several. */
  public int remaining() {
    return buffer.remaining();
  }

  /** One byte, 0 to 255. */
  public int u8() {
    if (!buffer.hasRemaining()) {
      refill();
    }
    return buffer.get() & 0xff;
  }

  /** Four bytes, big-endian. */
  public int u32() {
    if (buffer.remaining() < Integer.BYTES) {
      return ByteBuffer.wrap(raw(Integer.BYTES)).getInt();
    }
    return buffer.getInt();
  }

  /** Eight bytes, big-endian. */
  public long u64() {
    if (buffer.remaining() < Long.BYTES) {
      return ByteBuffer.wrap(raw(Long.BYTES)).getLong();
    }
    return buffer.getLong();
  }

  /** An unsigned number. */
  public long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int next = u8();
      value |= (next & 0x7fL) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw new CorruptException("a number of more than ten bytes");
  }

  /**
   * An unsigned number that counts something of at least this many bytes each, so that it cannot
   * promise more than is left. What comes in pieces may promise as much as an array holds: the
   * pieces vouch for themselves.
   */
  public int count(int leastBytesEach) {
    long value = varint();
    if (value < 0
        || value > Integer.MAX_VALUE - 8
        || (more == null && value * leastBytesEach > remaining())) {
      throw new CorruptException("a count of " + value + " with " + remaining() + " bytes left");
    }
    return (int) value;
  }

  /** A signed number. */
  public long signed() {
    long value = varint();
    return (value >>> 1) ^ -(value & 1);
  }

  /** Bytes behind their length. */
  public byte[] block() {
    return raw(count(1));
  }

  /** This many bytes. */
  public byte[] raw(int length) {
    if (more == null && length > buffer.remaining()) {
      throw new CorruptException(length + " bytes wanted, " + buffer.remaining() + " left");
    }
    byte[] raw = new byte[length];
    int at = Math.min(length, buffer.remaining());
    buffer.get(raw, 0, at);
    while (at < length) {
      refill();
      int taken = Math.min(length - at, buffer.remaining());
      buffer.get(raw, at, taken);
      at += taken;
    }
    return raw;
  }

  /** Makes sure that nothing is left. */
  public void end() {
    if (buffer.hasRemaining()) {
      throw new CorruptException(buffer.remaining() + " bytes too many");
    }
  }

  /** The next piece that is not empty. */
  private void refill() {
    if (more == null) {
      throw new CorruptException("more bytes wanted, none left");
    }
    do {
      buffer = ByteBuffer.wrap(more.get());
    } while (!buffer.hasRemaining());
  }
}
