package io.flotilla.statemachine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.StringValue;
import java.util.Objects;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * A short string is overwritten where it lies. A reply that still waits to be sent must not change
 * by that, nor a command's arguments, which the slow log shows, by what later commands do.
 */
class OverwrittenInPlaceTest {
  private static final byte[] KEY = Ascii.bytes("key");

  private final Keyspace keyspace = new Keyspace(new SipHash(1, 2));

  private void set(byte[] value) {
    keyspace.beginWrite(1, 1);
    keyspace.put(KEY, StringValue.of(value), EventClass.STRING, "set");
  }

  private byte[] get() {
    keyspace.beginRead(1, 1);
    return Objects.requireNonNull(keyspace.read(KEY, DataType.STRING)).bytes();
  }

  /** Lengths on both sides of what counts as short. */
  @Property
  void neitherWhatWasPutInNorWhatWasGivenOutEverChanges(
      @ForAll @IntRange(max = 600) int first, @ForAll @IntRange(max = 600) int second) {
    byte[] putFirst = bytes('a', first);
    byte[] putSecond = bytes('b', second);
    set(putFirst);
    byte[] gotFirst = get();
    set(putSecond);
    byte[] gotSecond = get();
    set(bytes('c', second));
    assertThat(putFirst).isEqualTo(bytes('a', first));
    assertThat(gotFirst).isEqualTo(bytes('a', first));
    assertThat(putSecond).isEqualTo(bytes('b', second));
    assertThat(gotSecond).isEqualTo(bytes('b', second));
    assertThat(get()).isEqualTo(bytes('c', second));
  }

  @Example
  void aValueOfTheSameLengthKeepsItsKeysDeadlineOnlyIfItIsTold() {
    set(bytes('a', 8));
    keyspace.deadline(KEY, 1_000, "expire");
    keyspace.changed(KEY, StringValue.of(bytes('b', 8)));
    assertThat(keyspace.deadlineMillis(KEY)).isEqualTo(1_000);
    assertThat(get()).isEqualTo(bytes('b', 8));
    set(bytes('c', 8));
    assertThat(keyspace.deadlineMillis(KEY)).isNegative();
    assertThat(get()).isEqualTo(bytes('c', 8));
  }

  private static byte[] bytes(char each, int length) {
    return Ascii.bytes(String.valueOf(each).repeat(length));
  }
}
