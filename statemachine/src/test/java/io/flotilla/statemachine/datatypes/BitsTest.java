package io.flotilla.statemachine.datatypes;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Bits of a string beside a dumb twin, a text of zeros and ones. */
class BitsTest {
  @Property(tries = 500)
  void countsAndFindsAsTheTwin(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] bytes = new byte[random.nextInt(60)];
    if (random.nextBoolean()) {
      random.nextBytes(bytes);
    } else {
      java.util.Arrays.fill(bytes, (byte) (random.nextBoolean() ? -1 : 0));
      if (bytes.length > 0) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
    }
    String twin = text(bytes);
    int from = random.nextInt(twin.length() + 1);
    int to = from + random.nextInt(twin.length() - from + 1);
    String part = twin.substring(from, to);
    assertThat(Bits.count(bytes, from, to)).isEqualTo(part.chars().filter(c -> c == '1').count());
    for (int bit = 0; bit <= 1; bit++) {
      int found = part.indexOf('0' + bit);
      assertThat(Bits.find(bytes, bit, from, to)).isEqualTo(found < 0 ? -1 : from + found);
    }
    int at = random.nextInt(600);
    assertThat(Bits.get(bytes, bytes.length, at))
        .isEqualTo(at < twin.length() ? twin.charAt(at) - '0' : 0);
  }

  @Property(tries = 500)
  void integersAreReadAndWrittenAsInTheTwin(@ForAll long seed) {
    Random random = new Random(seed);
    StringValue string = StringValue.changedInPlace(new byte[0]);
    StringBuilder twin = new StringBuilder();
    for (int step = 0; step < 30; step++) {
      int at = random.nextInt(300);
      int bits = 1 + random.nextInt(64);
      long value = random.nextLong() >> random.nextInt(64);
      Bits.write(string, at, bits, value);
      while (twin.length() < at + bits || twin.length() % 8 != 0) {
        twin.append('0');
      }
      for (int i = 0; i < bits; i++) {
        twin.setCharAt(at + i, ((value >>> (bits - 1 - i)) & 1) == 1 ? '1' : '0');
      }
      assertThat(text(string.bytes())).isEqualTo(twin.toString());
      int from = random.nextInt(twin.length());
      int width = 1 + random.nextInt(64);
      String padded = twin + "0".repeat(64);
      BigInteger unsigned = new BigInteger(padded.substring(from, from + width), 2);
      assertThat(Bits.unsigned(string.array(), string.length(), from, width))
          .isEqualTo(unsigned.longValue());
      BigInteger signed =
          unsigned.testBit(width - 1)
              ? unsigned.subtract(BigInteger.ONE.shiftLeft(width))
              : unsigned;
      assertThat(Bits.signed(string.array(), string.length(), from, width))
          .isEqualTo(signed.longValue());
    }
  }

  private static String text(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte b : bytes) {
      text.append(Integer.toBinaryString(0x100 | (b & 0xff)).substring(1));
    }
    return text.toString();
  }
}
