package io.flotilla.statemachine.datatypes;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.SipHash;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** A hash beside a map: the same answers, whatever happened; and an order that no history moves. */
class HashValueTest {
  private static final SipHash HASH = new SipHash(1, 2);
  private static final EncodingLimits LIMITS = EncodingLimits.DEFAULT;

  /** The dumb twin keeps Latin-1 text of fields and values in the order of their coming. */
  private static void compare(HashValue value, Map<String, String> twin) {
    value.validate();
    assertThat(value.size()).isEqualTo(twin.size());
    Map<String, String> seen = new LinkedHashMap<>();
    value.forEach((field, content) -> seen.put(Ascii.text(field), Ascii.text(content)));
    assertThat(seen).isEqualTo(twin);
    if (!value.isLarge()) {
      assertThat(seen.keySet()).containsExactlyElementsOf(twin.keySet());
    }
  }

  @Property(tries = 200)
  void aHashAnswersAsItsTwin(@ForAll long seed) {
    Random random = new Random(seed);
    HashValue value = HashValue.empty(HASH);
    Map<String, String> twin = new LinkedHashMap<>();
    int distinct = 1 + random.nextInt(random.nextBoolean() ? 100 : 2000);
    for (int step = 0; step < 400; step++) {
      byte[] field =
          random.nextInt(10) == 0 ? Elements.any(random) : Elements.among(random, distinct);
      String name = Ascii.text(field);
      switch (random.nextInt(8)) {
        case 0, 1, 2, 3 -> {
          byte[] content = random.nextInt(10) == 0 ? Elements.any(random) : Ascii.bytes("v" + step);
          assertThat(value.set(field, content, LIMITS))
              .isEqualTo(twin.put(name, Ascii.text(content)) == null);
        }
        case 4, 5 -> assertThat(value.remove(field)).isEqualTo(twin.remove(name) != null);
        case 6 -> {
          byte[] got = value.get(field);
          assertThat(got == null ? null : Ascii.text(got)).isEqualTo(twin.get(name));
          assertThat(value.contains(field)).isEqualTo(twin.containsKey(name));
          assertThat(value.valueLength(field)).isEqualTo(twin.getOrDefault(name, "").length());
        }
        default -> {
          if (!twin.isEmpty()) {
            long rank = random.nextInt(twin.size());
            List<String> order = new ArrayList<>();
            value.forEach((f, v) -> order.add(Ascii.text(f)));
            value.visitRank(
                rank,
                (f, v) -> {
                  assertThat(Ascii.text(f)).isEqualTo(order.get((int) rank));
                  assertThat(Ascii.text(v)).isEqualTo(twin.get(Ascii.text(f)));
                });
          }
        }
      }
      value.validate();
    }
    compare(value, twin);
  }

  @Property(tries = 50)
  void theOrderOfALargeHashIsAFunctionOfItsFields(@ForAll long seed) {
    Random random = new Random(seed);
    HashValue one = HashValue.empty(HASH);
    HashValue other = HashValue.empty(HASH);
    List<byte[]> fields = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      fields.add(Ascii.bytes("field:" + i));
    }
    fields.forEach(field -> one.set(field, field, LIMITS));
    java.util.Collections.shuffle(fields, random);
    for (byte[] field : fields) {
      other.set(Ascii.bytes("gone:" + Ascii.text(field)), field, LIMITS);
      other.set(field, field, LIMITS);
    }
    fields.forEach(field -> other.remove(Ascii.bytes("gone:" + Ascii.text(field))));

