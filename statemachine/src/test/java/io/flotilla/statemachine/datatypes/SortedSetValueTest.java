package io.flotilla.statemachine.datatypes;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.SipHash;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** A sorted set beside a map that is sorted anew each time: scores, ranks, ranges, removals. */
class SortedSetValueTest {
  private static final SipHash HASH = new SipHash(7, 8);
  private static final EncodingLimits LIMITS = EncodingLimits.DEFAULT;

  private static List<String> shown(SortedSetValue set) {
    List<String> shown = new ArrayList<>();
    set.forEach((member, score) -> shown.add(score + " " + Ascii.text(member)));
    return shown;
  }

  /** Members in the order of (score, member); Latin-1 text compares as its bytes do. */
  private static List<String> ordered(Map<String, Double> twin) {
    List<String> members = new ArrayList<>(twin.keySet());
    members.sort(
        Comparator.comparingDouble((String member) -> twin.getOrDefault(member, 0.0) + 0.0)
            .thenComparing(Comparator.naturalOrder()));
    return members;
  }

  private static List<String> shown(Map<String, Double> twin) {
    return ordered(twin).stream().map(member -> twin.get(member) + " " + member).toList();
  }

  private static double score(Random random, int distinct) {
    return switch (random.nextInt(8)) {
      case 0 -> random.nextInt(distinct) / 4.0;
      case 1 -> -random.nextInt(distinct);
      case 2 -> random.nextInt(20) == 0 ? Double.POSITIVE_INFINITY : random.nextGaussian();
      case 3 -> random.nextInt(20) == 0 ? Double.NEGATIVE_INFINITY : 1e18 * random.nextInt(9);
      default -> random.nextInt(distinct);
    };
  }

  @Property(tries = 300)
  void aSortedSetAnswersAsItsTwin(@ForAll long seed) {
    Random random = new Random(seed);
    SortedSetValue set = SortedSetValue.empty(HASH, false);
    Map<String, Double> twin = new HashMap<>();
    int distinct = 1 + random.nextInt(random.nextBoolean() ? 100 : 1500);
    int scores = 1 + random.nextInt(200);
    for (int step = 0; step < 400; step++) {
      byte[] member =
          random.nextInt(10) == 0 ? Elements.any(random) : Elements.among(random, distinct);
      String name = Ascii.text(member);
      switch (random.nextInt(8)) {
        case 0, 1, 2, 3, 4 -> {
          double score = score(random, scores);
          assertThat(set.put(member, score, LIMITS)).isEqualTo(twin.put(name, score) == null);
        }
        case 5 -> assertThat(set.remove(member)).isEqualTo(twin.remove(name) != null);
        case 6 -> {
          List<String> order = ordered(twin);
          assertThat(set.rank(member)).isEqualTo(order.indexOf(name));
          double bound = score(random, scores);
          assertThat(set.membersBelow(bound, false))
              .isEqualTo(twin.values().stream().filter(score -> score < bound).count());
          assertThat(set.membersBelow(bound, true))
              .isEqualTo(twin.values().stream().filter(score -> score <= bound).count());
        }
        default -> {
          int from = random.nextInt(twin.size() + 1);
          int count = random.nextInt(twin.size() - from + 1);
          List<String> order = ordered(twin);
          List<String> up = new ArrayList<>();
          List<String> down = new ArrayList<>();
          set.visitRange(from, count, false, (m, score) -> up.add(Ascii.text(m)));
          if (count > 0) {
            set.visitRange(from + count - 1, count, true, (m, score) -> down.add(Ascii.text(m)));
          }
          assertThat(up).isEqualTo(order.subList(from, from + count));
          Collections.reverse(down);
          assertThat(down).isEqualTo(up);
          if (random.nextInt(10) == 0) {
            set.removeRange(from, count);
            order.subList(from, from + count).forEach(twin::remove);
          }
        }
      }
      assertThat(set.size()).isEqualTo(twin.size());
      if (step % 20 == 0) {
        set.validate();
      }
    }
    set.validate();
    assertThat(shown(set)).isEqualTo(shown(twin));
    SortedSetValue restored = SortedSetValue.empty(HASH, set.isLarge());
    List<Object> seen = Elements.shown(set.capture());
    for (int i = 0; i < seen.size(); i += 2) {
      restored.restore((byte[]) seen.get(i), (Double) seen.get(i + 1));
    }
    restored.validate();
    assertThat(shown(restored)).isEqualTo(shown(set));
    assertThat(restored.encoding()).isEqualTo(set.encoding());
  }

  @Property(tries = 50)
  void membersOfOneScoreAreOrderedByTheirBytes(@ForAll long seed) {
    Random random = new Random(seed);
    SortedSetValue set = SortedSetValue.empty(HASH, false);
    Set<String> twin = new HashSet<>();
    int size = random.nextInt(600);
    for (int i = 0; i < size; i++) {
      byte[] member = Elements.any(random);
      set.put(member, 3, LIMITS);
      twin.add(Ascii.text(member));
    }
    for (int i = 0; i < 50; i++) {
      byte[] bound = random.nextBoolean() ? Elements.any(random) : Elements.among(random, 100);
      String text = Ascii.text(bound);
      assertThat(set.membersBefore(bound, false))
          .isEqualTo(twin.stream().filter(member -> member.compareTo(text) < 0).count());
      assertThat(set.membersBefore(bound, true))
          .isEqualTo(twin.stream().filter(member -> member.compareTo(text) <= 0).count());
    }
  }

  @Property(tries = 50)
  void aCopyStaysAsItWas(@ForAll long seed) {
    Random random = new Random(seed);
    SortedSetValue set = SortedSetValue.empty(HASH, false);
    int distinct = random.nextBoolean() ? 100 : 1000;
    for (int i = 0; i < distinct; i++) {
      set.put(Elements.among(random, distinct), score(random, 50), LIMITS);
    }
    List<String> before = shown(set);
    SortedSetValue copy = set.copy();
    Chunks captured = set.capture();
    for (int i = 0; i < 300; i++) {
      set.put(Elements.among(random, distinct), score(random, 50), LIMITS);
      set.remove(Elements.among(random, distinct));
    }
    set.validate();
    copy.validate();
    assertThat(shown(copy)).isEqualTo(before);
    List<String> seen = new ArrayList<>();
    List<Object> pairs = Elements.shown(captured);
    for (int i = 0; i < pairs.size(); i += 2) {
      seen.add(pairs.get(i + 1) + " " + Ascii.text((byte[]) pairs.get(i)));
    }
    assertThat(seen).isEqualTo(before);
  }

  @Test
  void aSortedSetLeavesTheCompactEncodingAtRedissLimitsAndStaysOut() {
    SortedSetValue set = SortedSetValue.empty(HASH, false);
    for (int i = 0; i < 128; i++) {
      set.put(Ascii.bytes("m" + i), i, LIMITS);
    }
    assertThat(set.encoding()).isEqualTo("listpack");
    set.put(Ascii.bytes("m5"), 1000, LIMITS);
    assertThat(set.encoding()).isEqualTo("listpack");
    set.put(Ascii.bytes("m128"), 128, LIMITS);
    assertThat(set.encoding()).isEqualTo("skiplist");
    set.removeRange(0, 128);
    assertThat(set.encoding()).isEqualTo("skiplist");
    assertThat(shown(set)).containsExactly("1000.0 m5");
  }
}
