package io.flotilla.statemachine.datatypes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A byte string seen as bits.
 *
 * <pre>
 *   bit     0 1 2 3 4 5 6 7   8 9 …
 *   byte   [     0         ] [    1        ] …      the highest bit of a byte comes first
 * </pre>
 *
 * <p>Behind the end all bits are 0. Integers of 1 to 64 bits stand at any bit, their highest bit
 * first. Counting and searching go eight bytes at a time.
 */
public final class Bits {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Bits() {}

  /** The bit at this place: 0 or 1. */
  public static int get(byte[] array, int length, long bit) {
    long at = bit >>> 3;
    return at < length ? (array[(int) at] >>> (7 - (bit & 7))) & 1 : 0;
  }

  /** How many bits from {@code from} to {@code to}, exclusive, are 1; both within the array. */
  public static long count(byte[] array, long from, long to) {
    long count = 0;
    long at = from;
    while (at < to && (at & 7) != 0) {
      count += get(array, array.length, at++);
    }
    for (; to - at >= Long.SIZE; at += Long.SIZE) {
      count += Long.bitCount((long) LONG.get(array, (int) (at >>> 3)));
    }
    while (at < to) {
      count += get(array, array.length, at++);
    }
    return count;
  }

  /** The first place from {@code from} to {@code to}, exclusive, of a bit that is this; or −1. */
  public static long find(byte[] array, int bit, long from, long to) {
    long skipped = bit == 1 ? 0 : -1;
    long at = from;
    while (at < to) {
      if ((at & 7) == 0
          && to - at >= Long.SIZE
          && (long) LONG.get(array, (int) (at >>> 3)) == skipped) {
        at += Long.SIZE;
      } else if (get(array, array.length, at) == bit) {
        return at;
      } else {
        at++;
      }
    }
    return -1;
  }

  /** The unsigned integer of so many bits, 1 to 64, from this bit on. */
  public static long unsigned(byte[] array, int length, long bit, int bits) {
    long value = 0;
    for (int i = 0; i < bits; i++) {
      value = value << 1 | get(array, length, bit + i);
    }
    return value;
  }

  /** The two's complement integer of so many bits, 1 to 64, from this bit on. */
  public static long signed(byte[] array, int length, long bit, int bits) {
    int free = Long.SIZE - bits;
    return unsigned(array, length, bit, bits) << free >> free;
  }

  /** Writes the low bits of a value from this bit on; the string grows with zeros if it must. */
  public static void write(StringValue string, long bit, int bits, long value) {
    int first = (int) (bit >>> 3);
    int last = (int) ((bit + bits - 1) >>> 3);
    for (int at = first; at <= last; at++) {
      int old = at < string.length() ? string.at(at) : 0;
      int changed = old;
      for (int i = 0; i < Byte.SIZE; i++) {
        long within = at * 8L + i - bit;
        if (within >= 0 && within < bits) {
          int one = 1 << (7 - i);
          changed = ((value >>> (bits - 1 - within)) & 1) == 1 ? changed | one : changed & ~one;
        }
      }
      string.set(at, (byte) changed);
    }
  }
}
