package io.flotilla.statemachine.bytes;

/**
 * Signed 64-bit integers in Redis's strict notation: an optional minus, no leading zero, no plus,
 * no space, no {@code -0}.
 *
 * <p>Strictness is what lets a string that looks like an integer be stored as one and come back as
 * the same bytes. Source: Redis, {@code string2ll}.
 */
public final class Integers {
  /** The most characters that a 64-bit integer takes: {@code -9223372036854775808}. */
  public static final int MAX_LENGTH = 20;

  private Integers() {}

  /** Whether the bytes are an integer in strict notation that fits 64 bits. */
  public static boolean isStrict(byte[] bytes) {
    int length = bytes.length;
    if (length == 0 || length > MAX_LENGTH) {
      return false;
    }
    int i = bytes[0] == '-' ? 1 : 0;
    if (i == length) {
      return false;
    }
    if (bytes[i] == '0') {
      return length == 1;
    }
    for (int j = i; j < length; j++) {
      if (bytes[j] < '0' || bytes[j] > '9') {
        return false;
      }
    }
    int digits = length - i;
    if (digits < 19) {
      return true;
    }
    if (digits > 19) {
      return false;
    }
    String bound = i == 1 ? "9223372036854775808" : "9223372036854775807";
    for (int j = 0; j < 19; j++) {
      int difference = bytes[i + j] - bound.charAt(j);
      if (difference != 0) {
        return difference < 0;
      }
    }
    return true;
  }

  /** The value of bytes for which {@link #isStrict} holds. */
  public static long parseStrict(byte[] bytes) {
    boolean negative = bytes[0] == '-';
    long value = 0;
    for (int i = negative ? 1 : 0; i < bytes.length; i++) {
      value = value * 10 - (bytes[i] - '0'); // negative accumulation reaches Long.MIN_VALUE
    }
    return negative ? value : -value;
  }

  /** The decimal notation. */
  public static byte[] format(long value) {
    return Ascii.bytes(Long.toString(value));
  }
}
