package io.flotilla.statemachine.datatypes;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.SipHash;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * A set beside a linked hash set: the same answers in all three forms, and through their changes.
 */
class SetValueTest {
  private static final SipHash HASH = new SipHash(5, 6);
  private static final EncodingLimits LIMITS = EncodingLimits.DEFAULT;

  private static List<String> members(SetValue set) {
    List<String> members = new ArrayList<>();
    set.forEach(member -> members.add(Ascii.text(member)));
    return members;
  }

  private static byte[] member(Random random, int kind, int distinct) {
    return switch (kind) {
      case 0 -> Ascii.bytes(Integer.toString(random.nextInt(distinct) - distinct / 2));
      case 1 ->
          Ascii.bytes(Long.toString((random.nextInt(distinct) - distinct / 2L) * 10_000_000_019L));
      case 2 -> Elements.among(random, distinct);
      default -> Elements.any(random);
    };
  }

  @Property(tries = 300)
  void aSetAnswersAsItsTwin(@ForAll long seed) {
    Random random = new Random(seed);
    SetValue set = SetValue.empty(HASH, SetValue.Form.INTEGERS);
    Set<String> twin = new LinkedHashSet<>();
    int distinct = 1 + random.nextInt(random.nextBoolean() ? 60 : 1200);
    int stranger = random.nextInt(400);
    int kind = random.nextInt(2);
    for (int step = 0; step < 500; step++) {
      if (step >= stranger) {
        kind = random.nextInt(4);
      }
      byte[] member = member(random, kind, distinct);
      String name = Ascii.text(member);
      if (random.nextInt(3) > 0) {
        assertThat(set.add(member, LIMITS)).isEqualTo(twin.add(name));
      } else {
        assertThat(set.remove(member)).isEqualTo(twin.remove(name));
      }
      byte[] sought = member(random, kind, distinct);
      assertThat(set.contains(sought)).isEqualTo(twin.contains(Ascii.text(sought)));
      assertThat(set.size()).isEqualTo(twin.size());
      set.validate();
    }
    List<String> order = members(set);
    assertThat(order).doesNotHaveDuplicates();
    assertThat(new HashSet<>(order)).isEqualTo(twin);
    for (int rank = 0; rank < order.size(); rank += 7) {
      assertThat(Ascii.text(set.at(rank))).isEqualTo(order.get(rank));
    }
    SetValue restored = SetValue.empty(HASH, set.form());
    Elements.shown(set.capture()).forEach(member -> restored.restore((byte[]) member));
    restored.validate();
    assertThat(members(restored)).isEqualTo(order);
    assertThat(restored.encoding()).isEqualTo(set.encoding());
  }

  @Test
  void integersAscendWhateverTheirWidth() {
    SetValue set = SetValue.empty(HASH, SetValue.Form.INTEGERS);
    for (String member :
        List.of("5", "-3", "70000", "9223372036854775807", "4", "-9223372036854775808")) {
      set.add(Ascii.bytes(member), LIMITS);
      set.validate();
    }
    assertThat(members(set))
        .containsExactly("-9223372036854775808", "-3", "4", "5", "70000", "9223372036854775807");
    assertThat(set.encoding()).isEqualTo("intset");
    set.add(Ascii.bytes("word"), LIMITS);
    assertThat(set.encoding()).isEqualTo("listpack");
    assertThat(members(set)).endsWith("70000", "9223372036854775807", "word");
  }

  @Test
  void aSetChangesItsFormAtRedissLimits() {
    SetValue integers = SetValue.empty(HASH, SetValue.Form.INTEGERS);
    for (int i = 0; i < 512; i++) {
      integers.add(Ascii.bytes("" + i), LIMITS);
    }
    assertThat(integers.encoding()).isEqualTo("intset");
    SetValue copy = integers.copy();
    copy.add(Ascii.bytes("512"), LIMITS);
    assertThat(copy.encoding()).isEqualTo("hashtable");
    integers.add(Ascii.bytes("word"), LIMITS);
    assertThat(integers.encoding()).isEqualTo("hashtable");

    SetValue small = SetValue.empty(HASH, SetValue.Form.SMALL);
    for (int i = 0; i < 128; i++) {
      small.add(Ascii.bytes("m" + i), LIMITS);
    }
    assertThat(small.encoding()).isEqualTo("listpack");
    small.add(Ascii.bytes("m128"), LIMITS);
    assertThat(small.encoding()).isEqualTo("hashtable");

    SetValue longMember = SetValue.empty(HASH, SetValue.Form.SMALL);
    longMember.add(Ascii.bytes("x".repeat(65)), LIMITS);
    assertThat(longMember.encoding()).isEqualTo("hashtable");
  }

  @Property(tries = 50)
  void aMemberThatStaysIsSeenByAScan(@ForAll long seed) {
    Random random = new Random(seed);
    SetValue set = SetValue.empty(HASH, SetValue.Form.SMALL);
    Set<String> staying = new TreeSet<>();
    for (int i = 0; i < 500; i++) {
      set.add(Ascii.bytes("stay:" + i), LIMITS);
      staying.add("stay:" + i);
    }
    Set<String> seen = new HashSet<>();
    long cursor = 0;
    do {
      cursor = set.scan(cursor, 1 + random.nextInt(30), member -> seen.add(Ascii.text(member)));
      for (int i = 0; i < random.nextInt(100); i++) {
        byte[] passing = Ascii.bytes("pass:" + random.nextInt(2000));
        if (random.nextBoolean()) {
          set.add(passing, LIMITS);
        } else {
          set.remove(passing);
        }
      }
    } while (cursor != 0);
    assertThat(seen).containsAll(staying);
  }
}
