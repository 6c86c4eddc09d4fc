package io.flotilla.statemachine.bytes;

import java.math.BigInteger;

/**
 * Grisu2: the digits of a 64-bit float, short and always reading back as the same value.
 *
 * <p>Every decimal between the two midpoints to the neighbouring floats reads back as the float, so
 * the digits may stop as soon as they name a place between the midpoints. Grisu scales the float
 * and both midpoints by a cached power of ten, with 64-bit fractions, so that the integer part has
 * at most ten digits; the rounding of the cache and of the product costs a unit in the last place
 * at either end, which is taken off the interval. That makes it fast, and in about one of a
 * thousand floats a digit longer than the shortest: the price that Redis pays since 7.2, and so do
 * we, digit by digit.
 *
 * <pre>
 *      lower                value                upper          all scaled by 10^-k
 *   ─────┼────────────────────┼────────────────────┼─────
 *          └──────────────── delta ────────────────┘
 *                             └────── distance ────┘
 * </pre>
 *
 * <p>Source: Florian Loitsch, "Printing floating-point numbers quickly and accurately with
 * integers", PLDI 2010. The layout of the digits is Redis 7.2's.
 */
final class Grisu {
  private static final int FIRST_POWER = -348;
  private static final int POWER_STEP = 8;
  private static final int POWERS = 87;

  /** The scaled exponent lies between these, so that the integer part fits 32 bits. */
  private static final int LEAST_EXPONENT = -60;

  private static final int MOST_EXPONENT = -32;
  private static final double LOG_10_OF_2 = 0.30102999566398114;
  private static final long HIDDEN_BIT = 1L << 52;
  private static final int BIAS = 1023 + 52;

  /** 10^(FIRST_POWER + 8i) as fraction × 2^exponent, the fraction's top bit set, rounded. */
  private static final long[] FRACTIONS = new long[POWERS];

  private static final int[] EXPONENTS = new int[POWERS];

  static {
    for (int i = 0; i < POWERS; i++) {
      cache(i, FIRST_POWER + i * POWER_STEP);
    }
  }

  // the digits found so far; the value is digits × 10^power
  private final byte[] digits = new byte[18];
  private int count;
  private int power;

  private Grisu() {}

  /** The notation of a finite value other than zero. */
  static String format(double value) {
    Grisu grisu = new Grisu();
    grisu.find(Double.doubleToRawLongBits(value));
    return grisu.layOut(value < 0);
  }

  private static void cache(int i, int tenTo) {
    BigInteger ten = BigInteger.TEN.pow(Math.abs(tenTo));
    BigInteger scaled; // 65 bits or one more: enough to round
    int exponent;
    if (tenTo >= 0) {
      exponent = ten.bitLength() - 66;
      scaled = exponent >= 0 ? ten.shiftRight(exponent) : ten.shiftLeft(-exponent);
    } else {
      exponent = -ten.bitLength() - 66;
      scaled = BigInteger.ONE.shiftLeft(-exponent).divide(ten);
    }
    int excess = scaled.bitLength() - 64;
    BigInteger rounded =
        scaled.add(BigInteger.ONE.shiftLeft(excess - 1)).shiftRight(excess); // halves do not occur
    FRACTIONS[i] = rounded.longValue();
    EXPONENTS[i] = exponent + excess;
  }

  /** The place in the cache whose power brings a number of this exponent into range. */
  private static int cachedFor(int exponent) {
    int guess = (int) (-(exponent + POWERS) * LOG_10_OF_2);
    int i = (guess - FIRST_POWER) / POWER_STEP;
    while (true) {
      int scaled = exponent + EXPONENTS[i] + 64;
      if (scaled < LEAST_EXPONENT) {
        i++;
      } else if (scaled > MOST_EXPONENT) {
        i--;
      } else {
        return i;
      }
    }
  }

