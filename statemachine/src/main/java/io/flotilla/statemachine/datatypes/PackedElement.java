package io.flotilla.statemachine.datatypes;

import io.flotilla.statemachine.bytes.Integers;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The packed form of one element: its bytes behind a tag that tells length and kind, so that
 * elements can stand side by side in one array without a pointer or a header each.
 *
 * <pre>
 *   0vvvvvvv                        integer 0 to 127
 *   10nnnnnn  bytes                 string of 0 to 63 bytes
 *   110vvvvv vvvvvvvv               integer of 13 bits, signed
 *   1110nnnn nnnnnnnn  bytes        string of up to 4095 bytes
 *   11110000 length(4)  bytes       longer string
 *   11110001 … 11110100             integer of 2, 3, 4 or 8 bytes, signed
 *   11110101 bits(8)                a score that is no integer (not in Redis's form)
 * </pre>
 *
 * <p>It is the element form of Redis's listpack (its public specification; numbers of several bytes
 * are little-endian), so that compact values cost what they cost there. An element that is an
 * integer in strict notation is always kept as one, in the shortest form: equal elements have equal
 * packed forms, and as the tag tells where a form ends, comparing packed bytes compares elements.
 */
public final class PackedElement {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int TINY_STRING = 63;
  private static final int SHORT_STRING = 4095;
  private static final int LONG_STRING_TAG = 0xf0;
  private static final int INT16_TAG = 0xf1;
  private static final int INT24_TAG = 0xf2;
  private static final int INT32_TAG = 0xf3;
  private static final int INT64_TAG = 0xf4;

  /** Our own: a score that is no integer of 53 bits, as the 8 bytes of a double. */
  private static final int DOUBLE_TAG = 0xf5;

  /** Up to here every integer is a double. */
  private static final double EXACT_INTEGERS = 0x1p53;

  private PackedElement() {}

  /** The packed form of these bytes, in a new array. */
  public static byte[] of(byte[] bytes) {
    if (Integers.isStrict(bytes)) {
      return ofInteger(Integers.parseStrict(bytes));
    }
    int length = bytes.length;
    byte[] packed;
    int head;
    if (length <= TINY_STRING) {
      head = 1;
      packed = new byte[head + length];
      packed[0] = (byte) (0x80 | length);
    } else if (length <= SHORT_STRING) {
      head = 2;
      packed = new byte[head + length];
      packed[0] = (byte) (0xe0 | length >>> 8);
      packed[1] = (byte) length;
    } else {
      head = 5;
      packed = new byte[head + length];
      packed[0] = (byte) LONG_STRING_TAG;
      INT.set(packed, 1, length);
    }
    System.arraycopy(bytes, 0, packed, head, length);
    return packed;
  }

  private static byte[] ofInteger(long value) {
    if (value >= 0 && value <= 127) {
      return new byte[] {(byte) value};
    }
    if (value >= -4096 && value <= 4095) {
      return new byte[] {(byte) (0xc0 | (value >>> 8 & 0x1f)), (byte) value};
    }
    if (value == (short) value) {
      return tagged(INT16_TAG, value, 2);
    }
    if (value == value << 40 >> 40) {
      return tagged(INT24_TAG, value, 3);
    }
    if (value == (int) value) {
      return tagged(INT32_TAG, value, 4);
    }
    return tagged(INT64_TAG, value, 8);
  }

  /** The packed form of a score: shorter where it is an integer. */
  static byte[] ofScore(double score) {
    if (score == Math.rint(score)
        && Math.abs(score) <= EXACT_INTEGERS
        && Double.doubleToRawLongBits(score) != Double.doubleToRawLongBits(-0.0)) {
      return ofInteger((long) score);
    }
    byte[] packed = new byte[9];
    packed[0] = (byte) DOUBLE_TAG;
    LONG.set(packed, 1, Double.doubleToRawLongBits(score));
    return packed;
  }

  /** The score whose packed form begins here. */
  static double score(byte[] array, int at) {
    int tag = array[at] & 0xff;
    if (tag == DOUBLE_TAG) {
      return Double.longBitsToDouble((long) LONG.get(array, at + 1));
    }
    return tag < 0x80 ? tag : integer(array, at, tag);
  }

  /** How the element that begins here compares with these bytes, as byte strings. */
  static int compare(byte[] array, int at, byte[] other) {
    int tag = array[at] & 0xff;
    if (tag >= 0x80 && tag < 0xc0) {
      return Arrays.compareUnsigned(array, at + 1, at + 1 + (tag & 0x3f), other, 0, other.length);
    }
    return Arrays.compareUnsigned(bytes(array, at), other);
  }

