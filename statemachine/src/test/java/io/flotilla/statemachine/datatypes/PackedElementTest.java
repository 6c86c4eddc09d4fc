package io.flotilla.statemachine.datatypes;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every element comes back as the bytes that went in, wherever it stands in an array. */
class PackedElementTest {
  @Property
  void anElementComesBackFromTheMiddleOfAnArray(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] element = Elements.any(random);
    byte[] packed = PackedElement.of(element);
    int at = random.nextInt(10);
    byte[] array = new byte[at + packed.length + random.nextInt(3)];
    random.nextBytes(array);
    System.arraycopy(packed, 0, array, at, packed.length);

    assertThat(PackedElement.bytes(array, at)).isEqualTo(element);
    assertThat(PackedElement.length(array, at)).isEqualTo(packed.length);
    assertThat(PackedElement.unpackedLength(array, at)).isEqualTo(element.length);
    assertThat(PackedElement.is(array, at, packed)).isTrue();
  }

  @Property
  void differentElementsHaveDifferentForms(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] one = Elements.any(random);
    byte[] other = Elements.any(random);
    byte[] array = Arrays.copyOf(PackedElement.of(one), 40_000);

    assertThat(PackedElement.is(array, 0, PackedElement.of(other)))
        .isEqualTo(Arrays.equals(one, other));
  }

  /** The sizes are those of Redis's listpack, without its backward length. */
  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "127, 1",
    "128, 2",
    "-1, 2",
    "4095, 2",
    "-4096, 2",
    "4096, 3",
    "-4097, 3",
    "32767, 3",
    "32768, 4",
    "8388607, 4",
    "8388608, 5",
    "2147483647, 5",
    "2147483648, 9",
    "-9223372036854775808, 9",
    "9223372036854775807, 9",
    "9223372036854775808, 20",
    "007, 4",
    "-0, 3",
    "+1, 3",
    "'', 1",
    "a, 2"
  })
  void integersTakeAsManyBytesAsTheyNeed(String element, int bytes) {
    byte[] packed = PackedElement.of(Ascii.bytes(element));

    assertThat(packed).hasSize(bytes);
    assertThat(PackedElement.bytes(packed, 0)).isEqualTo(Ascii.bytes(element));
  }

  @Test
  void lengthClassesMeetWithoutAGap() {
    for (int length : new int[] {0, 1, 63, 64, 4095, 4096, 70_000}) {
      byte[] element = new byte[length];
      Arrays.fill(element, (byte) 'x');
      byte[] packed = PackedElement.of(element);

      assertThat(packed).hasSize(length + (length <= 63 ? 1 : length <= 4095 ? 2 : 5));
      assertThat(PackedElement.bytes(packed, 0)).isEqualTo(element);
    }
  }
}
