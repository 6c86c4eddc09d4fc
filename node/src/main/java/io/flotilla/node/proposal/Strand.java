package io.flotilla.node.proposal;

/**
 * One connection's commands on one shard, which take effect in the order of their submission
 * (ARCHITECTURE §3).
 *
 * <p>A session asks {@link LocalShard#strand} for one strand per shard that it talks to, keeps it,
 * and puts everything for that shard through it. Writes gather into log entries with those of other
 * connections; reads wait for a confirmation round; a read with an unanswered write of the same
 * connection before it, or one behind it that arrives in the same pass, rides in the entry's batch
 * at its place; a write behind a read whose round has begun waits for that read. None of this is
 * the session's business. Across shards there is no order but the one in which the session writes
 * its replies.
 *
 * <p>Threads: the connection's own loop. Nothing blocks.
 */
public interface Strand {
  /**
   * Takes the request over; it is completed exactly once, later or (where it is refused at once)
   * during this call, always on the connection's loop.
   *
   * @return false if the shard is pressed: the request is taken, but no more of this connection's
   *     socket should be read until {@link Asker#relieved}
   */
  boolean submit(Request request);

  /**
   * The last entry of the shard's log that holds an answered command of this connection; 0 if there
   * is none. For WAIT.
   */
  long lastIndex();

  /** Whether every request that was submitted has been completed. */
  boolean isIdle();
}
