package io.flotilla.node.raft;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a group stands on one node, for people and metrics; each field is read for itself, so they
 * may not fit together to the entry.
 *
 * @param roleMillis for how long it has been that
 * @param leader the leader as known here, or null
 * @param committed the highest index known here to be committed
 * @param logFirst the first entry that the log still holds; -1 for none
 * @param logLast the last entry of the log, committed or not
 * @param flushed the last entry that is on disk
 * @param waitsMillis a leader's: for how long entries of its log have waited while none was
 *     committed; 0 if none waits
 * @param snapshot the last entry that the newest reported snapshot holds; -1 for none
 * @param followers what a leader knows of the others; else empty
 */
public record GroupStatus(
    GroupId group,
    Role role,
    long roleMillis,
    long term,
    @Nullable LeaderHint leader,
    long committed,
    LogPosition applied,
    long logFirst,
    long logLast,
    long flushed,
    long waitsMillis,
    long snapshot,
    List<Peer> voters,
    List<Peer> listeners,
    List<Follower> followers) {
  public GroupStatus {
    voters = List.copyOf(voters);
    listeners = List.copyOf(listeners);
    followers = List.copyOf(followers);
  }

  /** What this node is in the group. */
  public enum Role {
    LEADER,
    CANDIDATE,
    FOLLOWER,
    LISTENER
  }

  /**
   * A follower as its leader sees it.
   *
   * @param matched the last entry that it is known to hold
   * @param silentMillis the time since its last answer
   */
  public record Follower(NodeId node, long matched, long silentMillis) {}
}
