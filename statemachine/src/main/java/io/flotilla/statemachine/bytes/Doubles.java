package io.flotilla.statemachine.bytes;

import java.util.Arrays;

/**
 * 64-bit floats in Redis's notation.
 *
 * <p>Reading is C's {@code strtod} on the whole of the bytes; what is too large, or too small to
 * differ from zero, is refused. Writing is Redis 7.2's: integers up to 2⁶² in plain digits, all
 * else by {@link Grisu}, the shortest digits that read back (nearly always), laid out without an
 * exponent where that is not longer. {@code Double.toString} does neither and changed in JDK 19, so
 * nothing here asks the JDK for a notation.
 */
public final class Doubles {
  /** Up to here an integral value is written as an integer. Source: Redis, {@code d2string}. */
  private static final double INTEGERS_UP_TO = 0x1p62;

  /** Up to here every integer is a double, and digits can be read without rounding. */
  private static final int EXACT_DIGITS = 15;

  private Doubles() {}

  /**
   * The value of these bytes, or NaN if they are no float that Redis takes ({@code nan} itself
   * included).
   */
  public static double parse(byte[] bytes) {
    return parse(bytes, true);
  }

  /**
   * The value of a bound of a range of scores, read as {@code strtod} reads it without looking at
   * its errors: white space may lead, nothing is zero, and what is out of range is infinite or
   * zero. NaN if the bytes are no float.
   */
  public static double bound(byte[] bytes) {
    int start = 0;
    while (start < bytes.length
        && (bytes[start] == ' ' || (bytes[start] >= '\t' && bytes[start] <= '\r'))) {
      start++;
    }
    byte[] number = Arrays.copyOfRange(bytes, start, bytes.length);
    return bytes.length == 0 ? 0 : parse(number, false);
  }

  private static double parse(byte[] bytes, boolean refuseOutOfRange) {
    if (bytes.length <= EXACT_DIGITS && Integers.isStrict(bytes)) {
      return Integers.parseStrict(bytes);
    }
    FloatSyntax syntax = FloatSyntax.of(bytes);
    return switch (syntax) {
      case NONE -> Double.NaN;
      case INFINITY -> bytes[0] == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
      case DECIMAL, HEXADECIMAL -> {
        double value = Double.parseDouble(forJava(bytes, syntax));
        boolean outOfRange =
            Double.isInfinite(value) || (value == 0 && hasDigitsBeyondZero(bytes, syntax));
        yield outOfRange && refuseOutOfRange ? Double.NaN : value;
      }
    };
  }

  /** Java wants an exponent behind a hexadecimal number; else it reads the same shapes. */
  private static String forJava(byte[] bytes, FloatSyntax syntax) {
    String text = Ascii.text(bytes);
    boolean bare =
        syntax == FloatSyntax.HEXADECIMAL && text.indexOf('p') < 0 && text.indexOf('P') < 0;
    return bare ? text + "p0" : text;
  }

  private static boolean hasDigitsBeyondZero(byte[] bytes, FloatSyntax syntax) {
    int place = FloatSyntax.signLength(bytes);
    int radix = 10;
    if (syntax == FloatSyntax.HEXADECIMAL) {
      place += 2;
      radix = 16;
    }
    for (; place < bytes.length; place++) {
      if (bytes[place] != '.' && !FloatSyntax.isDigit(bytes[place], radix)) {
        return false; // the exponent begins
      }
      if (bytes[place] != '.' && bytes[place] != '0') {
        return true;
      }
    }
    return false;
  }

  /** The value as RESP and ZSCORE show it. */
  public static String format(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    if (Math.abs(value) <= INTEGERS_UP_TO && value == (long) value) {
      return Long.toString((long) value);
    }
    return Grisu.format(value);
  }
}
