package io.flotilla.chaos.check;

/**
 * What a linearizability checker says. {@link Unknown} is no pass: a run that could not be judged
 * has failed.
 */
public sealed interface Verdict {
  /** There is an order of the operations that explains everything. */
  record Linearizable() implements Verdict {}

  /**
   * There is none.
   *
   * @param explanation the longest order that was found, and what could not follow it
   */
  record Illegal(String explanation) implements Verdict {}

  /** The search was given up. */
  record Unknown(String why) implements Verdict {}

  /** Whether all is well, which nothing but {@link Linearizable} says. */
  default boolean passes() {
    return this instanceof Linearizable;
  }
}
