package io.flotilla.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How much of a virtual machine's processor time went to other machines while something was
 * measured (the column steal of /proc/stat). Where that is a lot, the figure says more about the
 * neighbours than about what was measured.
 */
final class StolenTime {
  private final long stolen;
  private final long all;

  private StolenTime(long stolen, long all) {
    this.stolen = stolen;
    this.all = all;
  }

  /** The counters now; all 0 where the system does not tell. */
  static StolenTime now() {
    try {
      return of(Files.readString(Path.of("/proc/stat"), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return new StolenTime(0, 0);
    }
  }

  /**
   * The counters in the words of /proc/stat, whose first line adds up all processors: user nice
   * system idle iowait irq softirq steal, then guests, which are in user already.
   */
  static StolenTime of(String stat) {
    String[] cells = stat.lines().findFirst().orElse("").strip().split(" +", -1);
    if (cells.length < 9 || !cells[0].equals("cpu")) {
      return new StolenTime(0, 0);
    }
    long all = 0;
    for (int i = 1; i <= 8; i++) {
      all += Long.parseLong(cells[i]);
    }
    return new StolenTime(Long.parseLong(cells[8]), all);
  }

  /** Percent of all processors' time, from here to a later look. */
  double percentUntil(StolenTime later) {
    return later.all == all ? 0 : 100.0 * (later.stolen - stolen) / (later.all - all);
  }
}
