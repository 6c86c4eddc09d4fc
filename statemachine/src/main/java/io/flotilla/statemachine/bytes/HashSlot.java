package io.flotilla.statemachine.bytes;

/**
 * The hash slot of a key: CRC16/XMODEM of the key, or of its hash tag, modulo 16384.
 *
 * <p>A hash tag is what stands between the first {@code '{'} and the first {@code '}'} behind it,
 * if that is not empty. Source: the Redis Cluster specification, "Hash tags".
 */
public final class HashSlot {
  /** The number of slots, fixed by the protocol. */
  public static final int COUNT = 16384;

  private static final char[] TABLE = table();

  /** What a byte does to the CRC of what it stands one, two or three bytes before the end of. */
  private static final char[] TABLE_1 = oneFurther(TABLE);

  private static final char[] TABLE_2 = oneFurther(TABLE_1);
  private static final char[] TABLE_3 = oneFurther(TABLE_2);

  private HashSlot() {}

  /**
   * The slot of this key, 0 to 16383: one pass over a key without a brace, as most are; four bytes
   * at a time, whose loads do not wait for one another.
   */
  public static int of(byte[] key) {
    int crc = 0;
    int i = 0;
    for (; i <= key.length - 4; i += 4) {
      byte b0 = key[i];
      byte b1 = key[i + 1];
      byte b2 = key[i + 2];
      byte b3 = key[i + 3];
      if (b0 == '{' || b1 == '{' || b2 == '{' || b3 == '{') {
        break;
      }
      crc =
          TABLE_3[((crc >>> 8) ^ b0) & 0xff]
              ^ TABLE_2[(crc ^ b1) & 0xff]
              ^ TABLE_1[b2 & 0xff]
              ^ TABLE[b3 & 0xff];
    }
    for (; i < key.length; i++) {
      byte next = key[i];
      if (next == '{') {
        return ofBraced(key, i);
      }
      crc = step(crc, next);
    }
    return crc & (COUNT - 1);
  }

  private static int ofBraced(byte[] key, int open) {
    int close = indexOf(key, (byte) '}', open + 1);
    int crc = close > open + 1 ? crc16(key, open + 1, close) : crc16(key, 0, key.length);
    return crc & (COUNT - 1);
  }

  /** CRC16 with polynomial 0x1021, initial value 0, not reflected. */
  static int crc16(byte[] bytes, int from, int to) {
    int crc = 0;
    for (int i = from; i < to; i++) {
      crc = step(crc, bytes[i]);
    }
    return crc;
  }

  private static int step(int crc, byte next) {
    return ((crc << 8) & 0xffff) ^ TABLE[((crc >>> 8) ^ next) & 0xff];
  }

  private static int indexOf(byte[] bytes, byte wanted, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  private static char[] oneFurther(char[] table) {
    char[] further = new char[256];
    for (int i = 0; i < 256; i++) {
      further[i] = (char) step(table[i], (byte) 0);
    }
    return further;
  }

  private static char[] table() {
    char[] table = new char[256];
    for (int i = 0; i < 256; i++) {
      int crc = i << 8;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
      }
      table[i] = (char) crc;
    }
    return table;
  }
}
