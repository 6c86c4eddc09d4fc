package io.flotilla.node.proposal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * All chance of a simulated run, written down as it is drawn, so that the run can be played again
 * from a part of it.
 *
 * <p>A run is a function of its tape. That is what makes it small again: whatever is cut out of the
 * tape of a run that fails, or set to 0, gives another run, and if that fails too it is a simpler
 * one ({@link Shrinker}). The method is that of Hypothesis (MacIver and Donaldson, 2020).
 *
 * <p>A tape has pieces, one for each step of the run. Where a step is played that draws more or
 * less than it did, or one is missing, those behind it still draw what they did; and one of several
 * is chosen by how far along it stood, so that it is often the same if there are a few more or
 * fewer. Without both, a cut changes all that comes later, and what is rare does not happen again.
 */
final class Tape extends Random {
  private static final long serialVersionUID = 1L;
  private static final int[] NOTHING = {};

  private final int[][] played;
  private final boolean recording;
  private final transient SplittableRandom source;
  private final transient SplittableRandom calmSource = new SplittableRandom(7);
  private final transient List<int[]> pieces = new ArrayList<>();
  private int[] drawn = new int[64];
  private int count;
  private boolean calm;

  private Tape(long seed, boolean recording, int[][] played) {
    super(0);
    this.source = new SplittableRandom(seed);
    this.recording = recording;
    this.played = played;
  }

  /** A new one from a seed. */
  static Tape recording(long seed) {
    return new Tape(seed, true, new int[0][]);
  }

  /** What was drawn before; behind the end of a piece chance is always the same. */
  static Tape playing(int[][] pieces) {
    return new Tape(0, false, pieces);
  }

  /** From here on nothing is written down, and chance is always the same; or again as usual. */
  void calm(boolean isCalm) {
    calm = isCalm;
  }

  /** A step begins, and with it a piece of the tape. */
  void step() {
    if (!calm) {
      pieces.add(Arrays.copyOf(drawn, count));
      count = 0;
    }
  }

  /** Whether a tape that is played has come to its last piece. */
  boolean isOver() {
    return !recording && pieces.size() + 1 >= played.length;
  }

  /** What was drawn so far, piece by piece. */
  int[][] drawn() {
    List<int[]> all = new ArrayList<>(pieces);
    all.add(Arrays.copyOf(drawn, count));
    return all.toArray(int[][]::new);
  }

  /** How much was drawn so far. */
  int size() {
    return count + pieces.stream().mapToInt(piece -> piece.length).sum();
  }

  @Override
  public int nextInt(int bound) {
    return (int) ((next(31) * (long) bound) >> 31);
  }

  @Override
  protected int next(int bits) {
    if (calm) {
      return calmSource.nextInt() >>> (Integer.SIZE - bits);
    }
    int[] piece = pieces.size() < played.length ? played[pieces.size()] : NOTHING;
    int draw = count < piece.length ? piece[count] : source.nextInt();
    if (count == drawn.length) {
      drawn = Arrays.copyOf(drawn, count * 2);
    }
    drawn[count++] = draw;
    return draw >>> (Integer.SIZE - bits);
  }
}
