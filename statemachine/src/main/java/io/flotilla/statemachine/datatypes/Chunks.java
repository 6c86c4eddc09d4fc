package io.flotilla.statemachine.datatypes;

/**
 * The elements of a value as they were at one instant, in pieces of some KB, in order: what a
 * snapshot encodes at its leisure while the value changes.
 *
 * <p>Made in time proportional to the number of pieces; the pieces are shared with the value, which
 * copies one before it changes it. May be read by one other thread after it has been handed over
 * safely.
 *
 * @param <V> who is shown the elements
 */
public final class Chunks<V> {
  private final int count;
  private final Show<V> show;

  /** Shows one piece to a visitor. */
  @FunctionalInterface
  interface Show<V> {
    void show(int chunk, V visitor);
  }

  Chunks(int count, Show<V> show) {
    this.count = count;
    this.show = show;
  }

  /** The number of pieces. */
  public int count() {
    return count;
  }

  /** Shows the elements of one piece, 0 to {@link #count} − 1, in their order. */
  public void forEach(int chunk, V visitor) {
    show.show(chunk, visitor);
  }

  /** Shows the elements of all pieces in their order. */
  public void forEach(V visitor) {
    for (int chunk = 0; chunk < count; chunk++) {
      forEach(chunk, visitor);
    }
  }
}
