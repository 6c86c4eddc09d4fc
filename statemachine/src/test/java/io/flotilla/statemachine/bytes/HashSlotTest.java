package io.flotilla.statemachine.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Clients compute slots themselves: a different answer would send every key elsewhere. */
class HashSlotTest {
  @Example
  void slotsAreThoseOfTheSpecification() {
    assertThat(HashSlot.crc16(Ascii.bytes("123456789"), 0, 9)).isEqualTo(0x31c3);
    assertThat(slot("123456789")).isEqualTo(0x31c3 % 16384);
    assertThat(slot("")).isZero();
    assertThat(slot("foo")).isEqualTo(12182);
    assertThat(slot("bar")).isEqualTo(5061);
    assertThat(slot("hello")).isEqualTo(866);
  }

  @Example
  void tagsAreWhatStandsBetweenTheFirstBraces() {
    assertThat(slot("{user1000}.following")).isEqualTo(slot("user1000"));
    assertThat(slot("{user1000}.followers")).isEqualTo(slot("user1000"));
    assertThat(slot("foo{bar}{zap}")).isEqualTo(slot("bar"));
    assertThat(slot("foo{{bar}}zap")).isEqualTo(slot("{bar"));
    assertThat(slot("}{a}")).isEqualTo(slot("a"));
    // an empty or an open tag is none: the whole key counts
    assertThat(slot("foo{}{bar}")).isEqualTo(crc("foo{}{bar}"));
    assertThat(slot("foo{bar")).isEqualTo(crc("foo{bar"));
    assertThat(slot("{}")).isEqualTo(crc("{}"));
  }

  @Property
  void everySlotIsOneOf16384(@ForAll byte[] key) {
    assertThat(HashSlot.of(key)).isBetween(0, HashSlot.COUNT - 1);
  }

  private static int slot(String key) {
    return HashSlot.of(Ascii.bytes(key));
  }

  private static int crc(String key) {
    return HashSlot.crc16(Ascii.bytes(key), 0, key.length()) % HashSlot.COUNT;
  }
}
