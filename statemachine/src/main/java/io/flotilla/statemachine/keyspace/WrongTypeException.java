package io.flotilla.statemachine.keyspace;

/**
 * A command met a key that holds another type; the kernel turns it into Redis's reply. Without a
 * stack: it is an answer.
 */
public final class WrongTypeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  WrongTypeException() {
    super("WRONGTYPE Operation against a key holding the wrong kind of value", null, false, false);
  }
}