  private static byte[] tagged(int tag, long value, int bytes) {
    byte[] packed = new byte[1 + bytes];
    packed[0] = (byte) tag;
    for (int i = 0; i < bytes; i++) {
      packed[1 + i] = (byte) (value >>> (8 * i));
    }
    return packed;
  }

  /** The length of the packed form that begins here, tag included. */
  static int length(byte[] array, int at) {
    int tag = array[at] & 0xff;
    if (tag < 0x80) {
      return 1;
    }
    if (tag < 0xc0) {
      return 1 + (tag & 0x3f);
    }
    if (tag < 0xe0) {
      return 2;
    }
    if (tag < LONG_STRING_TAG) {
      return 2 + shortStringLength(array, at, tag);
    }
    return switch (tag) {
      case LONG_STRING_TAG -> 5 + (int) INT.get(array, at + 1);
      case INT16_TAG -> 3;
      case INT24_TAG -> 4;
      case INT32_TAG -> 5;
      case INT64_TAG, DOUBLE_TAG -> 9;
      default -> throw new AssertionError("no element begins with the tag " + tag);
    };
  }

  /** The element that begins here, in a new array. */
  static byte[] bytes(byte[] array, int at) {
    int tag = array[at] & 0xff;
    if (tag < 0x80) {
      return Integers.format(tag);
    }
    if (tag < 0xc0) {
      return Arrays.copyOfRange(array, at + 1, at + 1 + (tag & 0x3f));
    }
    if (tag < 0xe0 || tag > LONG_STRING_TAG) {
      return Integers.format(integer(array, at, tag));
    }
    if (tag == LONG_STRING_TAG) {
      return Arrays.copyOfRange(array, at + 5, at + 5 + (int) INT.get(array, at + 1));
    }
    return Arrays.copyOfRange(array, at + 2, at + 2 + shortStringLength(array, at, tag));
  }

  /** Shows the element that begins here: where it stands, unless it is an integer. */
  static void show(byte[] array, int at, ElementVisitor visitor) {
    int tag = array[at] & 0xff;
    if (tag >= 0x80 && tag < 0xc0) {
      visitor.element(array, at + 1, tag & 0x3f);
    } else if (tag >= 0xe0 && tag < LONG_STRING_TAG) {
      visitor.element(array, at + 2, shortStringLength(array, at, tag));
    } else if (tag == LONG_STRING_TAG) {
      visitor.element(array, at + 5, (int) INT.get(array, at + 1));
    } else {
      byte[] digits = bytes(array, at);
      visitor.element(digits, 0, digits.length);
    }
  }

  /** The number of bytes of the element that begins here, unpacked. */
  static int unpackedLength(byte[] array, int at) {
    int tag = array[at] & 0xff;
    if (tag >= 0x80 && tag < 0xc0) {
      return tag & 0x3f;
    }
    if (tag == LONG_STRING_TAG) {
      return (int) INT.get(array, at + 1);
    }
    if (tag >= 0xe0 && tag < LONG_STRING_TAG) {
      return shortStringLength(array, at, tag);
    }
    return bytes(array, at).length;
  }

  /** Whether the element that begins here has this packed form. */
  static boolean is(byte[] array, int at, byte[] packed) {
    return array[at] == packed[0]
        && packed.length <= array.length - at
        && Arrays.equals(array, at, at + packed.length, packed, 0, packed.length);
  }

  /**
   * Whether bytes stand here as an integer: what {@code OBJECT ENCODING} of a set of integers asks.
   */
  static boolean isInteger(byte[] array, int at) {
    int tag = array[at] & 0xff;
    return tag < 0x80 || (tag >= 0xc0 && tag < 0xe0) || tag > LONG_STRING_TAG;
  }

  private static long integer(byte[] array, int at, int tag) {
    return switch (tag) {
      case INT16_TAG -> (short) ((array[at + 1] & 0xff) | array[at + 2] << 8);
      case INT24_TAG -> (array[at + 1] & 0xff) | (array[at + 2] & 0xff) << 8 | array[at + 3] << 16;
      case INT32_TAG -> (int) INT.get(array, at + 1);
      case INT64_TAG -> (long) LONG.get(array, at + 1);
      default -> ((tag & 0x1f) << 8 | (array[at + 1] & 0xff)) << 19 >> 19;
    };
  }

  private static int shortStringLength(byte[] array, int at, int tag) {
    return (tag & 0x0f) << 8 | (array[at + 1] & 0xff);
  }
}
