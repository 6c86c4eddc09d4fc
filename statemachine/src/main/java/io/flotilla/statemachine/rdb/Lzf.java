package io.flotilla.statemachine.rdb;

import io.flotilla.statemachine.bytes.ByteSource.CorruptException;

/**
 * Reads what LZF has compressed, as Redis does with long strings.
 *
 * <pre>
 *   000nnnnn  n + 1 bytes as they are
 *   nnnooooo oooooooo           n + 2 bytes of before, o + 1 back
 *   111ooooo nnnnnnnn oooooooo  n + 9 bytes of before, o + 1 back
 * </pre>
 *
 * <p>Source: M. Lehmann's description of liblzf. Nothing is compressed here: who reads an RDB takes
 * plain strings as well.
 */
final class Lzf {
  private static final int LONGEST_SHORT = 7;

  private Lzf() {}

  /** The bytes, which are this many. */
  static byte[] expand(byte[] in, int length) {
    byte[] out = new byte[length];
    int at = 0;
    int to = 0;
    while (at < in.length) {
      int head = in[at++] & 0xff;
      int count = head >>> 5;
      if (count == 0) {
        count = head + 1;
        check(count <= in.length - at && count <= length - to);
        System.arraycopy(in, at, out, to, count);
        at += count;
      } else {
        check(at < in.length);
        if (count == LONGEST_SHORT) {
          count += in[at++] & 0xff;
          check(at < in.length);
        }
        count += 2;
        int from = to - ((head & 0x1f) << 8) - (in[at++] & 0xff) - 1;
        check(from >= 0 && count <= length - to);
        for (int i = 0; i < count; i++) {
          out[to + i] = out[from + i]; // byte by byte: they may overlap
        }
      }
      to += count;
    }
    check(to == length);
    return out;
  }

  private static void check(boolean fits) {
    if (!fits) {
      throw new CorruptException("a compressed string is not what it says");
    }
  }
}
