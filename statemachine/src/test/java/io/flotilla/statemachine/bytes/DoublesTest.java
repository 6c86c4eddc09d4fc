package io.flotilla.statemachine.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Scores are API: each digit of them is seen by clients, and compared by their tests. */
class DoublesTest {
  @Example
  void scoresAreWrittenAsRedis72WritesThem() throws IOException {
    for (String line : Files.readAllLines(Path.of("src/test/resources/bytes/doubles.txt"))) {
      if (!line.startsWith("#")) {
        String[] columns = line.split(" ", -1);
        double value = Double.longBitsToDouble(Long.parseUnsignedLong(columns[0], 16));
        assertThat(Doubles.format(value)).as(columns[0]).isEqualTo(columns[1]);
        assertThat(Doubles.parse(Ascii.bytes(columns[1]))).as(columns[0]).isEqualTo(value);
      }
    }
  }

  @Example
  void valuesThatAreNoNumbersHaveNames() {
    assertThat(Doubles.format(Double.NaN)).isEqualTo("nan");
    assertThat(Doubles.format(Double.POSITIVE_INFINITY)).isEqualTo("inf");
    assertThat(Doubles.format(Double.NEGATIVE_INFINITY)).isEqualTo("-inf");
    assertThat(Doubles.format(0.0)).isEqualTo("0");
    assertThat(Doubles.format(-0.0)).isEqualTo("-0");
  }

  @Property(tries = 20_000)
  void whatIsWrittenReadsBackAsTheSameValue(@ForAll long bits) {
    double value = Double.longBitsToDouble(bits);
    if (!Double.isNaN(value)) {
      assertThat(Doubles.parse(Ascii.bytes(Doubles.format(value)))).isEqualTo(value);
    }
  }

  @Property(tries = 5000)
  void longsBelow2To62AreWrittenInPlainDigits(@ForAll long integer) {
    double value = integer >> 2;
    assertThat(Doubles.format(value)).isEqualTo(Long.toString((long) value));
  }

  @Example
  void wholeNumbersAreReadBySyntaxOfC() {
    assertThat(parsed("1")).isEqualTo(1);
    assertThat(parsed("+1")).isEqualTo(1);
    assertThat(parsed("-1.5")).isEqualTo(-1.5);
    assertThat(parsed("007")).isEqualTo(7);
    assertThat(parsed("1.")).isEqualTo(1);
    assertThat(parsed(".5")).isEqualTo(0.5);
    assertThat(parsed("1e3")).isEqualTo(1000);
    assertThat(parsed("1E-3")).isEqualTo(0.001);
    assertThat(parsed("0x10")).isEqualTo(16);
    assertThat(parsed("0X.8P1")).isEqualTo(1);
    assertThat(parsed("-0x1p-2")).isEqualTo(-0.25);
    assertThat(parsed("inf")).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(parsed("-Infinity")).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(parsed("-0")).isEqualTo(-0.0);
    assertThat(parsed("9".repeat(400) + "e-400")).isEqualTo(1.0);
    assertThat(parsed("0." + "0".repeat(1000) + "1e1000")).isEqualTo(0.1);
  }

  @Example
  void whatIsNotWhollyAFloatIsNone() {
    String[] none = {
      "",
      " 1",
      "1 ",
      "\t1",
      "+",
      "-",
      ".",
      "e1",
      "1e",
      "1e+",
      "1ee1",
      "1.1.1",
      "--1",
      "+-1",
      "0x",
      "0x.",
      "0xg",
      "0x1p",
      "0x1p+",
      "nan",
      "NAN",
      "nan(1)",
      "-nan",
      "infin",
      "infinityy",
      "1d",
      "1f",
      "1_0",
      "1,0",
      "1\0",
      "٣",
      "0b1",
      "1e1.5"
    };
    for (String text : none) {
      assertThat(parsed(text)).as(text).isNaN();
    }
  }

  @Example
  void whatIsOutOfRangeIsNone() {
    assertThat(parsed("1e309")).isNaN();
    assertThat(parsed("-1e309")).isNaN();
    assertThat(parsed("1e-400")).isNaN();
    assertThat(parsed("0x1p1024")).isNaN();
    assertThat(parsed("0x1p-1080")).isNaN();
    assertThat(parsed("1e99999999999999999999")).isNaN();
    assertThat(parsed("1e-99999999999999999999")).isNaN();
    assertThat(parsed("0e99999999999999999999")).isZero();
    assertThat(parsed("0x0p99999999999999999999")).isZero();
    assertThat(parsed("5e-324")).isEqualTo(Double.MIN_VALUE);
    assertThat(parsed("1.7976931348623157e308")).isEqualTo(Double.MAX_VALUE);
  }

  private static double parsed(String text) {
    return Doubles.parse(Ascii.bytes(text));
  }
}
