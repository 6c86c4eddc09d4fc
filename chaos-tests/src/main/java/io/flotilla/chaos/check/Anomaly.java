package io.flotilla.chaos.check;

/** Something in a history that the promise rules out. */
public record Anomaly(Kind kind, String explanation) {
  /** The names of Adya's thesis, and Elle's, for what goes wrong between transactions. */
  public enum Kind {
    /** A transaction does not see what itself has read or written before. */
    INTERNAL(true),
    /** A value of a transaction that certainly was not done was read. */
    G1A(true),
    /** A value that its transaction had followed by another one was read as the last. */
    G1B(true),
    /** A value was read that nobody had appended. */
    GARBAGE(true),
    /** A value stands twice in a list. */
    DUPLICATE(true),
    /** Two reads of a list of which neither begins with the other. */
    INCOMPATIBLE_ORDER(true),
    /** An acknowledged value is not there in the end. */
    LOST_APPEND(true),
    /** A cycle of writes. */
    G0(true),
    /** A cycle of writes and reads of what was written. */
    G1C(true),
    /** A cycle with exactly one read that missed a write. */
    G_SINGLE(true),
    /** A cycle with several reads that missed writes. */
    G2(true),
    /** {@link #G0} if what had ended before another began counts too. */
    G0_REALTIME(false),
    /** {@link #G1C}, likewise. */
    G1C_REALTIME(false),
    /** {@link #G_SINGLE}, likewise: a stale read. */
    G_SINGLE_REALTIME(false),
    /** {@link #G2}, likewise. */
    G2_REALTIME(false);

    private final boolean refutesSerializability;

    Kind(boolean refutesSerializability) {
      this.refutesSerializability = refutesSerializability;
    }

    /** Whether not even some order regardless of time explains it. */
    public boolean refutesSerializability() {
      return refutesSerializability;
    }
  }

  @Override
  public String toString() {
    return kind + ": " + explanation;
  }
}
