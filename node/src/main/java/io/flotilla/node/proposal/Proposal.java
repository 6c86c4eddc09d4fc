package io.flotilla.node.proposal;

import java.nio.ByteBuffer;

/**
 * One entry on its way into a group's log, and the one who waits for its fate.
 *
 * <p>Outcomes: (1) {@link #refused}: it certainly did not and will not happen. (2) applied: {@link
 * ReplicatedMachine#apply} gets this object as {@code own}. (3) {@link #unknown}: it was handed to
 * Raft and its fate is not known to the caller of the log; it may be applied later, even under
 * another leader, and is then seen by its batch id in the entry.
 */
public interface Proposal {
  /** The entry's bytes, position 0 to limit; read only, stable until an outcome. */
  ByteBuffer entry();

  /** The entry did not reach the log: certainly not done. */
  void refused(Refusal why);

  /**
   * The entry reached the log at this position (not committed). Told before apply where Ratis tells
   * it; else never.
   */
  default void appended(LogPosition position) {}

  /** The entry may or may not be committed later. */
  void unknown(String why);

  /** Why an entry certainly did not reach the log. */
  enum Refusal {
    /** This replica does not lead the group. */
    NOT_LEADER,
    /** This replica leads, but has not yet applied an entry of its own term. */
    NOT_READY,
    /** The log's own queue is full. */
    OVERLOADED,
    /** The group is stopping or stopped. */
    CLOSED
  }
}
