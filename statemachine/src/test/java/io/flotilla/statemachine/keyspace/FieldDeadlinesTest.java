package io.flotilla.statemachine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.expiry.Expirable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Fields go as keys do: invisible when they are due, removed by the first write or the sweep. */
class FieldDeadlinesTest {
  private static final byte[] KEY = Ascii.bytes("key");
  private static final byte[] A = Ascii.bytes("a");
  private static final byte[] B = Ascii.bytes("b");
  private static final EncodingLimits LIMITS = EncodingLimits.DEFAULT;

  private final SipHash hash = new SipHash(1, 2);
  private final Keyspace keyspace = new Keyspace(hash);

  private HashValue withDeadline(byte[] field, long deadline) {
    HashValue value = HashValue.empty(hash);
    value.set(A, A, LIMITS);
    value.set(B, B, LIMITS);
    value.deadline(field, deadline);
    return value;
  }

  private List<String> due(long now) {
    List<String> due = new ArrayList<>();
    keyspace.due(now, 100, key -> due.add(Ascii.text(key)));
    return due;
  }

  @Example
  void aReadAheadOfMachineTimeMustWait() {
    keyspace.beginWrite(1000, 1);
    keyspace.put(KEY, withDeadline(A, 1500), EventClass.HASH, "hset");
    keyspace.beginRead(1499, 1000);
    assertThat(Objects.requireNonNull(keyspace.read(KEY, DataType.HASH)).size()).isEqualTo(2);
    assertThat(keyspace.metDeadlineAhead()).isFalse();
    keyspace.beginRead(1500, 1000);
    assertThat(Objects.requireNonNull(keyspace.read(KEY, DataType.HASH)).contains(A)).isFalse();
    assertThat(keyspace.metDeadlineAhead()).isTrue();
    keyspace.beginRead(1600, 1500);
    assertThat(Objects.requireNonNull(keyspace.read(KEY, DataType.HASH)).contains(B)).isTrue();
    assertThat(keyspace.metDeadlineAhead()).isFalse();
  }

  @Example
  void theSweepRemovesFieldsAndAnEmptiedKey() {
    keyspace.beginWrite(1000, 1);
    keyspace.put(KEY, withDeadline(A, 1500), EventClass.HASH, "hset");
    assertThat(due(1499)).isEmpty();
    assertThat(due(1500)).containsExactly("key");
    assertThat(keyspace.firstDeadlineMillis()).isEqualTo(1500);
    keyspace.beginWrite(1500, 2);
    assertThat(keyspace.expire(KEY)).isTrue();
    assertThat(due(9999)).isEmpty();
    HashValue left = Objects.requireNonNull(keyspace.modify(KEY, DataType.HASH));
    assertThat(left.size()).isEqualTo(1);
    left.deadline(B, 1600);
    keyspace.changed(KEY, left, EventClass.HASH, "hexpire");
    keyspace.beginWrite(1600, 3);
    assertThat(keyspace.expire(KEY)).isTrue();
    assertThat(keyspace.exists(KEY)).isFalse();
    assertThat(keyspace.size()).isZero();
    assertThat(keyspace.lastDeletion(keyspace.slotOf(KEY))).isEqualTo(3);
  }

  @Example
  void aSweepOfVeryManyFieldsGoesOnWithTheNext() {
    keyspace.beginWrite(1000, 1);
    HashValue many = HashValue.empty(hash);
    for (int i = 0; i < 15_000; i++) {
      byte[] field = Ascii.bytes("field:" + i);
      many.set(field, A, LIMITS);
      many.deadline(field, 1500);
    }
    keyspace.put(KEY, many, EventClass.HASH, "hset");
    keyspace.beginWrite(1500, 2);
    assertThat(keyspace.expire(KEY)).isTrue();
    assertThat(due(1500)).containsExactly("key");
    keyspace.beginRead(1500, 1500);
    assertThat(keyspace.exists(KEY)).as("what is left is due too").isFalse();
    keyspace.beginWrite(1500, 3);
    assertThat(keyspace.expire(KEY)).isTrue();
    assertThat(keyspace.size()).isZero();
  }

