package io.flotilla.statemachine.bytes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * SipHash-1-3 under a 128-bit key: a hash that a client who does not know the key cannot flood with
 * collisions.
 *
 * <p>One compression round and three finalisation rounds, as Rust's standard maps and Ruby use;
 * Redis uses 1-2. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF". The key is
 * replicated state: all replicas place and walk keys alike.
 */
public final class SipHash {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final long k0;
  private final long k1;

  /** A hash under this key. */
  public SipHash(long k0, long k1) {
    this.k0 = k0;
    this.k1 = k1;
  }

  /** The first half of the key. */
  public long k0() {
    return k0;
  }

  /** The second half of the key. */
  public long k1() {
    return k1;
  }

  /** The 64-bit hash of these bytes. */
  public long hash(byte[] bytes) {
    return hash(bytes, 0, bytes.length);
  }

  /** The 64-bit hash of {@code length} bytes from {@code offset}. */
  public long hash(byte[] bytes, int offset, int length) {
    long v0 = k0 ^ 0x736f6d6570736575L;
    long v1 = k1 ^ 0x646f72616e646f6dL;
    long v2 = k0 ^ 0x6c7967656e657261L;
    long v3 = k1 ^ 0x7465646279746573L;
    int end = offset + (length & ~7);
    for (int i = offset; i <= end; i += 8) {
      long m = i < end ? (long) LONG.get(bytes, i) : tail(bytes, end, length);
      v3 ^= m;
      v0 += v1;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v0 = Long.rotateLeft(v0, 32);
      v2 += v3;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 += v3;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 += v1;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v2 = Long.rotateLeft(v2, 32);
      v0 ^= m;
    }
    v2 ^= 0xff;
    for (int round = 0; round < 3; round++) {
      v0 += v1;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v0 = Long.rotateLeft(v0, 32);
      v2 += v3;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 += v3;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 += v1;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v2 = Long.rotateLeft(v2, 32);
    }
    return v0 ^ v1 ^ v2 ^ v3;
  }

  private static long tail(byte[] bytes, int from, int length) {
    long m = ((long) length) << 56;
    for (int i = (length & 7) - 1; i >= 0; i--) {
      m |= (bytes[from + i] & 0xffL) << (8 * i);
    }
    return m;
  }

  /** Begins a hash over bytes that come in pieces: the same as over all of them at once. */
  public Stream stream() {
    return new Stream(k0, k1);
  }

  /** A hash under way; where pieces begin and end does not matter. */
  public static final class Stream {
    private long v0;
    private long v1;
    private long v2;
    private long v3;
    private final byte[] rest = new byte[Long.BYTES];
    private int restBytes;
    private long total;

    private Stream(long k0, long k1) {
      v0 = k0 ^ 0x736f6d6570736575L;
      v1 = k1 ^ 0x646f72616e646f6dL;
      v2 = k0 ^ 0x6c7967656e657261L;
      v3 = k1 ^ 0x7465646279746573L;
    }

    /** Goes on with {@code length} bytes from {@code offset}. */
    public void update(byte[] bytes, int offset, int length) {
      total += length;
      int at = offset;
      int end = offset + length;
      if (restBytes > 0) {
        int taken = Math.min(Long.BYTES - restBytes, length);
        System.arraycopy(bytes, at, rest, restBytes, taken);
        restBytes += taken;
        at += taken;
        if (restBytes < Long.BYTES) {
          return;
        }
        word((long) LONG.get(rest, 0));
      }
      long a = v0; // in registers: fields would be written for each word
      long b = v1;
      long c = v2;
      long d = v3;
      for (; end - at >= Long.BYTES; at += Long.BYTES) {
        long m = (long) LONG.get(bytes, at);
        d ^= m;
        a += b;
        b = Long.rotateLeft(b, 13) ^ a;
        a = Long.rotateLeft(a, 32);
        c += d;
        d = Long.rotateLeft(d, 16) ^ c;
        a += d;
        d = Long.rotateLeft(d, 21) ^ a;
        c += b;
        b = Long.rotateLeft(b, 17) ^ c;
        c = Long.rotateLeft(c, 32);
        a ^= m;
      }
      v0 = a;
      v1 = b;
      v2 = c;
      v3 = d;
      restBytes = end - at;
      System.arraycopy(bytes, at, rest, 0, restBytes);
    }

    /** The hash of all pieces; nothing may follow. */
    public long finish() {
      long last = total << 56;
      for (int i = restBytes - 1; i >= 0; i--) {
        last |= (rest[i] & 0xffL) << (8 * i);
      }
      word(last);
      v2 ^= 0xff;
      round();
      round();
      round();
      return v0 ^ v1 ^ v2 ^ v3;
    }

    private void word(long m) {
      v3 ^= m;
      round();
      v0 ^= m;
    }

    private void round() {
      v0 += v1;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v0 = Long.rotateLeft(v0, 32);
      v2 += v3;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 += v3;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 += v1;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v2 = Long.rotateLeft(v2, 32);
    }
  }
}