  private void find(long bits) {
    int biased = (int) (bits >>> 52) & 0x7ff;
    long fraction = bits & (HIDDEN_BIT - 1);
    int exponent = 1 - BIAS;
    if (biased != 0) {
      fraction |= HIDDEN_BIT;
      exponent = biased - BIAS;
    }
    // the midpoints above and below; below a power of two the lower neighbour is nearer
    long upper = (fraction << 1) + 1;
    int shift = Long.numberOfLeadingZeros(upper);
    int common = exponent - 1 - shift;
    upper <<= shift;
    int nearer = fraction == HIDDEN_BIT ? 2 : 1;
    long lower = ((fraction << nearer) - 1) << (exponent - nearer - common);
    long middle = fraction << Long.numberOfLeadingZeros(fraction);
    int middleExponent = exponent - Long.numberOfLeadingZeros(fraction);

    int cached = cachedFor(common);
    long ten = FRACTIONS[cached];
    long scaledUpper = product(upper, ten) - 1;
    long scaledLower = product(lower, ten) + 1;
    long scaledMiddle = product(middle, ten) << (middleExponent - common);
    power = -(FIRST_POWER + cached * POWER_STEP);
    generate(
        scaledUpper,
        scaledUpper - scaledLower,
        scaledUpper - scaledMiddle,
        -(common + EXPONENTS[cached] + 64));
  }

  /** The upper 64 bits of the product, rounded. */
  private static long product(long a, long b) {
    return Math.unsignedMultiplyHigh(a, b) + ((a * b) >>> 63);
  }

  /**
   * Takes digits off {@code upper}, a fixed-point number with {@code point} fractional bits, until
   * what is left is within {@code delta}; then steps back towards the value.
   */
  private void generate(long upper, long delta, long distance, int point) {
    long integer = upper >>> point;
    long fraction = upper & ((1L << point) - 1);
    long divisor = 1_000_000_000L;
    for (int left = 9; left >= 0; left--, divisor /= 10) {
      append(integer / divisor);
      integer %= divisor;
      long rest = (integer << point) + fraction;
      if (Long.compareUnsigned(rest, delta) <= 0) {
        power += left;
        approach(delta, rest, divisor << point, distance);
        return;
      }
    }
    long room = delta;
    long scale = 1;
    for (int beyond = 1; ; beyond++) {
      fraction *= 10;
      room *= 10;
      scale *= 10;
      append(fraction >>> point);
      fraction &= (1L << point) - 1;
      if (Long.compareUnsigned(fraction, room) < 0) {
        power -= beyond;
        approach(room, fraction, 1L << point, distance * scale);
        return;
      }
    }
  }

  private void append(long digit) {
    if (digit != 0 || count > 0) {
      digits[count++] = (byte) ('0' + digit);
    }
  }

  /** Lowers the last digit while that brings the number nearer to the value. */
  private void approach(long delta, long rest, long unit, long distance) {
    long at = rest;
    while (Long.compareUnsigned(at, distance) < 0
        && Long.compareUnsigned(delta - at, unit) >= 0
        && (Long.compareUnsigned(at + unit, distance) < 0
            || Long.compareUnsigned(distance - at, at + unit - distance) > 0)) {
      digits[count - 1]--;
      at += unit;
    }
  }

  /**
   * Plain digits with up to six zeros behind them; a point among or before the digits where at most
   * six digits stand behind it, or the exponent would be less than four; else an exponent.
   */
  private String layOut(boolean negative) {
    StringBuilder text = new StringBuilder(26);
    if (negative) {
      text.append('-');
    }
    int exponent = power + count - 1;
    if (power >= 0 && Math.abs(exponent) < count + 7) {
      appendDigits(text, 0, count);
      text.repeat('0', power);
    } else if (power < 0 && (power > -7 || Math.abs(exponent) < 4)) {
      int point = count + power;
      if (point <= 0) {
        text.append("0.").repeat('0', -point);
        appendDigits(text, 0, count);
      } else {
        appendDigits(text, 0, point);
        text.append('.');
        appendDigits(text, point, count);
      }
    } else {
      appendDigits(text, 0, 1);
      if (count > 1) {
        text.append('.');
        appendDigits(text, 1, count);
      }
      text.append(exponent < 0 ? "e-" : "e+").append(Math.abs(exponent));
    }
    return text.toString();
  }

  private void appendDigits(StringBuilder text, int from, int to) {
    for (int i = from; i < to; i++) {
      text.append((char) digits[i]);
    }
  }
}
