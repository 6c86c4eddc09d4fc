package io.flotilla.statemachine.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.jspecify.annotations.Nullable;

/** Sums that clients keep money in: they must be those of Redis on x86, to the last digit. */
class LongDoubleTest {
  @Example
  void tenthsAddUpAsPeopleExpect() {
    assertThat(sum("0.1", "0.2")).isEqualTo("0.3");
    assertThat(sum("10.5", "0.1")).isEqualTo("10.6");
    assertThat(sum("3", "1.1")).isEqualTo("4.1");
    assertThat(sum("5.0e3", "2.0e2")).isEqualTo("5200");
    assertThat(sum("1", "-1")).isEqualTo("0");
    assertThat(sum("-0", "0")).isEqualTo("0");
  }

  @Example
  void sixtyFourBitsOfFractionAreKept() {
    assertThat(sum("9223372036854775807", "1")).isEqualTo("9223372036854775808");
    assertThat(sum("18446744073709551615", "0")).isEqualTo("18446744073709551615");
    assertThat(sum("18446744073709551616", "1")).isEqualTo("18446744073709551616");
    assertThat(sum("18446744073709551616", "3")).isEqualTo("18446744073709551620");
    assertThat(sum("123456789012345678.5", "0.01")).isEqualTo("123456789012345678.5078125");
    assertThat(sum("1", "1e-17")).isEqualTo("1.00000000000000001");
    assertThat(sum("1", "1e-20")).isEqualTo("1");
  }

  @Example
  void doublesAreExact() {
    assertThat(ofDouble(13.361389338970184)).isEqualTo("13.36138933897018433");
    assertThat(ofDouble(-0.0)).isEqualTo("0");
    assertThat(ofDouble(-180)).isEqualTo("-180");
    assertThat(ofDouble(0x1p-3)).isEqualTo("0.125");
    assertThat(ofDouble(Double.MIN_VALUE)).isEqualTo("0");
    assertThat(ofDouble(1e-17)).isEqualTo("0.00000000000000001");
    assertThat(ofDouble(Double.MAX_VALUE))
        .isEqualTo(new BigDecimal(Double.MAX_VALUE).toPlainString());
    assertThat(LongDouble.of(Double.NEGATIVE_INFINITY).isFinite()).isFalse();
  }

  private static String ofDouble(double value) {
    return Ascii.text(LongDouble.of(value).format());
  }

  @Example
  void halvesGoToEven() {
    // 2^64 + 1 lies between 2^64 and 2^64 + 2; 2^64 + 3 between + 2 and + 4
    assertThat(shown("18446744073709551617")).isEqualTo("18446744073709551616");
    assertThat(shown("18446744073709551619")).isEqualTo("18446744073709551620");
    assertThat(shown("18446744073709551617.0000001")).isEqualTo("18446744073709551618");
  }

  @Example
  void nothingButFloatsInRangeIsRead() {
    for (String text : new String[] {"", " 1", "1 ", "x", "1e", "nan", "0x", "1e5000", "1e-5000"}) {
      assertThat(LongDouble.parse(Ascii.bytes(text))).as(text).isNull();
    }
    assertThat(LongDouble.parse(Ascii.bytes("9".repeat(5119)))).isNull();
    assertThat(LongDouble.parse(Ascii.bytes("0." + "0".repeat(5117)))).isNotNull();
    assertThat(LongDouble.parse(Ascii.bytes("0." + "0".repeat(5118)))).isNull();
    assertThat(parsed("1e4932").isFinite()).isTrue();
    assertThat(parsed("1e-4950").isFinite()).isTrue();
    assertThat(LongDouble.parse(Ascii.bytes("1.19e4932"))).isNull();
    assertThat(LongDouble.parse(Ascii.bytes("1e-4952"))).isNull();
    assertThat(shown("0x1.8p3")).isEqualTo("12");
    assertThat(shown("-0X.8")).isEqualTo("-0.5");
  }

  @Example
  void sumsWithoutAValueAreNotFinite() {
    assertThat(parsed("inf").isFinite()).isFalse();
    assertThat(parsed("inf").plus(parsed("-inf")).isFinite()).isFalse();
    assertThat(parsed("1").plus(parsed("inf")).isFinite()).isFalse();
    assertThat(parsed("1.1e4932").plus(parsed("1.1e4932")).isFinite()).isFalse();
  }

  /** Where 64 bits hold both numbers and their sum, it is the sum of the schoolbook. */
  @Property
  void sumsOfFewDigitsAreExact(
      @ForAll @LongRange(min = -1_000_000_000_000L, max = 1_000_000_000_000L) long a,
      @ForAll @LongRange(min = -1_000_000_000_000L, max = 1_000_000_000_000L) long b,
      @ForAll @IntRange(max = 5) int scale) {
    BigDecimal one = BigDecimal.valueOf(a, scale);
    BigDecimal other = BigDecimal.valueOf(b, scale);
    BigDecimal sum = one.add(other);
    String expected = sum.signum() == 0 ? "0" : sum.stripTrailingZeros().toPlainString();
    // 12 digits before and 5 behind the point leave an error far below what 17 digits may hide
    BigDecimal shown = new BigDecimal(sum(one.toPlainString(), other.toPlainString()));
    assertThat(shown.subtract(sum).abs()).isLessThan(new BigDecimal("1e-6"));
    if (Math.abs(a) < 10_000_000 && Math.abs(b) < 10_000_000) {
      assertThat(shown.setScale(10, RoundingMode.HALF_EVEN).stripTrailingZeros().toPlainString())
          .isEqualTo(expected);
    }
  }

  /** Every sum is the true sum of its terms, rounded once: off by half of the last of 64 bits. */
  @Property
  void sumsAreRoundedOnce(
      @ForAll long a,
      @ForAll @IntRange(min = -40, max = 40) int aScale,
      @ForAll long b,
      @ForAll @IntRange(min = -40, max = 40) int bScale) {
    // integers times powers of two are exact in 64 bits
    BigDecimal one = scaled(a, aScale);
    BigDecimal other = scaled(b, bScale);
    LongDouble sum = parsed(hex(a, aScale)).plus(parsed(hex(b, bScale)));
    BigDecimal exact = one.add(other);
    BigDecimal shown = new BigDecimal(Ascii.text(sum.format()));
    BigDecimal bound =
        exact
            .abs()
            .multiply(new BigDecimal(BigInteger.ONE).divide(BigDecimal.valueOf(2).pow(64)))
            .add(new BigDecimal("0.5e-17"));
    assertThat(shown.subtract(exact).abs()).isLessThanOrEqualTo(bound);
  }

  private static BigDecimal scaled(long number, int power) {
    BigDecimal two = BigDecimal.valueOf(2).pow(Math.abs(power));
    return power < 0
        ? BigDecimal.valueOf(number).divide(two)
        : BigDecimal.valueOf(number).multiply(two);
  }

  private static String hex(long number, int power) {
    BigInteger magnitude = BigInteger.valueOf(number).abs();
    return (number < 0 ? "-" : "") + "0x" + magnitude.toString(16) + "p" + power;
  }

  private static String shown(String text) {
    return Ascii.text(parsed(text).format());
  }

  private static String sum(String one, String other) {
    return Ascii.text(parsed(one).plus(parsed(other)).format());
  }

  private static LongDouble parsed(String text) {
    @Nullable LongDouble parsed = LongDouble.parse(Ascii.bytes(text));
    if (parsed == null) {
      throw new AssertionError("not read: " + text);
    }
    return parsed;
  }
}
