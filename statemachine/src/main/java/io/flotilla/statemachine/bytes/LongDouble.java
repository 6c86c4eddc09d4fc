package io.flotilla.statemachine.bytes;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * An 80-bit float, as INCRBYFLOAT and HINCRBYFLOAT count with: C's {@code long double} on x86, a
 * fraction of 64 bits and an exponent of 15.
 *
 * <p>Java has no such type, and with 64-bit floats {@code 0.1 + 0.2} would not be {@code 0.3} as it
 * is in Redis. So the value is kept as {@code mantissa × 2^exponent} with a mantissa of at most 64
 * bits, and each result is rounded to that, half to even, as the hardware does. Source: Intel's
 * manual, "x87 FPU floating-point data types".
 *
 * <p>The sign of zero is not kept: Redis never shows it here.
 */
public final class LongDouble {
  /** Zero, where an absent value begins. */
  public static final LongDouble ZERO = new LongDouble(BigInteger.ZERO, 0);

  /** Infinities, and their difference: whatever is no number that Redis would store. */
  private static final LongDouble NOT_FINITE = new LongDouble(BigInteger.ONE, Integer.MAX_VALUE);

  /** Redis reads numbers of fewer bytes than this. */
  private static final int MAX_LENGTH = 5 * 1024;

  private static final int PRECISION = 64;
  private static final int LEAST_EXPONENT = -16445;
  private static final int MOST_EXPONENT = 16384;

  /** Beyond this power of ten, with at most {@link #MAX_LENGTH} digits, all is infinite or zero. */
  private static final int MAX_TEN = 20_000;

  /** Beyond this power of two, likewise. */
  private static final int MAX_TWO = 60_000;

  /** Fractional digits shown. */
  private static final int SHOWN_DIGITS = 17;

  private final BigInteger mantissa;
  private final int exponent;

  private LongDouble(BigInteger mantissa, int exponent) {
    this.mantissa = mantissa;
    this.exponent = exponent;
  }

  /**
   * The value of these bytes by {@code strtold}'s rules, or null if they are no float, or out of
   * range. Infinity is a value.
   */
  public static @Nullable LongDouble parse(byte[] bytes) {
    if (bytes.length >= MAX_LENGTH) {
      return null;
    }
    if (Integers.isStrict(bytes)) {
      return new LongDouble(BigInteger.valueOf(Integers.parseStrict(bytes)), 0);
    }
    return switch (FloatSyntax.of(bytes)) {
      case NONE -> null;
      case INFINITY -> NOT_FINITE;
      case DECIMAL -> inRange(scan(bytes, FloatSyntax.signLength(bytes), 10));
      case HEXADECIMAL -> inRange(scan(bytes, FloatSyntax.signLength(bytes) + 2, 16));
    };
  }

  /** A finite 64-bit float, exactly. */
  public static LongDouble of(double value) {
    if (!Double.isFinite(value)) {
      return NOT_FINITE;
    }
    long bits = Double.doubleToRawLongBits(value);
    int power = (int) (bits >>> 52) & 0x7ff;
    long fraction = bits & 0xf_ffff_ffff_ffffL;
    long magnitude = power == 0 ? fraction : fraction | (1L << 52);
    if (magnitude == 0) {
      return ZERO;
    }
    return new LongDouble(
        BigInteger.valueOf(bits < 0 ? -magnitude : magnitude), Math.max(power, 1) - 1075);
  }

  /** The sum, rounded as the hardware rounds it. */
  public LongDouble plus(LongDouble other) {
    if (!isFinite() || !other.isFinite()) {
      return NOT_FINITE;
    }
    int common = Math.min(exponent, other.exponent);
    BigInteger sum =
        mantissa
            .shiftLeft(exponent - common)
            .add(other.mantissa.shiftLeft(other.exponent - common));
    return rounded(sum, common, false);
  }

  /** Whether it is a number. */
  @SuppressWarnings("ReferenceEquality") // there is one such object
  public boolean isFinite() {
    return this != NOT_FINITE;
  }

