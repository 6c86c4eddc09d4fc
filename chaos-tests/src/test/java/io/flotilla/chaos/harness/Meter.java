package io.flotilla.chaos.harness;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.workload.Actor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Counts how the operations of one workload end, second by second, and how long none was done. */
final class Meter implements Actor.Tally {
  /** One second of a run. */
  static final class Second {
    long ok;
    long fail;
    long info;
  }

  private final long beganNanos;
  private final Map<Long, Second> seconds = new TreeMap<>();
  private final List<String> unexpected = new ArrayList<>();
  private long ok;
  private long fail;
  private long info;
  private long lastOkNanos;
  private long longestGapNanos;
  private long longestTookNanos;

  Meter(long beganNanos) {
    this.beganNanos = beganNanos;
    this.lastOkNanos = beganNanos;
  }

  @Override
  public synchronized void ended(Ending<?> ending, long tookNanos) {
    long now = System.nanoTime();
    Second second =
        seconds.computeIfAbsent(
            TimeUnit.NANOSECONDS.toSeconds(now - beganNanos), s -> new Second());
    switch (ending) {
      case Ending.Ok<?> done -> {
        ok++;
        second.ok++;
        longestGapNanos = Math.max(longestGapNanos, now - lastOkNanos);
        longestTookNanos = Math.max(longestTookNanos, tookNanos);
        lastOkNanos = now;
      }
      case Ending.Fail<?> not -> {
        fail++;
        second.fail++;
      }
      case Ending.Info<?> open -> {
        info++;
        second.info++;
      }
    }
  }

  @Override
  public synchronized void unexpected(String what) {
    unexpected.add(what);
  }

  synchronized List<String> unexpected() {
    return List.copyOf(unexpected);
  }

  synchronized long ok() {
    return ok;
  }

  synchronized long fail() {
    return fail;
  }

  synchronized long info() {
    return info;
  }

  /** The longest time without an operation that was done, since the last call. */
  synchronized long takeLongestGapNanos() {
    long gap = Math.max(longestGapNanos, System.nanoTime() - lastOkNanos);
    longestGapNanos = 0;
    return gap;
  }

  synchronized long longestTookNanos() {
    return longestTookNanos;
  }

  synchronized Map<Long, long[]> seconds() {
    Map<Long, long[]> copy = new TreeMap<>();
    seconds.forEach(
        (second, counts) -> copy.put(second, new long[] {counts.ok, counts.fail, counts.info}));
    return copy;
  }
}
