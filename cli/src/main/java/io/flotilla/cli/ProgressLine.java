package io.flotilla.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/**
 * How far something long has come: a bar that is drawn over itself on a terminal, else a line now
 * and then. On standard error, since it is no result.
 */
final class ProgressLine {
  private static final int BAR_COLUMNS = 24;
  private static final long DRAW_NANOS = Duration.ofMillis(200).toNanos();
  private static final long LINE_NANOS = Duration.ofSeconds(5).toNanos();
  private static final int NARROW = 60;

  private final PrintWriter to;
  private final boolean drawn;
  private final int width;
  private final String what;
  private final long fromBytes;
  private final long ofBytes;
  private final long begunNanos = System.nanoTime();
  private long shownNanos = begunNanos;
  private int longest;

  /**
   * A line for one thing.
   *
   * @param what what is done, in a word
   * @param fromBytes where it begins
   * @param ofBytes where it ends
   */
  ProgressLine(Context context, String what, long fromBytes, long ofBytes) {
    this.to = context.err();
    this.drawn = context.terminal().width() > 0;
    this.width = context.terminal().width();
    this.what = what;
    this.fromBytes = fromBytes;
    this.ofBytes = ofBytes;
  }

  /** It has come so far. */
  void at(long bytes, long keys) {
    long now = System.nanoTime();
    if (now - shownNanos < (drawn ? DRAW_NANOS : LINE_NANOS)) {
      return;
    }
    shownNanos = now;
    show(bytes, keys, now);
  }

  private void show(long bytes, long keys, long now) {
    double seconds = Math.max(1e-3, (now - begunNanos) / 1e9);
    double share = ofBytes == 0 ? 1 : Math.min(1, (double) bytes / ofBytes);
    long perSecond = (long) ((bytes - fromBytes) / seconds);
    String numbers =
        String.format(
            Locale.ROOT,
            "%3.0f %%  %s of %s  %d keys  %s/s",
            share * 100,
            Words.bytes(bytes),
            Words.bytes(ofBytes),
            keys,
            Words.bytes(perSecond));
    if (!drawn) {
      to.println(what + ": " + numbers.strip());
      to.flush();
      return;
    }
    if (perSecond > 0) {
      long left = (ofBytes - bytes) / perSecond;
      numbers += String.format(Locale.ROOT, "  %d:%02d left", left / 60, left % 60);
    }
    String bar = "";
    if (width >= NARROW + BAR_COLUMNS) {
      int full = (int) (share * BAR_COLUMNS);
      bar = "[" + "=".repeat(full) + " ".repeat(BAR_COLUMNS - full) + "] ";
    }
    String line = what + " " + bar + numbers;
    longest = Math.max(longest, line.length());
    to.print("\r" + line + " ".repeat(longest - line.length()));
    to.flush();
  }

  /** It is over, whatever it came to; what is printed next has a line of its own. */
  void end() {
    if (drawn && longest > 0) {
      to.print("\r" + " ".repeat(longest) + "\r");
      to.flush();
    }
  }
}
