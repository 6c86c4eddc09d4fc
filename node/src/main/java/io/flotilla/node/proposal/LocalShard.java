package io.flotilla.node.proposal;

import io.flotilla.node.proposal.ShardLog.LeaderHint;
import org.jspecify.annotations.Nullable;

/**
 * A shard of which this node holds a replica, as connections see it: the door to its log and to its
 * reads.
 *
 * <p>It takes requests whether or not this replica leads: one that cannot be served here is failed
 * with what is known ({@link Failure.NotLeader}), and nothing is sent on to another node behind the
 * client's back.
 */
public interface LocalShard {
  /** The shard's Raft group. */
  GroupId group();

  /**
   * Makes the strand of a connection that lives on the loop; called on that loop, once per
   * connection and shard.
   */
  Strand strand(ConnectionLoop loop, Asker asker);

  /**
   * Whether this replica leads and has applied an entry of its own term; may be stale the moment it
   * returns.
   */
  boolean isLeading();

  /** The local replica's current term: a leader of a lower one has been voted out. */
  long term();

  /**
   * How many replicas beside the leader have an acknowledged entry of this index on disk, as far as
   * is known here: exactly on the leader; elsewhere as many as any acknowledgement promises.
   */
  int replicasHolding(long index);

  /** Who leads, as far as the local replica knows. */
  @Nullable LeaderHint leader();
}
