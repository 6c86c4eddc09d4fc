package io.flotilla.node.proposal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a Raft group drives: a shard's machine or the metadata machine with the node's wiring around
 * it.
 *
 * <p>All methods are called on the group's {@link ShardLoop}, one at a time and in log order. An
 * exception thrown by one of them ends the process: the machine's own errors are replies, never
 * exceptions.
 */
public interface ReplicatedMachine {
  /**
   * Applies the committed entry at (term, index).
   *
   * @param entry its bytes, read only, valid during the call
   * @param own the proposal, if this very replica proposed it in the current process and still
   *     knows it
   */
  void apply(long term, long index, ByteBuffer entry, @Nullable Proposal own);

  /**
   * Passes an entry that carries nothing for the machine (Raft's configuration and metadata
   * entries).
   */
  void pass(long term, long index);

  /** Tells of a change in what the local division knows of its leader. */
  void leaderChanged(ShardLog.@Nullable LeaderHint leader, boolean selfIsLeader);

  /** Tells that the local division, which leads, serves from now on. */
  default void leaderReady() {}

  /**
   * Begins an exact cut of the state as of the last applied position. The cut's writer is called on
   * another thread; the machine keeps applying meanwhile.
   */
  SnapshotCut beginSnapshot();

  /**
   * Replaces the whole state by a snapshot that {@link SnapshotCut#writeTo} wrote; validates all
   * before it touches any.
   */
  void restore(LogPosition position, InputStream snapshot) throws IOException;

  /** An exact cut in the making. */
  interface SnapshotCut {
    /** The position of the cut. */
    LogPosition position();

    /** Writes the cut; called once, off the loop, blocking allowed. */
    void writeTo(OutputStream out) throws IOException;

    /** Gives the cut up, written or not; idempotent; any thread. */
    void close();
  }
}
