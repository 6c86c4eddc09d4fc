package io.flotilla.node.session;

/**
 * How fast a count grows, by what it was at the last few looks.
 *
 * <p>Redis looks sixteen times within 1.6 seconds; here a look sums all commands' counters, and one
 * a second costs an idle node nothing. Any thread.
 */
final class Rate {
  /** A rate is of at most so many looks, less one, times what lies between two of them. */
  private static final int LOOKS = 4;

  private final long[] counts = new long[LOOKS];
  private final long[] nanos = new long[LOOKS];
  private int looks;

  /** The count as of now. One that is smaller than the last began anew, and the rate with it. */
  synchronized void tell(long count, long atNanos) {
    if (looks > 0 && count < counts[looks - 1]) {
      looks = 0;
    }
    if (looks == LOOKS) {
      System.arraycopy(counts, 1, counts, 0, LOOKS - 1);
      System.arraycopy(nanos, 1, nanos, 0, LOOKS - 1);
      looks--;
    }
    counts[looks] = count;
    nanos[looks] = atNanos;
    looks++;
  }

  /** So many a second between the first and the last of these looks; 0 before there are two. */
  synchronized long perSecond() {
    if (looks < 2) {
      return 0;
    }
    long took = nanos[looks - 1] - nanos[0];
    return took <= 0 ? 0 : Math.round((counts[looks - 1] - counts[0]) * 1e9 / took);
  }
}
