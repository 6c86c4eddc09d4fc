package io.flotilla.statemachine.keyspace;

/** The class of a key event, by the letter of {@code notify-keyspace-events}. */
public enum EventClass {
  /** DEL, EXPIRE, RENAME and other commands for any type. */
  GENERIC('g'),
  /** String commands. */
  STRING('$'),
  /** List commands. */
  LIST('l'),
  /** Set commands. */
  SET('s'),
  /** Hash commands. */
  HASH('h'),
  /** Sorted set commands. */
  SORTED_SET('z'),
  /** Stream commands. */
  STREAM('t'),
  /** A key that was removed because its deadline had passed. */
  EXPIRED('x'),
  /** A key that was removed to make room. */
  EVICTED('e'),
  /** A key that did not exist before. */
  NEW('n');

  private final char letter;

  EventClass(char letter) {
    this.letter = letter;
  }

  /** The letter in {@code notify-keyspace-events}. */
  public char letter() {
    return letter;
  }
}
