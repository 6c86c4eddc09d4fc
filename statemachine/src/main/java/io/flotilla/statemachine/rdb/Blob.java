package io.flotilla.statemachine.rdb;

import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.Integers;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The packed forms in which Redis keeps small values, as they stand in an RDB: one string that
 * holds all elements. Each reader checks every byte of the frame before it believes in the next.
 *
 * <pre>
 *   listpack  total:u32 count:u16 entry* 0xff        entry: element, its length to be read backwards
 *   ziplist   total:u32 last:u32 count:u16 entry* 0xff    entry: length of the one before, element
 *   zipmap    count:u8 (length field length free:u8 value free × any)* 0xff
 *   intset    bytes:u32 count:u32 integer*           ascending
 * </pre>
 *
 * <p>All numbers are little-endian but the lengths within ziplists. Sources: the specifications of
 * listpack and ziplist by S. Sanfilippo, and Redis.
 */
final class Blob {
  private static final int LISTPACK_HEADER = 6;
  private static final int ZIPLIST_HEADER = 10;
  private static final int INTSET_HEADER = 8;
  private static final int END = 0xff;

  /** A count that says: too many, go and see. */
  private static final int UNCOUNTED = 0xffff;

  /** Zipmaps say so with this one. */
  private static final int ZIPMAP_BIG = 254;

  private final byte[] bytes;
  private int at;

  private Blob(byte[] bytes, int at) {
    this.bytes = bytes;
    this.at = at;
  }

  private static void check(boolean fits, String what) {
    if (!fits) {
      throw new CorruptException(what);
    }
  }

  private void need(int more) {
    check(more >= 0 && more <= bytes.length - at, "an element ends behind its list");
  }

  private int u8() {
    need(1);
    return bytes[at++] & 0xff;
  }

  private long number(int count) {
    need(count);
    long value = 0;
    for (int i = count - 1; i >= 0; i--) {
      value = (value << Byte.SIZE) | (bytes[at + i] & 0xff);
    }
    at += count;
    return value;
  }

  /** A signed number of so many bytes. */
  private byte[] integer(int count) {
    int unused = Long.SIZE - count * Byte.SIZE;
    return Integers.format(number(count) << unused >> unused);
  }

  private byte[] string(long length) {
    check(length <= Integer.MAX_VALUE, "an element ends behind its list");
    need((int) length);
    at += (int) length;
    return Arrays.copyOfRange(bytes, at - (int) length, at);
  }

  // ---------------------------------------------------------------- listpack

  /** Shows the elements of a listpack; how many they were. */
  static long listpack(byte[] bytes, Consumer<byte[]> elements) {
    check(bytes.length > LISTPACK_HEADER, "a listpack without a header");
    Blob blob = new Blob(bytes, 0);
    check(blob.number(4) == bytes.length, "a listpack of another length");
    long count = blob.number(2);
    check((bytes[bytes.length - 1] & 0xff) == END, "a listpack without an end");
    long seen = 0;
    while (blob.at < bytes.length - 1) {
      int from = blob.at;
      elements.accept(blob.listpackElement());
      int length = blob.at - from;
      int back = backBytes(length);
      blob.need(back + 1);
      for (int i = back - 1, left = length; i >= 0; i--, left >>>= 7) {
        int wanted = (left & 0x7f) | (i > 0 ? 0x80 : 0);
        check((bytes[blob.at + i] & 0xff) == wanted, "an element of another length");
      }
      blob.at += back;
      seen++;
    }
    check(count == UNCOUNTED || count == seen, "a listpack of another number of elements");
    return seen;
  }

  private byte[] listpackElement() {
    int tag = u8();
    if (tag < 0x80) {
      return Integers.format(tag);
    }
    if (tag < 0xc0) {
      return string(tag & 0x3f);
    }
    if (tag < 0xe0) {
      int value = ((tag & 0x1f) << 8) | u8();
      return Integers.format(value << 19 >> 19);
    }
    if (tag < 0xf0) {
      return string(((tag & 0x0f) << 8) | u8());
    }
    return switch (tag) {
      case 0xf0 -> string(number(4));
      case 0xf1 -> integer(2);
      case 0xf2 -> integer(3);
      case 0xf3 -> integer(4);
      case 0xf4 -> integer(8);
      default -> throw new CorruptException("no element begins with " + tag);
    };
  }

