package io.flotilla.statemachine.rdb;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.datatypes.StringValue;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;

/**
 * RDB's notation of numbers and strings, read from a stream; the checksum goes along.
 *
 * <pre>
 *   00nnnnnn                     a length up to 63
 *   01nnnnnn nnnnnnnn            up to 16383
 *   10000000 four bytes          big-endian
 *   10000001 eight bytes         big-endian
 *   11000000, …01, …10           not a length: a string that is an integer of 1, 2, 4 bytes
 *   11000011 length, length      a string that LZF has compressed: its size, its size before
 * </pre>
 *
 * <p>What does not fit is a {@link CorruptException}; never is more memory taken than bytes came,
 * but for compressed strings, whose sum is bounded.
 */
final class RdbSource {
  /** Strings grow no longer in any other way, and neither do all of one payload together. */
  private static final int MAX_BYTES = StringValue.MAX_LENGTH;

  private static final int STEP_BYTES = 1 << 20;

  private final InputStream in;
  private long position;
  private long crc;
  private long expanded;

  RdbSource(InputStream in) {
    this(in, 0, 0);
  }

  /** Reads on from a place of which position and checksum are known. */
  RdbSource(InputStream in, long position, long crc) {
    this.in = in;
    this.position = position;
    this.crc = crc;
  }

  RdbSource(byte[] bytes, int from, int length) {
    this(new ByteArrayInputStream(bytes, from, length));
  }

  /** The number of bytes before what is read next. */
  long position() {
    return position;
  }

  /** Whether nothing more comes; takes a byte if there is one. */
  boolean isAtEnd() {
    try {
      return in.read() < 0;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** The checksum of what was read. */
  long crc() {
    return crc;
  }

  /** The bytes that compressed strings have gained so far. */
  long expanded() {
    return expanded;
  }

  /** A new value begins, whose strings may gain as much as any other's. */
  void begin() {
    expanded = 0;
  }

  int u8() {
    try {
      int next = in.read();
      if (next < 0) {
        throw new CorruptException("it ends too early");
      }
      crc = Crc64.update(crc, next);
      position++;
      return next;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  byte[] raw(long length) {
    if (length < 0 || length > MAX_BYTES) {
      throw new CorruptException("a string of " + length + " bytes");
    }
    try {
      byte[] bytes = new byte[(int) Math.min(length, STEP_BYTES)];
      int size = 0;
      while (size < length) {
        if (size == bytes.length) {
          bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * size));
        }
        int read = in.readNBytes(bytes, size, bytes.length - size);
        if (size + read < bytes.length) {
          throw new CorruptException("a string ends too early");
        }
        size += read;
      }
      position += size;
      crc = Crc64.update(crc, bytes, 0, bytes.length);
      return bytes;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** So many bytes as a number, the lowest first. */
  long littleEndian(int bytes) {
    long value = 0;
    for (int shift = 0; shift < bytes * Byte.SIZE; shift += Byte.SIZE) {
      value |= (long) u8() << shift;
    }
    return value;
  }

  private long bigEndian(int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value = (value << Byte.SIZE) | u8();
    }
    return value;
  }

  /** A length, or another number in its notation. */
  long length() {
    int head = u8();
    if (head >= 0xc0) {
      throw new CorruptException("a string where a length belongs");
    }
    return length(head);
  }

  private long length(int head) {
    if (head < 0x40) {
      return head;
    }
    if (head < 0x80) {
      return ((head & 0x3fL) << 8) | u8();
    }
    return switch (head) {
      case 0x80 -> bigEndian(4);
      case 0x81 -> bigEndian(8);
      default -> throw new CorruptException("no length begins with " + head);
    };
  }

  /** A number of things, which need not be true. */
  long count() {
    long count = length();
    if (count < 0) {
      throw new CorruptException("a count of over 2^63");
    }
    return count;
  }

  /** A string, in whatever form. */
  byte[] string() {
    int head = u8();
    return switch (head) {
      case 0xc0 -> Integers.format((byte) littleEndian(1));
      case 0xc1 -> Integers.format((short) littleEndian(2));
      case 0xc2 -> Integers.format(littleEndian(4) << 32 >> 32);
      case 0xc3 -> compressed();
      default -> {
        if (head > 0xc3) {
          throw new CorruptException("no string begins with " + head);
        }
        yield raw(length(head));
      }
    };
  }

  private byte[] compressed() {
    long size = length();
    long before = length();
    if (before < 0 || before > MAX_BYTES) {
      throw new CorruptException("a compressed string of " + before + " bytes");
    }
    expanded += before;
    if (expanded > MAX_BYTES) {
      throw new CorruptException("compressed strings of " + expanded + " bytes");
    }
    return Lzf.expand(raw(size), (int) before);
  }

  /** A score as eight bytes. */
  double score() {
    return Double.longBitsToDouble(littleEndian(Long.BYTES));
  }

  /** A score as text, as until Redis 4. */
  String scoreAsText() {
    int length = u8();
    return switch (length) {
      case 253 -> "nan";
      case 254 -> "inf";
      case 255 -> "-inf";
      default -> Ascii.text(raw(length));
    };
  }
}
