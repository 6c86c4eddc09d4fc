package io.flotilla.chaos.workload;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Keys that are used for a while and then left for new ones: checkers are linear or worse in how
 * much happens to one key, and much worse in how many outcomes of one key are open.
 *
 * @param prefix the run and the workload
 * @param live how many are used at once
 * @param usesPerKey about how often each is used before it is left
 */
record Keys(String prefix, int live, int usesPerKey, AtomicLong uses) {
  Keys(String prefix, int live, int usesPerKey) {
    this(prefix, live, usesPerKey, new AtomicLong());
  }

  /** A key to use now. */
  String next(java.util.Random random) {
    long generation = uses.getAndIncrement() / ((long) live * usesPerKey);
    return prefix + ":" + generation + ":" + random.nextInt(live);
  }
}
