package io.flotilla.statemachine.datatypes;

/**
 * The elements of a value as they were at one instant, in pieces of some KB, in order: what a
 * snapshot encodes at its leisure while the value changes.
 *
 * <p>Made in time proportional to the number of pieces; the pieces are shared with the value, which
 * copies one before it changes it. So the extra memory is what is written meanwhile.
 *
 * <p>Shown once, from the first piece to the last, on the thread of the value; whoever stops before
 * says {@link #close}.
 */
public interface Chunks {
  /** The number of pieces. */
  int count();

  /** Shows the elements of one piece, 0 to {@link #count} − 1, in their order. */
  void show(int chunk, ElementVisitor visitor);

  /** Lets go of a capture that is not shown to its end: the value need not keep it any more. */
  void close();

  /** Shows the elements of all pieces in their order. */
  default void showAll(ElementVisitor visitor) {
    for (int chunk = 0; chunk < count(); chunk++) {
      show(chunk, visitor);
    }
  }

  /** The pieces of one, then those of the other. */
  record Both(Chunks first, Chunks second) implements Chunks {
    @Override
    public int count() {
      return first.count() + second.count();
    }

    @Override
    public void show(int chunk, ElementVisitor visitor) {
      int ofFirst = first.count();
      if (chunk < ofFirst) {
        first.show(chunk, visitor);
      } else {
        second.show(chunk - ofFirst, visitor);
      }
    }

    @Override
    public void close() {
      first.close();
      second.close();
    }
  }

  /** Leaves that their value copies before it changes them. */
  final class Leaves implements Chunks {
    private final Leaf[] leaves;
    private final Form form;

    /** How elements stand in a leaf. */
    interface Form {
      void show(Leaf leaf, ElementVisitor visitor);
    }

    Leaves(Leaf[] leaves, Form form) {
      this.leaves = leaves;
      this.form = form;
    }

    /** One leaf that nobody else has. */
    static Leaves of(Leaf leaf, Form form) {
      return new Leaves(new Leaf[] {leaf}, form);
    }

    @Override
    public int count() {
      return leaves.length;
    }

    @Override
    public void show(int chunk, ElementVisitor visitor) {
      form.show(leaves[chunk], visitor);
    }

    @Override
    public void close() {
      // the value owns none of these leaves since the capture, and needs not be told
    }
  }
}
