package io.flotilla.node.proposal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A failing seed of ten thousand draws is of use only if what matters in it can be found. */
final class ShrinkerTest {
  private static int[][] pieces(Random random, int count) {
    int[][] pieces = new int[count][];
    Arrays.setAll(pieces, i -> random.ints(1 + random.nextInt(4), 10, 1000).toArray());
    return pieces;
  }

  private static boolean holds(int[][] tape, int what) {
    return Arrays.stream(tape).flatMapToInt(Arrays::stream).anyMatch(d -> d == what);
  }

  @Test
  void onlyWhatMattersIsLeft() {
    int[][] tape = pieces(new Random(1), 5000);
    tape[1234] = new int[] {7};
    tape[4321] = new int[] {9, 1};
    int[][] left = new Shrinker(t -> holds(t, 7) && holds(t, 9), 2000).shrink(tape);
    assertThat(left).isDeepEqualTo(new int[][] {{7}, {9, 1}});
  }

  @Test
  void whatMustStayLongIsMadePlain() {
    int[][] left = new Shrinker(t -> t.length >= 200, 5000).shrink(pieces(new Random(2), 300));
    assertThat(left.length).isEqualTo(200);
    assertThat(Arrays.stream(left).flatMapToInt(Arrays::stream).distinct()).containsExactly(0);
  }

  @Test
  void itGivesUpWhenItsTriesAreOver() {
    int[][] tape = pieces(new Random(3), 1000);
    assertThat(new Shrinker(t -> t.length == 1000, 10).shrink(tape).length).isEqualTo(1000);
  }

  @Test
  void aTapePlaysWhatItRecorded() {
    Tape recorded = Tape.recording(3);
    long[] first = recorded.longs(20).toArray();
    recorded.step();
    long[] second = recorded.longs(20).toArray();
    Tape played = Tape.playing(recorded.drawn());
    assertThat(played.longs(20).toArray()).isEqualTo(first);
    assertThat(played.isOver()).isFalse();
    played.step();
    assertThat(played.longs(20).toArray()).isEqualTo(second);
    assertThat(played.isOver()).isTrue();
  }

  @Test
  void aStepThatDrawsMoreOrLessChangesNoneBehindIt() {
    Tape recorded = Tape.recording(4);
    assertThat(recorded.longs(20)).hasSize(20);
    recorded.step();
    long[] second = recorded.longs(20).toArray();
    for (int drawn : new int[] {0, 5, 30}) {
      Tape played = Tape.playing(recorded.drawn());
      assertThat(played.longs(drawn)).hasSize(drawn);
      played.step();
      assertThat(played.longs(20).toArray()).as("after %s draws", drawn).isEqualTo(second);
    }
  }

  @Test
  void itDrawsEvenly() {
    int[] counts = new int[7];
    Tape tape = Tape.recording(5);
    for (int i = 0; i < 70_000; i++) {
      counts[tape.nextInt(7)]++;
    }
    for (int count : counts) {
      assertThat(count).isBetween(9_500, 10_500);
    }
  }
}