  /** How many bytes tell the length of an element backwards. Redis begins a byte a little early. */
  static int backBytes(int length) {
    if (length <= 127) {
      return 1;
    }
    return length < 16_383 ? 2 : length < 2_097_151 ? 3 : length < 268_435_455 ? 4 : 5;
  }

  // ---------------------------------------------------------------- ziplist

  /** Shows the elements of a ziplist; how many they were. */
  static long ziplist(byte[] bytes, Consumer<byte[]> elements) {
    check(bytes.length > ZIPLIST_HEADER, "a ziplist without a header");
    Blob blob = new Blob(bytes, 0);
    check(blob.number(4) == bytes.length, "a ziplist of another length");
    final long last = blob.number(4);
    final long count = blob.number(2);
    check((bytes[bytes.length - 1] & 0xff) == END, "a ziplist without an end");
    long seen = 0;
    int before = 0;
    int from = blob.at;
    while (blob.at < bytes.length - 1) {
      before = blob.at - from;
      from = blob.at;
      int first = blob.u8();
      check(first != END, "a ziplist ends before its end");
      long saysBefore = first < 254 ? first : blob.number(4);
      check(saysBefore == (seen == 0 ? 0 : before), "the element before had another length");
      elements.accept(blob.ziplistElement());
      seen++;
    }
    check(blob.at == bytes.length - 1, "a ziplist ends within an element");
    check(last == from, "a ziplist's last element is another");
    check(count == UNCOUNTED || count == seen, "a ziplist of another number of elements");
    return seen;
  }

  private byte[] ziplistElement() {
    int tag = u8();
    if (tag < 0x40) {
      return string(tag);
    }
    if (tag < 0x80) {
      return string(((tag & 0x3f) << 8) | u8());
    }
    return switch (tag) {
      case 0x80 -> {
        need(4);
        long length = Integer.toUnsignedLong(Integer.reverseBytes((int) number(4)));
        yield string(length);
      }
      case 0xc0 -> integer(2);
      case 0xd0 -> integer(4);
      case 0xe0 -> integer(8);
      case 0xf0 -> integer(3);
      case 0xfe -> integer(1);
      default -> {
        check(tag > 0xf0 && tag < 0xfe, "an element of no kind");
        yield Integers.format((tag & 0x0f) - 1);
      }
    };
  }

  // ---------------------------------------------------------------- zipmap, intset

  /** Shows the fields and values of a zipmap in turn; how many they were together. */
  static long zipmap(byte[] bytes, Consumer<byte[]> elements) {
    Blob blob = new Blob(bytes, 0);
    int count = blob.u8();
    long seen = 0;
    while (true) {
      int head = blob.u8();
      if (head == END) {
        break;
      }
      elements.accept(blob.string(blob.zipmapLength(head)));
      long length = blob.zipmapLength(blob.u8());
      int free = blob.u8();
      elements.accept(blob.string(length));
      blob.need(free);
      blob.at += free;
      seen += 2;
    }
    check(blob.at == bytes.length, "a zipmap ends before its end");
    check(count >= ZIPMAP_BIG || 2L * count == seen, "a zipmap of another number of fields");
    return seen;
  }

  private long zipmapLength(int head) {
    check(head != END, "a zipmap ends within a pair");
    return head < ZIPMAP_BIG ? head : number(4);
  }

  /** Shows the integers of an intset; how many they were. */
  static long intset(byte[] bytes, Consumer<byte[]> elements) {
    check(bytes.length >= INTSET_HEADER, "an intset without a header");
    Blob blob = new Blob(bytes, 0);
    long width = blob.number(4);
    long count = blob.number(4);
    check(width == 2 || width == 4 || width == 8, "an intset of integers of " + width + " bytes");
    check(count * width == bytes.length - INTSET_HEADER, "an intset of another length");
    long before = Long.MIN_VALUE;
    int unused = Long.SIZE - (int) width * Byte.SIZE;
    for (long i = 0; i < count; i++) {
      long value = blob.number((int) width) << unused >> unused;
      check(i == 0 || value > before, "an intset does not ascend");
      elements.accept(Integers.format(value));
      before = value;
    }
    return count;
  }
}
