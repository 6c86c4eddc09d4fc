package io.flotilla.statemachine.bytes;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * 64-bit floats in Redis's notation.
 *
 * <p>Redis reads with {@code strtod} and refuses what does not end there, and writes {@code %.17g}
 * of the value, or the shortest notation that reads back the same; {@code Double.toString} does
 * neither, and changed in JDK 19, so that replicas on two JDKs would part. Nothing here asks the
 * JDK for a notation.
 */
public final class Doubles {
  private Doubles() {}

  /**
   * The value of these bytes, or NaN if they are no float ({@code nan} itself included: Redis
   * refuses it nearly everywhere).
   */
  public static double parse(byte[] bytes) {
    int length = bytes.length;
    if (length == 0 || length > 512 || isSpace(bytes[0])) {
      return Double.NaN;
    }
    int start = bytes[0] == '+' || bytes[0] == '-' ? 1 : 0;
    if (start == length) {
      return Double.NaN;
    }
    String rest = Ascii.text(bytes).substring(start);
    double sign = bytes[0] == '-' ? -1 : 1;
    if (spells(rest, "inf") || spells(rest, "infinity")) {
      return sign * Double.POSITIVE_INFINITY;
    }
    if (rest.length() > 2
        && rest.charAt(0) == '0'
        && (rest.charAt(1) == 'x' || rest.charAt(1) == 'X')) {
      return sign * parseHexadecimal(rest);
    }
    boolean digits = false;
    int i = 0;
    while (i < rest.length() && (isDigit(rest.charAt(i)) || rest.charAt(i) == '.')) {
      digits |= rest.charAt(i) != '.';
      if (rest.charAt(i) == '.' && rest.indexOf('.') != i) {
        return Double.NaN;
      }
      i++;
    }
    if (!digits) {
      return Double.NaN;
    }
    if (i < rest.length()) {
      if (rest.charAt(i) != 'e' && rest.charAt(i) != 'E') {
        return Double.NaN;
      }
      int digit = i + 1;
      if (digit < rest.length() && (rest.charAt(digit) == '+' || rest.charAt(digit) == '-')) {
        digit++;
      }
      if (digit == rest.length()) {
        return Double.NaN;
      }
      for (; digit < rest.length(); digit++) {
        if (!isDigit(rest.charAt(digit))) {
          return Double.NaN;
        }
      }
    }
    double value = Double.parseDouble(rest);
    return Double.isInfinite(value)
        ? Double.NaN
        : sign * value; // out of range is an error, as with ERANGE
  }

  private static double parseHexadecimal(String rest) {
    try {
      String withExponent = rest.indexOf('p') < 0 && rest.indexOf('P') < 0 ? rest + "p0" : rest;
      char last = withExponent.charAt(withExponent.length() - 1);
      return isDigit(last) ? Double.parseDouble(withExponent) : Double.NaN;
    } catch (NumberFormatException notANumber) {
      return Double.NaN;
    }
  }

  /**
   * The shortest notation that reads back as the same value, in the manner of {@code %.17g}: how
   * RESP and ZSCORE show a score.
   */
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
    if (value == Math.rint(value) && Math.abs(value) < 1e17) {
      return Long.toString((long) value);
    }
    BigDecimal exact = new BigDecimal(value);
    for (int digits = 15; digits < 17; digits++) {
      BigDecimal rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
      if (rounded.doubleValue() == value) {
        return general(shortened(rounded, value, digits));
      }
    }
    return general(exact.round(new MathContext(17, RoundingMode.HALF_EVEN)));
  }

  private static BigDecimal shortened(BigDecimal rounded, double value, int digits) {
    return digits == 15 && rounded.doubleValue() == value ? rounded.stripTrailingZeros() : rounded;
  }

  /**
   * {@code %g} of a number whose digits are chosen already: exponent below −4 or from 17 on in
   * scientific notation.
   */
  private static String general(BigDecimal number) {
    BigDecimal stripped = number.stripTrailingZeros();
    int exponent = stripped.precision() - stripped.scale() - 1;
    if (exponent >= -5 && exponent < 17) {
      return stripped.toPlainString();
    }
    String digits = stripped.unscaledValue().abs().toString();
    StringBuilder text =
        new StringBuilder(stripped.signum() < 0 ? "-" : "").append(digits.charAt(0));
    if (digits.length() > 1) {
      text.append('.').append(digits, 1, digits.length());
    }
    text.append('e').append(exponent < 0 ? '-' : '+');
    int magnitude = Math.abs(exponent);
    return text.append(magnitude < 10 ? "0" : "").append(magnitude).toString();
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
  }

  private static boolean spells(String text, String word) {
    return Ascii.spells(Ascii.bytes(text), word.toUpperCase(java.util.Locale.ROOT));
  }
}
