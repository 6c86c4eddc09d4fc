package io.flotilla.statemachine.datatypes;

/**
 * Sees the elements of a value in their order: members, elements, fields each followed by its
 * value. What digests and snapshots are made by.
 *
 * <p>Bytes are shown where they lie, without a copy, and must not be changed. They are valid during
 * the call; those that come from a capture ({@link Chunks}) stay what they are, but for {@link
 * #piece}.
 */
public interface ElementVisitor {
  /** Sees an element of {@code length} bytes from {@code from}. */
  void element(byte[] array, int from, int length);

  /** Sees the score of the member before. */
  void score(double score);

  /** Sees the next bytes of a string. */
  void piece(byte[] array, int from, int length);
}
