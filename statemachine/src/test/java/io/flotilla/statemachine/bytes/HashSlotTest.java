package io.flotilla.statemachine.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;

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

  /** Four bytes are taken at a time: every length and every place of a brace must do. */
  @Property
  void theSlotIsWhatTheDefinitionOfTheSumSays(@ForAll byte[] key) {
    assertThat(HashSlot.of(key)).isEqualTo(bitByBit(counted(key)) % HashSlot.COUNT);
  }

  @Property
  void theSlotOfAKeyWithBracesToo(@ForAll @CharRange(from = 'z', to = '}') String key) {
    byte[] bytes = Ascii.bytes(key);
    assertThat(HashSlot.of(bytes)).isEqualTo(bitByBit(counted(bytes)) % HashSlot.COUNT);
  }

  /** The part of a key that counts, as the specification says it. */
  private static byte[] counted(byte[] key) {
    String text = Ascii.text(key);
    int open = text.indexOf('{');
    int close = text.indexOf('}', open + 1);
    return open >= 0 && close > open + 1 ? Ascii.bytes(text.substring(open + 1, close)) : key;
  }

  private static int bitByBit(byte[] bytes) {
    int crc = 0;
    for (byte each : bytes) {
      crc ^= (each & 0xff) << 8;
      for (int bit = 0; bit < 8; bit++) {
        crc = ((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
      }
    }
    return crc;
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
