package io.flotilla.node.proposal;

import java.nio.ByteBuffer;

/**
 * One entry on its way into a group's log, and the one who waits for its fate.
 *
 * <pre>
 *   propose ──▶ refused                                     certainly not done
 *      │
 *      ▼
 *   appended ──▶ apply(own = this)                          done
 *      │
 *      ├──▶ unknown ──▶ apply(own = this)                   done after all, even under another leader
 *      │       │
 *      │       └──────▶ overtaken                           certainly not done after all
 *      └──▶ (the process dies: nothing more is told)
 * </pre>
 *
 * <p>{@link #refused}, {@link #unknown} and {@link #overtaken} are called on the group's loop,
 * never within {@code propose}, each at most once; after {@code unknown} nothing more may come (the
 * replica took a snapshot from elsewhere), so whoever waits keeps a deadline.
 */
public interface Proposal {
  /** The entry's bytes, position 0 to limit; read only, stable until an outcome. */
  ByteBuffer entry();

  /** The entry did not reach the log: certainly not done. */
  void refused(Refusal why);

  /**
   * The entry takes this place in the local log (not committed). Told before any other outcome but
   * {@code refused}, on the thread that proposes and under Raft's lock: only note it.
   */
  default void appended(LogPosition position) {}

  /** The entry may or may not be committed later: leadership was lost, or the log is closing. */
  void unknown(String why);

  /**
   * After {@link #unknown}: another entry was applied at the place that this one had taken, so it
   * is certainly not done.
   */
  default void overtaken() {}

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
