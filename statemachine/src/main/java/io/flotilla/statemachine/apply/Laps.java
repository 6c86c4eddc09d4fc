package io.flotilla.statemachine.apply;

/**
 * Told, item by item, that an item of a batch was answered: for who wants to know how long each
 * took. The clock is theirs; the machine only tells, and nothing comes back.
 */
@FunctionalInterface
public interface Laps {
  /** Nobody wants to know. */
  Laps UNTIMED = () -> {};

  /** The next item of the batch was answered; on the machine's thread. */
  void answered();
}
