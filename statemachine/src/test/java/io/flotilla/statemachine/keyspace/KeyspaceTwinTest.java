package io.flotilla.statemachine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.expiry.Expirable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/**
 * The keyspace beside a dumb twin, a map: random operations, equal answers. Keys are drawn so that
 * slots hold none, one or many, and one hash tag holds enough to split ranges and double
 * directories; deletions come in waves, so that ranges join again. Of every two groups of keys one
 * is looked for ahead: what is remembered from there must not hide what the group's own operations
 * do.
 */
class KeyspaceTwinTest {
  private static final SipHash HASH = new SipHash(7, 11);

  /** So many keys are looked for ahead at once. */
  private static final int GROUP = 16;

  /** What the twin knows of a key. */
  private record Twin(String text, long deadline, long version) {}

  private final Keyspace keyspace = new Keyspace(HASH);
  private final Map<String, Twin> twin = new TreeMap<>();
  private final Map<Integer, Long> lastDeletions = new HashMap<>();
  private long now = 1_000_000;
  private long index;

  @Property(tries = 25)
  void answersLikeAMapWhateverTheHistory(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 6000) int keys) {
    Random random = new Random(seed);
    for (int wave = 0; wave < 4; wave++) {
      int deletions = wave % 2 == 0 ? 2 : 7; // of ten: a growing wave, then a shrinking one
      for (int step = 0; step < keys; step += GROUP) {
        byte[][] group = group(random, keys);
        if (random.nextBoolean()) {
          keyspace.lookAhead(group, GROUP);
        }
        for (byte[] key : group) {
          index++;
          keyspace.beginWrite(now, index);
          int dice = random.nextInt(10);
          if (dice < deletions) {
            delete(key);
          } else if (dice < 8) {
            set(key, "v" + index);
          } else if (dice == 8) {
            expire(key, random.nextBoolean() ? now + 1 + random.nextInt(50) : Expirable.NEVER);
          } else {
            now += random.nextInt(3);
          }
          if (random.nextInt(2 * keys) == 0) {
            clear(HashSlot.of(group[GROUP - 1]));
          }
          agrees(key);
        }
      }
      agrees();
    }
  }

  /** Keys, some of them several times. */
  private static byte[][] group(Random random, int keys) {
    byte[][] group = new byte[GROUP][];
    for (int i = 0; i < GROUP; i++) {
      group[i] =
          i > 0 && random.nextInt(3) == 0
              ? group[random.nextInt(i)].clone()
              : Ascii.bytes(key(random, keys));
    }
    return group;
  }

  private static String key(Random random, int keys) {
    int number = random.nextInt(keys);
    return number % 3 == 0 ? "key:" + number : "{tag}:" + number;
  }

  private void set(byte[] bytes, String text) {
    String key = Ascii.text(bytes);
    forgetDue(key);
    keyspace.put(bytes, StringValue.of(Ascii.bytes(text)), EventClass.STRING, "set");
    twin.put(key, new Twin(text, Expirable.NEVER, index));
  }

  private void delete(byte[] bytes) {
    String key = Ascii.text(bytes);
    forgetDue(key);
    boolean there = keyspace.remove(bytes, EventClass.GENERIC, "del");
    assertThat(there).isEqualTo(twin.remove(key) != null);
    if (there) {
      lastDeletions.put(HashSlot.of(bytes), index);
    }
  }

  private void clear(int slot) {
    index++;
    keyspace.beginWrite(now, index);
    boolean heldKeys = keyspace.sizeOfSlot(slot) > 0;
    keyspace.clear(each -> each == slot);
    twin.keySet().removeIf(key -> HashSlot.of(Ascii.bytes(key)) == slot);
    if (heldKeys) {
      lastDeletions.put(slot, index);
    }
  }

  private void expire(byte[] bytes, long deadline) {
    String key = Ascii.text(bytes);
    forgetDue(key);
    boolean there = keyspace.deadline(bytes, deadline, "expire");
    Twin known = twin.get(key);
    assertThat(there).isEqualTo(known != null);
    if (known != null) {
      twin.put(key, new Twin(known.text, deadline, index));
    }
  }

  /** A write that meets a key past its deadline removes it. */
  private void forgetDue(String key) {
    Twin known = twin.get(key);
    if (known != null && isDue(known)) {
      twin.remove(key);
      lastDeletions.put(HashSlot.of(Ascii.bytes(key)), index);
    }
  }

  private boolean isDue(Twin known) {
    return known.deadline != Expirable.NEVER && known.deadline <= now;
  }

  private void agrees(byte[] bytes) {
    keyspace.beginRead(now, now);
    Twin known = twin.get(Ascii.text(bytes));
    StringValue value = keyspace.read(bytes, DataType.STRING);
    if (known == null || isDue(known)) {
      assertThat(value).isNull();
    } else {
      assertThat(Ascii.text(Objects.requireNonNull(value).bytes())).isEqualTo(known.text);
    }
  }

  private void agrees() {
    keyspace.beginRead(now, now);
    assertThat(keyspace.size()).isEqualTo(twin.size());
    Map<Integer, Integer> sizes = new HashMap<>();
    twin.forEach((key, known) -> {
      byte[] bytes = Ascii.bytes(key);
      sizes.merge(HashSlot.of(bytes), 1, Integer::sum);
      StringValue value = keyspace.read(bytes, DataType.STRING);
      if (isDue(known)) {
        assertThat(value).as("a due key is absent before the sweep").isNull();
      } else {
        assertThat(Ascii.text(Objects.requireNonNull(value).bytes())).isEqualTo(known.text);
        assertThat(keyspace.deadlineMillis(bytes)).isEqualTo(known.deadline);
        assertThat(keyspace.versionOf(bytes)).isEqualTo(known.version);
      }
    });
    lastDeletions.forEach(
        (slot, deletion) -> assertThat(keyspace.lastDeletion(slot)).isEqualTo(deletion));
    int visited = 0;
    for (int slot = keyspace.nextSlotWithKeys(0);
        slot < HashSlot.COUNT;
        slot = keyspace.nextSlotWithKeys(slot + 1)) {
      assertThat(keyspace.sizeOfSlot(slot)).isEqualTo(sizes.get(slot));
      visited += visitedInOrder(slot);
    }
    assertThat(visited)
        .isEqualTo((int) twin.values().stream().filter(known -> !isDue(known)).count());
    List<String> due = new ArrayList<>();
    keyspace.due(now, Integer.MAX_VALUE, key -> due.add(Ascii.text(key)));
    assertThat(due)
        .containsExactlyInAnyOrderElementsOf(
            twin.entrySet().stream()
                .filter(entry -> isDue(entry.getValue()))
                .map(Map.Entry::getKey)
                .toList());
  }

  private int visitedInOrder(int slot) {
    List<byte[]> keys = new ArrayList<>();
    keyspace.visitSlot(slot, 0, (key, value, deadline) -> keys.add(key));
    for (int i = 1; i < keys.size(); i++) {
      assertThat(Long.compareUnsigned(HASH.hash(keys.get(i - 1)), HASH.hash(keys.get(i))))
          .isNegative();
    }
    if (!keys.isEmpty()) {
      byte[] middle = keys.get(keys.size() / 2);
      List<byte[]> rest = new ArrayList<>();
      keyspace.visitSlot(slot, HASH.hash(middle), (key, value, deadline) -> rest.add(key));
      assertThat(rest)
          .as("a visit from a hash begins there")
          .containsExactlyElementsOf(keys.subList(keys.size() / 2, keys.size()));
    }
    return keys.size();
  }

  /** SCAN's promise and the digest's: the order is a function of the keys, not of how they came. */
  @Property(tries = 20)
  void orderDoesNotDependOnHistory(@ForAll long seed) {
    Random random = new Random(seed);
    Keyspace other = new Keyspace(HASH);
    for (int i = 0; i < 3000; i++) {
      index++;
      keyspace.beginWrite(now, index);
      keyspace.put(Ascii.bytes("{t}" + i), value("x"), EventClass.STRING, "set");
    }
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      order.add(i);
    }
    java.util.Collections.shuffle(order, random);
    for (int i : order) {
      other.beginWrite(now, ++index);
      other.put(Ascii.bytes("{t}" + i), value("x"), EventClass.STRING, "set");
    }
    for (int i = 3000; i < 5000; i++) {
      other.beginWrite(now, ++index);
      other.remove(Ascii.bytes("{t}" + i), EventClass.GENERIC, "del");
    }
    assertThat(walked(other)).isEqualTo(walked(keyspace));
  }

  private static List<String> walked(Keyspace keyspace) {
    List<String> keys = new ArrayList<>();
    keyspace.visitSlot(
        HashSlot.of(Ascii.bytes("{t}")), 0, (key, value, deadline) -> keys.add(Ascii.text(key)));
    return keys;
  }

  private static Value value(String text) {
    return StringValue.of(Ascii.bytes(text));
  }

  /**
   * A read may not answer by a deadline that machine time has not reached: it says so, and the node
   * commits a time entry first.
   */
  @Test
  void readThatMeetsADeadlineAheadOfMachineTimeSaysSo() {
    byte[] key = Ascii.bytes("k");
    keyspace.beginWrite(1000, 1);
    keyspace.put(key, value("v"), EventClass.STRING, "set");
    keyspace.deadline(key, 1500, "expire");

    keyspace.beginRead(1499, 1000);
    assertThat(keyspace.exists(key)).isTrue();
    assertThat(keyspace.metDeadlineAhead()).isFalse();

    keyspace.beginRead(1500, 1000);
    assertThat(keyspace.exists(key)).isFalse();
    assertThat(keyspace.metDeadlineAhead()).isTrue();

    keyspace.beginRead(1500, 1500);
    assertThat(keyspace.exists(key)).isFalse();
    assertThat(keyspace.metDeadlineAhead())
        .as("machine time is there: the key is gone for good")
        .isFalse();
  }
}
