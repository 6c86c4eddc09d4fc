package io.flotilla.node.raft;

import io.flotilla.statemachine.metadata.NodeId;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * For how long a leader has not committed what is in its log.
 *
 * <p>Entries wait for a majority, and where there is none they wait for long: that is to be told.
 * What a majority holds is committed in the next moment. A leader was seen that had ceased to look,
 * with an entry that all of its group had: that is to be ended.
 *
 * <p>Any thread; it is told the time.
 */
final class CommitWatch {
  private boolean waits;
  private boolean withholds;
  private long committed = -1;
  private long held = -1;
  private long waitsSince;
  private long withholdsSince;

  /**
   * Takes note of how the leader stands.
   *
   * @param nowCommitted its commit index
   * @param nowHeld what it and a majority hold
   * @param last the last entry of its log
   */
  synchronized void look(long nowCommitted, long nowHeld, long last, long nowNanos) {
    boolean nowWaits = last > nowCommitted;
    if (!waits || !nowWaits || nowCommitted != committed) {
      waitsSince = nowNanos;
    }
    boolean nowWithholds = nowHeld > nowCommitted;
    if (!withholds || !nowWithholds || nowCommitted != committed || nowHeld != held) {
      withholdsSince = nowNanos;
    }
    waits = nowWaits;
    withholds = nowWithholds;
    committed = nowCommitted;
    held = nowHeld;
  }

  /** For how long entries have waited while none was committed, in milliseconds; 0 if none does. */
  synchronized long waitsMillis(long nowNanos) {
    return waits ? TimeUnit.NANOSECONDS.toMillis(nowNanos - waitsSince) : 0;
  }

  /**
   * For how long the same entries have been held by a majority and not committed, in milliseconds;
   * 0 if there are none. A follower that catches up with what an earlier leader left moves them on:
   * such entries wait for one of this leader's.
   */
  synchronized long withholdsMillis(long nowNanos) {
    return withholds ? TimeUnit.NANOSECONDS.toMillis(nowNanos - withholdsSince) : 0;
  }

  /**
   * The last entry that more than half of the voters hold; -1 if there is none.
   *
   * @param indexes the last entry that each is known to hold; whoever is missing holds none
   */
  static long heldByMajority(Set<NodeId> voters, Map<NodeId, Long> indexes) {
    long[] sorted = voters.stream().mapToLong(v -> indexes.getOrDefault(v, -1L)).sorted().toArray();
    return sorted.length == 0 ? -1 : sorted[(sorted.length - 1) / 2];
  }
}