  /** Seventeen fractional digits, half to even, without the zeros at their end. */
  public byte[] format() {
    if (!isFinite()) {
      throw new IllegalStateException("an infinite float is not stored");
    }
    if (exponent >= 0) {
      return Ascii.bytes(mantissa.shiftLeft(exponent).toString());
    }
    // m × 2^-n = m × 5^n × 10^-n
    BigDecimal exact =
        new BigDecimal(mantissa.multiply(BigInteger.valueOf(5).pow(-exponent)), -exponent);
    BigDecimal shown = exact.setScale(SHOWN_DIGITS, RoundingMode.HALF_EVEN);
    return Ascii.bytes(shown.signum() == 0 ? "0" : shown.stripTrailingZeros().toPlainString());
  }

  // ---------------------------------------------------------------- reading

  /** What strtold calls out of range is no number: too large, or too small to differ from zero. */
  private static @Nullable LongDouble inRange(@Nullable LongDouble value) {
    return value == null || !value.isFinite() ? null : value;
  }

  /**
   * The number from {@code from} on, whose shape was checked, with the sign at the beginning; null
   * where it is not zero and becomes zero.
   */
  private static @Nullable LongDouble scan(byte[] bytes, int from, int radix) {
    StringBuilder digits = new StringBuilder();
    int fractional = 0;
    boolean point = false;
    int place = from;
    for (; place < bytes.length; place++) {
      if (bytes[place] == '.') {
        point = true;
      } else if (FloatSyntax.isDigit(bytes[place], radix)) {
        digits.append((char) bytes[place]);
        fractional += point ? 1 : 0;
      } else {
        break;
      }
    }
    BigInteger number = new BigInteger(digits.toString(), radix);
    if (number.signum() == 0) {
      return ZERO;
    }
    if (bytes[0] == '-') {
      number = number.negate();
    }
    int scale = place < bytes.length ? exponent(bytes, place + 1) : 0;
    LongDouble value =
        radix == 16
            ? rounded(number, scale - 4 * fractional, false)
            : timesTen(number, scale - fractional);
    return value.mantissa.signum() == 0 ? null : value;
  }

  /** An exponent, cut off where all is infinite or zero beyond. */
  private static int exponent(byte[] bytes, int from) {
    boolean negative = bytes[from] == '-';
    int place = negative || bytes[from] == '+' ? from + 1 : from;
    int value = 0;
    for (; place < bytes.length && value < 10 * MAX_TWO; place++) {
      value = value * 10 + (bytes[place] - '0');
    }
    return negative ? -value : value;
  }

  private static LongDouble timesTen(BigInteger number, int power) {
    if (power > MAX_TEN) {
      return NOT_FINITE;
    }
    if (power < -MAX_TEN) {
      return ZERO;
    }
    if (power >= 0) {
      return rounded(number.multiply(BigInteger.TEN.pow(power)), 0, false);
    }
    BigInteger divisor = BigInteger.TEN.pow(-power);
    int shift = Math.max(0, PRECISION + 2 + divisor.bitLength() - number.bitLength());
    BigInteger[] quotient = number.shiftLeft(shift).divideAndRemainder(divisor);
    return rounded(quotient[0], -shift, quotient[1].signum() != 0);
  }

  /**
   * {@code number × 2^power}, and a little more in magnitude if {@code sticky}, as the nearest
   * value; half to even.
   */
  private static LongDouble rounded(BigInteger number, int power, boolean sticky) {
    BigInteger magnitude = number.abs();
    int drop = Math.max(magnitude.bitLength() - PRECISION, LEAST_EXPONENT - power);
    BigInteger kept = magnitude;
    int exponent = power;
    if (drop > 0) {
      kept = magnitude.shiftRight(drop);
      exponent = power + drop;
      boolean half = magnitude.testBit(drop - 1);
      boolean beyondHalf = half && (sticky || magnitude.getLowestSetBit() < drop - 1);
      if (beyondHalf || (half && kept.testBit(0))) {
        kept = kept.add(BigInteger.ONE);
      }
    }
    if (kept.signum() == 0) {
      return ZERO;
    }
    if (kept.bitLength() + (long) exponent > MOST_EXPONENT) {
      return NOT_FINITE;
    }
    return new LongDouble(number.signum() < 0 ? kept.negate() : kept, exponent);
  }
}
