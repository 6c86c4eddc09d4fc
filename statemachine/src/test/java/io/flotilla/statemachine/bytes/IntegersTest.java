package io.flotilla.statemachine.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** A string may be taken for an integer exactly if the integer's notation gives the string back. */
class IntegersTest {
  @Property
  void everyLongIsStrictAndComesBack(@ForAll long value) {
    byte[] bytes = Integers.format(value);
    assertThat(Integers.isStrict(bytes)).isTrue();
    assertThat(Integers.parseStrict(bytes)).isEqualTo(value);
    assertThat(Ascii.text(bytes)).isEqualTo(Long.toString(value));
  }

  @Property(tries = 10_000)
  void strictIsWhatComesBackAsTheSameBytes(@ForAll("nearly") String text) {
    boolean same;
    try {
      same = Long.toString(Long.parseLong(text)).equals(text);
    } catch (NumberFormatException notANumber) {
      same = false;
    }
    assertThat(Integers.isStrict(Ascii.bytes(text))).as(text).isEqualTo(same);
  }

  @Provide
  Arbitrary<String> nearly() {
    return Arbitraries.oneOf(
        Arbitraries.strings().withChars("0123456789-+ ").ofMaxLength(21),
        Arbitraries.strings().withChars("0123456789").ofMinLength(18).ofMaxLength(20),
        Arbitraries.strings()
            .withChars("0123456789")
            .ofMinLength(1)
            .ofMaxLength(2)
            .map(end -> "92233720368547758" + end),
        Arbitraries.strings()
            .withChars("0123456789")
            .ofMinLength(1)
            .ofMaxLength(2)
            .map(end -> "-92233720368547758" + end));
  }

  @Example
  void theEdgesOf64Bits() {
    assertThat(Integers.isStrict(Ascii.bytes("9223372036854775807"))).isTrue();
    assertThat(Integers.isStrict(Ascii.bytes("9223372036854775808"))).isFalse();
    assertThat(Integers.isStrict(Ascii.bytes("-9223372036854775808"))).isTrue();
    assertThat(Integers.isStrict(Ascii.bytes("-9223372036854775809"))).isFalse();
  }
}
