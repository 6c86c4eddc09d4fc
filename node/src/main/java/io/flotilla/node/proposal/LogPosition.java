package io.flotilla.node.proposal;

/**
 * A place in a Raft log: the entry's term and index (both from 0; -1 where there is no entry yet).
 */
public record LogPosition(long term, long index) {
  /** Before the first entry. */
  public static final LogPosition NONE = new LogPosition(-1, -1);
}
