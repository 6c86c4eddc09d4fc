package io.flotilla.chaos.nemesis;

import java.time.Duration;
import java.util.Random;

/** One kind of fault, as in {@code --faults}. */
public interface Fault {
  /** As in {@code --faults}. */
  String name();

  /**
   * Does it. What it cannot do at this moment it leaves, and says so.
   *
   * @return what was done and how it is undone
   */
  Injected inject(Stage stage, Random random);

  /**
   * A fault that is there.
   *
   * @param what for reports: whom it hit, and how
   * @param dwell how long it is to last
   * @param heal undoes it
   */
  record Injected(String what, Duration dwell, Runnable heal) {
    /** Something that happens once and needs no healing. */
    static Injected atOnce(String what) {
      return new Injected(what, Duration.ZERO, () -> {});
    }
  }
}