    assertThat(order(other)).isEqualTo(order(one));
  }

  private static List<String> order(HashValue value) {
    List<String> order = new ArrayList<>();
    value.forEach((field, content) -> order.add(Ascii.text(field)));
    return order;
  }

  @Test
  void aSmallHashKeepsTheOrderOfComing() {
    HashValue value = HashValue.empty(HASH);
    for (String field : List.of("z", "a", "5", "a", "b")) {
      value.set(Ascii.bytes(field), Ascii.bytes("v"), LIMITS);
    }
    value.remove(Ascii.bytes("a"));
    value.set(Ascii.bytes("a"), Ascii.bytes("v"), LIMITS);

    assertThat(order(value)).containsExactly("z", "5", "b", "a");
    assertThat(value.encoding()).isEqualTo("listpack");
  }

  @Test
  void aHashLeavesTheCompactEncodingAtRedissLimitsAndStaysOut() {
    HashValue many = HashValue.empty(HASH);
    for (int i = 0; i < 128; i++) {
      many.set(Ascii.bytes("f" + i), Ascii.bytes("v"), LIMITS);
    }
    assertThat(many.encoding()).isEqualTo("listpack");
    many.set(Ascii.bytes("f127"), Ascii.bytes("x".repeat(64)), LIMITS);
    assertThat(many.encoding()).isEqualTo("listpack");
    many.set(Ascii.bytes("f128"), Ascii.bytes("v"), LIMITS);
    assertThat(many.encoding()).isEqualTo("hashtable");
    for (int i = 0; i < 128; i++) {
      many.remove(Ascii.bytes("f" + i));
    }
    assertThat(many.encoding()).isEqualTo("hashtable");

    HashValue longValue = HashValue.empty(HASH);
    longValue.set(Ascii.bytes("f"), Ascii.bytes("x".repeat(65)), LIMITS);
    assertThat(longValue.encoding()).isEqualTo("hashtable");
  }

  /** The promise of SCAN: what is there throughout is seen, whatever comes and goes meanwhile. */
  @Property(tries = 100)
  void aFieldThatStaysIsSeenByAScanThroughGrowthAndShrink(@ForAll long seed) {
    Random random = new Random(seed);
    HashValue value = HashValue.empty(HASH);
    Set<String> staying = new HashSet<>();
    for (int i = 0; i < 200 + random.nextInt(800); i++) {
      value.set(Ascii.bytes("stay:" + i), Ascii.bytes("v"), LIMITS);
      staying.add("stay:" + i);
    }
    Set<String> seen = new HashSet<>();
    long cursor = 0;
    do {
      cursor = value.scan(cursor, 1 + random.nextInt(20), (f, v) -> seen.add(Ascii.text(f)));
      assertThat(cursor).isLessThan(1L << 53);
      for (int i = 0; i < random.nextInt(60); i++) {
        byte[] passing = Ascii.bytes("pass:" + random.nextInt(3000));
        if (random.nextInt(3) == 0) {
          value.remove(passing);
        } else {
          value.set(passing, Ascii.bytes("x".repeat(random.nextInt(300))), LIMITS);
        }
      }
      if (random.nextInt(10) == 0) {
        value = restored(value); // another replica answers from here on
      }
    } while (cursor != 0);

    assertThat(seen).containsAll(staying);
  }

  @Test
  void aScanOfAHashAtRestShowsEachFieldOnce() {
    HashValue value = HashValue.empty(HASH);
    for (int i = 0; i < 5000; i++) {
      value.set(Ascii.bytes("f" + i), Ascii.bytes("v"), LIMITS);
    }
    List<String> seen = new ArrayList<>();
    long cursor = 0;
    do {
      cursor = value.scan(cursor, 10, (f, v) -> seen.add(Ascii.text(f)));
    } while (cursor != 0);

    assertThat(seen).hasSize(5000).doesNotHaveDuplicates();
  }

  @Test
  void aCursorFromNowhereEndsTheScan() {
    HashValue value = HashValue.empty(HASH);
    for (int i = 0; i < 500; i++) {
      value.set(Ascii.bytes("f" + i), Ascii.bytes("v"), LIMITS);
    }
    for (long cursor : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, (1L << 32) + 1}) {
      assertThat(value.scan(cursor, 10, (f, v) -> {})).isZero();
    }
  }

  private static HashValue restored(HashValue value) {
    HashValue restored = HashValue.restoring(HASH, value.isLarge());
    List<Object> shown = Elements.shown(value.capture());
    for (int i = 0; i < shown.size(); i += 2) {
      restored.restore((byte[]) shown.get(i), (byte[]) shown.get(i + 1));
    }
    restored.validate();
    assertThat(order(restored)).isEqualTo(order(value));
    assertThat(restored.encoding()).isEqualTo(value.encoding());
    return restored;
  }

  @Property(tries = 100)
  void aCopyAndACaptureStayAsTheyWere(@ForAll long seed) {
    Random random = new Random(seed);
    HashValue value = HashValue.empty(HASH);
    Map<String, String> twin = new LinkedHashMap<>();
    int distinct = random.nextBoolean() ? 100 : 1000;
    for (int i = 0; i < distinct; i++) {
      step(random, distinct, value, twin);
    }
    HashValue copy = value.copy();
    Map<String, String> copyTwin = new LinkedHashMap<>(twin);
    Chunks captured = value.capture();
    Map<String, String> capturedTwin = new TreeMap<>(twin);
    for (int i = 0; i < distinct; i++) {
      step(random, distinct, value, twin);
      step(random, distinct, copy, copyTwin);
    }

    compare(value, twin);
    compare(copy, copyTwin);
    Map<String, String> seen = new TreeMap<>();
    List<Object> shown = Elements.shown(captured);
    for (int i = 0; i < shown.size(); i += 2) {
      seen.put(Ascii.text((byte[]) shown.get(i)), Ascii.text((byte[]) shown.get(i + 1)));
    }
    assertThat(seen).isEqualTo(capturedTwin);
  }

  private static void step(Random random, int distinct, HashValue value, Map<String, String> twin) {
    byte[] field = Elements.among(random, distinct);
    if (random.nextInt(3) == 0) {
      value.remove(field);
      twin.remove(Ascii.text(field));
    } else {
      byte[] content = Elements.any(random);
      value.set(field, content, LIMITS);
      twin.put(Ascii.text(field), Ascii.text(content));
    }
  }

  @Test
  void aFieldMayHoldMuchMoreThanALeaf() {
    HashValue value = HashValue.empty(HASH);
    byte[] huge = new byte[3_000_000];
    Arrays.fill(huge, (byte) 'h');
    for (int i = 0; i < 300; i++) {
      value.set(Ascii.bytes("f" + i), i % 100 == 0 ? huge : Ascii.bytes("v"), LIMITS);
      value.validate();
    }
    assertThat(value.get(Ascii.bytes("f200"))).isEqualTo(huge);
    value.set(Ascii.bytes("f200"), Ascii.bytes("small"), LIMITS);
    value.validate();
    assertThat(value.get(Ascii.bytes("f200"))).isEqualTo(Ascii.bytes("small"));
    assertThat(value.size()).isEqualTo(300);
  }
}
