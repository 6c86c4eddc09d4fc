package io.flotilla.node.proposal;

import java.util.function.LongSupplier;

/**
 * The two clocks of a node: one that only advances, for waits, and the calendar's, for stamps.
 *
 * @param nanoTime as {@link System#nanoTime}
 * @param wallMillis Unix milliseconds; may leap and run back
 */
public record Clocks(LongSupplier nanoTime, LongSupplier wallMillis) {
  /** The machine's own. */
  public static final Clocks SYSTEM = new Clocks(System::nanoTime, System::currentTimeMillis);
}
