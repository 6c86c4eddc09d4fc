package io.flotilla.statemachine.expiry;

/**
 * A thing with a deadline that a {@link DeadlineHeap} keeps a place for. The setters are the heap's
 * own; nobody else calls them.
 */
public interface Expirable {
  /** No deadline. */
  long NEVER = -1;

  /** The place of a thing that is in no heap. */
  int NOWHERE = -1;

  /** The deadline, Unix time in milliseconds. */
  long deadlineMillis();

  /** Sets the deadline; called by the heap. */
  void deadlineMillis(long millis);

  /** The place in the heap's array, or {@link #NOWHERE}. */
  int place();

  /** Sets the place; called by the heap. */
  void place(int place);
}
