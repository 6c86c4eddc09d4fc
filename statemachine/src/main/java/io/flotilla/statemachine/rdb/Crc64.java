package io.flotilla.statemachine.rdb;

/**
 * The 64-bit cyclic checksum of RDB payloads and files: the polynomial of Jones, reflected, begun
 * at 0. Source: D. T. Jones, "An improved 64-bit cyclic redundancy check for protein sequences".
 */
final class Crc64 {
  /** The polynomial 0xad93d23594c935a9, its bits reversed. */
  private static final long POLYNOMIAL = 0x95ac9329ac4bc9b5L;

  private static final long[] TABLE = table();

  private Crc64() {}

  private static long[] table() {
    long[] table = new long[256];
    for (int i = 0; i < table.length; i++) {
      long crc = i;
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        crc = (crc & 1) != 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
      }
      table[i] = crc;
    }
    return table;
  }

  /** The checksum of what had this one, with these bytes behind it. */
  static long update(long crc, byte[] bytes, int from, int length) {
    long next = crc;
    for (int i = from; i < from + length; i++) {
      next = TABLE[(int) (next ^ bytes[i]) & 0xff] ^ (next >>> Byte.SIZE);
    }
    return next;
  }

  /** The checksum with one byte more. */
  static long update(long crc, int one) {
    return TABLE[(int) (crc ^ one) & 0xff] ^ (crc >>> Byte.SIZE);
  }
}
