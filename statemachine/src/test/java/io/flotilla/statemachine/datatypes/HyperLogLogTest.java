package io.flotilla.statemachine.datatypes;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Runs and packed bits against a plain array of registers, which is all that they mean. */
class HyperLogLogTest {
  private static final int MAX_BYTES = 3000;

  @Property(tries = 200)
  void registersAreTheGreatestThatTheyWereRaisedTo(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 3000) int changes) {
    Random random = new Random(seed);
    int spread = 1 + random.nextInt(HyperLogLog.REGISTERS);
    int most = 1 + random.nextInt(random.nextInt(4) == 0 ? 51 : 32);
    int maxBytes = random.nextInt(MAX_BYTES);
    HyperLogLog hll = HyperLogLog.empty();
    byte[] twin = new byte[HyperLogLog.REGISTERS];
    for (int i = 0; i < changes; i++) {
      int register = random.nextInt(spread);
      int value = 1 + random.nextInt(most);
      boolean higher = value > twin[register];
      assertThat(hll.raise(register, value, maxBytes)).isEqualTo(higher);
      twin[register] = (byte) Math.max(twin[register], value);
      if (random.nextInt(500) == 0) {
        hll = HyperLogLog.of(hll.string());
      }
    }
    assertThat(hll.isSound()).isTrue();
    byte[] registers = new byte[HyperLogLog.REGISTERS];
    hll.mergeInto(registers);
    assertThat(registers).isEqualTo(twin);
    hll.touch();
    assertThat(hll.count()).isEqualTo(HyperLogLog.count(twin));
    assertThat(HyperLogLog.isOne(hll.string())).isTrue();
    assertThat(hll.string().length())
        .isLessThanOrEqualTo(hll.isDense() ? HyperLogLog.DENSE_BYTES : Math.max(18, maxBytes));
    hll.toDense();
    byte[] dense = new byte[HyperLogLog.REGISTERS];
    hll.mergeInto(dense);
    assertThat(dense).isEqualTo(twin);
  }

  /** Whatever bytes stand there, the question whether they are sound is answered. */
  @Property(tries = 500)
  void anyBytesAreSoundOrNot(@ForAll byte[] behind) {
    byte[] bytes = new byte[16 + behind.length];
    System.arraycopy(Ascii.bytes("HYLL\u0001"), 0, bytes, 0, 5);
    System.arraycopy(behind, 0, bytes, 16, behind.length);
    HyperLogLog hll = HyperLogLog.of(StringValue.of(bytes));
    if (hll.isSound()) {
      hll.mergeInto(new byte[HyperLogLog.REGISTERS]);
      assertThat(hll.runs()).isNotEmpty();
    } else {
      assertThat(behind).isNotEqualTo(new byte[] {0x7f, (byte) 0xff});
    }
  }

  @Example
  void estimatesAreWithinAFewStandardErrors() {
    HyperLogLog hll = HyperLogLog.empty();
    int checkpoint = 1;
    for (int i = 1; i <= 1_000_000; i++) {
      hll.add(Ascii.bytes("element:" + i), MAX_BYTES);
      if (i == checkpoint) {
        hll.touch();
        assertThat((double) hll.count()).isBetween(i * 0.95 - 1, i * 1.05 + 1);
        checkpoint *= 10;
      }
    }
    assertThat(checkpoint).isEqualTo(10_000_000);
  }
}
