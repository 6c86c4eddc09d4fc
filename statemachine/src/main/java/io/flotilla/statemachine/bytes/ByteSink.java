package io.flotilla.statemachine.bytes;

import java.util.Arrays;

/**
 * Bytes being written: grows as needed, with the few notations that log entries and snapshots are
 * made of.
 */
public final class ByteSink {
  private byte[] bytes;
  private int size;

  /** An empty sink with this much room. */
  public ByteSink(int capacity) {
    bytes = new byte[capacity];
  }

  /** The number of bytes written. */
  public int size() {
    return size;
  }

  /** The backing array, valid from 0 to {@link #size}. */
  public byte[] array() {
    return bytes;
  }

  /** A copy of what was written. */
  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** Forgets what was written, keeping the room. */
  public void clear() {
    size = 0;
  }

  /** One byte. */
  public ByteSink u8(int value) {
    room(1);
    bytes[size++] = (byte) value;
    return this;
  }

  /** Four bytes, big-endian. */
  public ByteSink u32(int value) {
    room(4);
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes[size++] = (byte) (value >>> shift);
    }
    return this;
  }

  /** Eight bytes, big-endian. */
  public ByteSink u64(long value) {
    room(8);
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes[size++] = (byte) (value >>> shift);
    }
    return this;
  }

  /** An unsigned number in one to ten bytes, seven bits a byte, low bits first. */
  public ByteSink varint(long value) {
    room(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
    return this;
  }

  /** A signed number as a varint, small magnitudes short. */
  public ByteSink signed(long value) {
    return varint((value << 1) ^ (value >> 63));
  }

  /** Bytes behind their length as a varint. */
  public ByteSink block(byte[] block) {
    return block(block, 0, block.length);
  }

  /** Part of an array behind its length as a varint. */
  public ByteSink block(byte[] block, int from, int length) {
    varint(length);
    return raw(block, from, length);
  }

  /** Part of an array as it is. */
  public ByteSink raw(byte[] raw, int from, int length) {
    room(length);
    System.arraycopy(raw, from, bytes, size, length);
    size += length;
    return this;
  }

  private void room(int more) {
    if (size + more < 0) {
      throw new IllegalStateException(
          "a block of " + size + " + " + more + " bytes does not fit an array");
    }
    if (size + more > bytes.length) {
      bytes =
          Arrays.copyOf(
              bytes,
              (int) Math.min(Integer.MAX_VALUE - 8, Math.max(size + more, bytes.length * 2L)));
    }
  }
}
