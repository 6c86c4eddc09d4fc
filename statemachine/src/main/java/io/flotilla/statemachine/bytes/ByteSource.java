package io.flotilla.statemachine.bytes;

import java.nio.ByteBuffer;

/**
 * Bytes being read, as {@link ByteSink} wrote them. Whatever does not fit is a {@link
 * CorruptException}, never a guess.
 */
public final class ByteSource {
  private final ByteBuffer buffer;

  /** Reads from the buffer's position to its limit; the buffer's own position does not move. */
  public ByteSource(ByteBuffer buffer) {
    this.buffer = buffer.duplicate();
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

  /** The number of bytes left. */
  public int remaining() {
    return buffer.remaining();
  }

  /** One byte, 0 to 255. */
  public int u8() {
    need(1);
    return buffer.get() & 0xff;
  }

  /** Four bytes, big-endian. */
  public int u32() {
    need(4);
    return buffer.getInt();
  }

  /** Eight bytes, big-endian. */
  public long u64() {
    need(8);
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
   * promise more than is left.
   */
  public int count(int leastBytesEach) {
    long value = varint();
    if (value < 0 || value * leastBytesEach > remaining() || value > Integer.MAX_VALUE) {
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
    byte[] block = new byte[count(1)];
    buffer.get(block);
    return block;
  }

  /** This many bytes. */
  public byte[] raw(int length) {
    need(length);
    byte[] raw = new byte[length];
    buffer.get(raw);
    return raw;
  }

  /** Makes sure that nothing is left. */
  public void end() {
    if (buffer.hasRemaining()) {
      throw new CorruptException(buffer.remaining() + " bytes too many");
    }
  }

  private void need(int bytes) {
    if (bytes > buffer.remaining()) {
      throw new CorruptException(bytes + " bytes wanted, " + buffer.remaining() + " left");
    }
  }
}
