package io.flotilla.bench;

import java.nio.charset.StandardCharsets;

/** Redis Cluster's hash slots: CRC16 (XMODEM) of the key, or of what stands in its first braces. */
final class Slots {
  private static final int COUNT = 16_384;

  private Slots() {}

  static int of(String key) {
    int open = key.indexOf('{');
    int close = open < 0 ? -1 : key.indexOf('}', open + 1);
    String hashed = close > open + 1 ? key.substring(open + 1, close) : key;
    int crc = 0;
    for (byte b : hashed.getBytes(StandardCharsets.UTF_8)) {
      crc ^= (b & 0xff) << 8;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
      }
    }
    return (crc & 0xffff) % COUNT;
  }
}