  @Example
  void theKeysOwnDeadlineIsAnother() {
    keyspace.beginWrite(1000, 1);
    keyspace.put(KEY, withDeadline(A, 1500), EventClass.HASH, "hset");
    assertThat(keyspace.sizeWithDeadline()).isZero();
    keyspace.deadline(KEY, 1200, "expire");
    assertThat(keyspace.sizeWithDeadline()).isEqualTo(1);
    assertThat(keyspace.deadlineMillis(KEY)).isEqualTo(1200);
    assertThat(keyspace.firstDeadlineMillis()).isEqualTo(1200);
    keyspace.deadline(KEY, Expirable.NEVER, "persist");
    assertThat(keyspace.sizeWithDeadline()).isZero();
    assertThat(keyspace.firstDeadlineMillis()).isEqualTo(1500);
    HashValue value = Objects.requireNonNull(keyspace.modify(KEY, DataType.HASH));
    value.persist(A);
    keyspace.changed(KEY, value, EventClass.HASH, "hpersist");
    assertThat(keyspace.firstDeadlineMillis()).isEqualTo(Expirable.NEVER);
    keyspace.deadline(KEY, 1300, "expire");
    keyspace.remove(KEY, EventClass.GENERIC, "del");
    assertThat(keyspace.sizeWithDeadline()).isZero();
  }

  @Example
  void aRestoredKeyIsSweptToo() {
    keyspace.beginWrite(1000, 1);
    keyspace.restore(KEY, withDeadline(A, 1500), Expirable.NEVER, 7);
    assertThat(due(1500)).containsExactly("key");
  }

  /** The dumb twin: maps of values and deadlines, looked at field by field. */
  @Property(tries = 300)
  void answersLikeMapsWhateverTheHistory(@ForAll long seed) {
    Keyspace own = new Keyspace(hash);
    Random random = new Random(seed);
    Map<String, Long> twin = new HashMap<>(); // −1: without a deadline
    int fields = random.nextBoolean() ? 10 : 400;
    long now = 1000;
    for (int i = 0; i < 600; i++) {
      now += random.nextInt(3) == 0 ? random.nextInt(8) : 0;
      long time = now;
      twin.values().removeIf(deadline -> deadline >= 0 && deadline <= time);
      String name = "f" + random.nextInt(fields);
      byte[] field = Ascii.bytes(name);
      if (random.nextInt(4) == 0) {
        own.beginRead(now, now);
        HashValue value = own.read(KEY, DataType.HASH);
        assertThat(value == null ? 0 : value.size()).as("seed %s", seed).isEqualTo(twin.size());
        if (value != null) {
          assertThat(value.contains(field)).isEqualTo(twin.containsKey(name));
          assertThat(value.deadlineMillis(field)).isEqualTo(twin.getOrDefault(name, -1L));
          value.validate();
        }
        continue;
      }
      own.beginWrite(now, i);
      HashValue there = own.modify(KEY, DataType.HASH);
      HashValue value = there == null ? HashValue.empty(hash) : there;
      switch (random.nextInt(6)) {
        case 0, 1, 2 -> {
          value.set(field, Ascii.bytes("" + i), LIMITS);
          twin.put(name, -1L);
        }
        case 3 -> {
          if (twin.containsKey(name)) {
            long deadline = now + 1 + random.nextInt(30);
            value.deadline(field, deadline);
            twin.put(name, deadline);
          }
        }
        case 4 -> {
          assertThat(value.persist(field)).isEqualTo(twin.getOrDefault(name, -1L) >= 0);
          twin.computeIfPresent(name, (f, old) -> -1L);
        }
        default -> assertThat(value.remove(field)).isEqualTo(twin.remove(name) != null);
      }
      if (there != null || !value.isEmpty()) {
        own.changed(KEY, value, EventClass.HASH, "test");
      }
    }
  }
}
