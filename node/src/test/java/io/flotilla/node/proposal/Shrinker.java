package io.flotilla.node.proposal;

import java.util.Arrays;
import java.util.function.Predicate;

/**
 * Makes a {@link Tape} on which a run fails shorter and simpler, while it still fails: takes out
 * stretches of its pieces, from half of them down to single ones, then sets all draws of stretches
 * to 0, which is the plainest choice everywhere (the first of several, no fault, no delay).
 */
final class Shrinker {
  private final Predicate<int[][]> fails;
  private int triesLeft;

  /**
   * One use.
   *
   * @param fails whether the run on these pieces fails
   * @param tries how many runs it may take
   */
  Shrinker(Predicate<int[][]> fails, int tries) {
    this.fails = fails;
    this.triesLeft = tries;
  }

  /** The simplest tape found on which the run fails; this one does. */
  int[][] shrink(int[][] tape) {
    int[][] best = tape;
    int before;
    do {
      before = best.length;
      best = shortened(best);
    } while (best.length < before && triesLeft > 0);
    return zeroed(best);
  }

  private boolean stillFails(int[][] candidate) {
    return triesLeft-- > 0 && fails.test(candidate);
  }

  private int[][] shortened(int[][] tape) {
    int[][] best = tape;
    for (int size = Math.max(1, best.length / 2); size > 0 && triesLeft > 0; size /= 2) {
      for (int from = best.length - size; from >= 0 && triesLeft > 0; from -= size) {
        int[][] candidate = new int[best.length - size][];
        System.arraycopy(best, 0, candidate, 0, from);
        System.arraycopy(best, from + size, candidate, from, best.length - from - size);
        if (stillFails(candidate)) {
          best = candidate;
        }
      }
    }
    return best;
  }

  private int[][] zeroed(int[][] tape) {
    int[][] best = tape;
    for (int size = Math.max(1, best.length / 4); size > 0 && triesLeft > 0; size /= 2) {
      for (int from = 0; from + size <= best.length && triesLeft > 0; from += size) {
        int[][] candidate = best.clone();
        for (int i = from; i < from + size; i++) {
          candidate[i] = new int[best[i].length];
        }
        if (!Arrays.deepEquals(candidate, best) && stillFails(candidate)) {
          best = candidate;
        }
      }
    }
    return best;
  }
}
