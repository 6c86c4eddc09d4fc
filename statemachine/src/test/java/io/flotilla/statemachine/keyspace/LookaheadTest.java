package io.flotilla.statemachine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.StringValue;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Looking ahead is for speed only, so nobody would notice if it looked for the wrong keys, or for
 * none: here it must say how many are there. And what it remembers must be each key's own place, or
 * a command would look for its key elsewhere and not find it.
 */
class LookaheadTest {
  private static final SipHash HASH = new SipHash(1, 2);

  private final Keyspace keyspace = new Keyspace(HASH);
  private final List<byte[]> keys = new ArrayList<>();

  /** Keys of many slots, of which some are alone there, and a slot that was split several times. */
  @BeforeEach
  void fill() {
    keyspace.beginWrite(1, 1);
    for (int i = 0; i < 4_000; i++) {
      byte[] key = Ascii.bytes((i % 2 == 0 ? "key:" : "{tag}:") + i);
      keys.add(key);
      keyspace.put(key, StringValue.of(key), EventClass.STRING, "set");
    }
  }

  @Test
  void allKeysThatAreThereAreFound() {
    for (int from = 0; from < keys.size(); from += 32) {
      Lookahead ahead = new Lookahead(64);
      for (byte[] key : keys.subList(from, from + 32)) {
        ahead.add(key.clone());
        ahead.add(Ascii.bytes("none:" + Ascii.text(key)));
      }
      assertThat(ahead.look(keyspace, HASH)).isEqualTo(32);
      assertThat(ahead.touched())
          .as("a value is its key here")
          .isEqualTo(
              keys.subList(from, from + 32).stream().mapToInt(key -> key[key.length - 1]).sum());
    }
  }

  @Test
  void nothingIsFoundWhereNothingIs() {
    Lookahead ahead = new Lookahead(2);
    ahead.add(Ascii.bytes("key:0"));
    ahead.add(Ascii.bytes("{tag}:1"));
    assertThat(ahead.look(new Keyspace(HASH), HASH)).isZero();
    assertThat(new Lookahead(0).look(keyspace, HASH)).isZero();
  }

  @Test
  void aKeyIsKnownByItsVeryArrayAndOnlyFromTheLastOneOn() {
    byte[] first = Ascii.bytes("key:0");
    byte[] second = Ascii.bytes("{tag}:1");
    byte[] third = Ascii.bytes("key:2");
    Lookahead ahead = new Lookahead(3);
    ahead.add(first);
    ahead.add(second);
    ahead.add(third);
    assertThat(ahead.look(keyspace, HASH)).isEqualTo(3);
    assertThat(ahead.placeOf(first.clone())).isEqualTo(-1);
    assertThat(ahead.placeOf(second)).isEqualTo(1);
    assertThat(ahead.slot(1)).isEqualTo(HashSlot.of(second));
    assertThat(ahead.hash(1)).isEqualTo(HASH.hash(second));
    assertThat(ahead.placeOf(first)).as("it was passed").isEqualTo(-1);
    assertThat(ahead.placeOf(third)).isEqualTo(2);
  }

  /** Commands of one group see what those before them have done to keys that were looked for. */
  @Test
  void whatChangesBehindTheLookIsSeen() {
    byte[][] soon = {Ascii.bytes("key:0"), Ascii.bytes("key:2"), Ascii.bytes("new")};
    keyspace.lookAhead(soon, soon.length);
    keyspace.beginWrite(2, 2);
    assertThat(keyspace.exists(soon[0])).isTrue();
    keyspace.clear(slot -> true);
    assertThat(keyspace.exists(soon[1])).isFalse();
    keyspace.put(soon[2], StringValue.of(soon[2]), EventClass.STRING, "set");
    assertThat(keyspace.exists(Ascii.bytes("new"))).isTrue();
  }
}
