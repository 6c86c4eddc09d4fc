package io.flotilla.statemachine.datatypes;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** A list beside an array list: the same elements after whatever happened at ends and middle. */
class ListValueTest {
  private static final EncodingLimits LIMITS = EncodingLimits.DEFAULT;

  private static List<String> elements(ListValue list) {
    List<String> elements = new ArrayList<>();
    list.forEach(element -> elements.add(Ascii.text(element)));
    return elements;
  }

  private static void push(ListValue list, byte[] element, boolean left, EncodingLimits limits) {
    list.expect(1, element.length, limits);
    if (left) {
      list.pushLeft(element);
    } else {
      list.pushRight(element);
    }
  }

  private static EncodingLimits limits(int listMaxListpackSize) {
    return new EncodingLimits(
        128, 64, listMaxListpackSize, 0, 512, 128, 64, 128, 64, 4096, 100, 3000);
  }

  @Property(tries = 300)
  void aListAnswersAsItsTwin(@ForAll long seed) {
    Random random = new Random(seed);
    EncodingLimits limits = limits(List.of(-2, -1, -5, 10, 128).get(random.nextInt(5)));
    ListValue list = ListValue.empty();
    List<String> twin = new ArrayList<>();
    int distinct = 1 + random.nextInt(30);
    int pushes = 2 + random.nextInt(12);
    for (int step = 0; step < 400; step++) {
      boolean left = random.nextBoolean();
      byte[] element =
          random.nextInt(3) == 0 ? Elements.any(random) : Elements.among(random, distinct);
      switch (random.nextInt(10)) {
        case 0, 1, 2 -> {
          for (int i = 0; i < pushes; i++) {
            push(list, element, left, limits);
            twin.add(left ? 0 : twin.size(), Ascii.text(element));
          }
        }
        case 3 -> {
          if (!twin.isEmpty()) {
            assertThat(Ascii.text(left ? list.popLeft() : list.popRight()))
                .isEqualTo(twin.remove(left ? 0 : twin.size() - 1));
            list.shrunk(limits);
          }
        }
        case 4 -> {
          int count = random.nextInt(Math.min(twin.size(), 40) + 1);
          if (left) {
            list.removeLeft(count);
            twin.subList(0, count).clear();
          } else {
            list.removeRight(count);
            twin.subList(twin.size() - count, twin.size()).clear();
          }
          list.shrunk(limits);
        }
        case 5 -> {
          if (!twin.isEmpty()) {
            int index = random.nextInt(twin.size());
            assertThat(Ascii.text(list.get(index))).isEqualTo(twin.get(index));
            list.expect(1, element.length, limits);
            list.set(index, element);
            twin.set(index, Ascii.text(element));
            list.shrunk(limits);
          }
        }
        case 6 -> {
          byte[] pivot = Elements.among(random, distinct);
          int at = twin.indexOf(Ascii.text(pivot));
          assertThat(list.insertBeside(pivot, left, element, limits)).isEqualTo(at >= 0);
          if (at >= 0) {
            twin.add(left ? at : at + 1, Ascii.text(element));
          }
        }
        case 7 -> {
          byte[] sought = Elements.among(random, distinct);
          int most = random.nextInt(4) == 0 ? Integer.MAX_VALUE : random.nextInt(3);
          assertThat(list.remove(sought, left, most))
              .isEqualTo(removeFromTwin(twin, Ascii.text(sought), left, most));
          list.shrunk(limits);
        }
        case 8 -> {
          byte[] sought = Elements.among(random, distinct);
          int most = random.nextInt(twin.size() + 2);
          List<Long> found = new ArrayList<>();
          list.find(sought, left, most, found::add);
          assertThat(found).isEqualTo(foundInTwin(twin, Ascii.text(sought), left, most));
        }
        default -> {
          int from = random.nextInt(twin.size() + 1);
          int count = random.nextInt(twin.size() - from + 1);
          List<String> range = new ArrayList<>();
          list.forEach(from, count, shown -> range.add(Ascii.text(shown)));
          assertThat(range).isEqualTo(twin.subList(from, from + count));
        }
      }
      list.validate();
      assertThat(list.size()).isEqualTo(twin.size());
    }
    assertThat(elements(list)).isEqualTo(twin);
  }

  private static long removeFromTwin(List<String> twin, String sought, boolean fromTail, int most) {
    long removed = 0;
    while (removed < most) {
      int at = fromTail ? twin.lastIndexOf(sought) : twin.indexOf(sought);
      if (at < 0) {
        break;
      }
      twin.remove(at);
      removed++;
    }
    return removed;
  }

  private static List<Long> foundInTwin(
      List<String> twin, String sought, boolean fromTail, int most) {
    List<Long> found = new ArrayList<>();
    for (int i = 0; i < Math.min(most, twin.size()); i++) {
      int at = fromTail ? twin.size() - 1 - i : i;
      if (twin.get(at).equals(sought)) {
        found.add((long) at);
      }
    }
    return found;
  }

  @Property(tries = 100)
  void aCopyACaptureAndARestoredListStayAsTheyWere(@ForAll long seed) {
    Random random = new Random(seed);
    ListValue list = ListValue.empty();
    int length = random.nextInt(2000);
    for (int i = 0; i < length; i++) {
      push(list, Elements.any(random), random.nextBoolean(), LIMITS);
    }
    List<String> before = elements(list);
    ListValue copy = list.copy();
    var captured = list.capture();
    for (int i = 0; i < 200 && !list.isEmpty(); i++) {
      list.set(random.nextInt((int) list.size()), Elements.any(random));
      list.remove(list.get(0), random.nextBoolean(), 1);
      push(list, Elements.any(random), random.nextBoolean(), LIMITS);
    }
    list.validate();

    assertThat(elements(copy)).isEqualTo(before);
    ListValue restored = ListValue.restoring(copy.isLarge());
    Elements.shown(captured).forEach(element -> restored.restore((byte[]) element));
    restored.validate();
    assertThat(elements(restored)).isEqualTo(before);
    assertThat(restored.encoding()).isEqualTo(copy.encoding());
  }

  /** Redis 7.2: a list is a listpack up to one node's size, and again below half of it. */
  @Test
  void aListLeavesTheCompactEncodingAtItsNodeSizeAndComesBackAtHalf() {
    EncodingLimits ten = limits(10);
    ListValue list = ListValue.empty();
    for (int i = 0; i < 10; i++) {
      push(list, Ascii.bytes("e" + i), false, ten);
    }
    assertThat(list.encoding()).isEqualTo("listpack");
    push(list, Ascii.bytes("e10"), false, ten);
    assertThat(list.encoding()).isEqualTo("quicklist");
    list.removeLeft(5);
    list.shrunk(ten);
    assertThat(list.encoding()).isEqualTo("quicklist");
    list.removeLeft(1);
    list.shrunk(ten);
    assertThat(list.encoding()).isEqualTo("listpack");
    assertThat(elements(list)).containsExactly("e6", "e7", "e8", "e9", "e10");
  }

  @Test
  void aQueueThatIsPushedAndPoppedStaysSmallInMemory() {
    ListValue queue = ListValue.empty();
    for (int i = 0; i < 100; i++) {
      push(queue, Ascii.bytes("job:" + i), false, LIMITS);
    }
    for (int i = 100; i < 100_000; i++) {
      push(queue, Ascii.bytes("job:" + i), false, LIMITS);
      assertThat(Ascii.text(queue.popLeft())).isEqualTo("job:" + (i - 100));
    }
    queue.validate();
    assertThat(queue.capacity()).isLessThan(3000);
  }
}
