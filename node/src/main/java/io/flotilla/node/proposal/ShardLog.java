package io.flotilla.node.proposal;

import io.flotilla.statemachine.metadata.NodeId;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A Raft group's log as its local replica sees it: the port that stands between Flotilla and Apache
 * Ratis.
 *
 * <p>Contract: no method blocks, sleeps or throws for reasons of the cluster (a stopped group
 * refuses). All methods may be called from any thread. The getters are single volatile reads of the
 * local Raft division and may be stale the moment they return; what makes a read safe is the order
 * in which {@code ConfirmationRounds} asks them (ARCHITECTURE §4).
 */
public interface ShardLog {
  GroupId group();

  /** The local node. */
  NodeId self();

  /**
   * Hands an entry to the local leader's log. Calls by one thread are appended in the order of the
   * calls. What is then told is drawn in {@link Proposal}. May be called on the group's loop,
   * within apply too: that is where the next batch goes out.
   */
  void propose(Proposal proposal);

  /** The current term of the local division: raised and persisted before a vote leaves. */
  long currentTerm();

  /** Whether the local division is leader and has applied an entry of its own term. */
  boolean isLeaderReady();

  /** Whether the local division believes to be the leader, ready or not. */
  boolean isLeader();

  /** The highest index known to be committed here. */
  long committedIndex();

  /**
   * The last position that the group's machine has passed on its own loop (Ratis' own entries
   * included).
   */
  LogPosition lastApplied();

  /** The leader as the local division knows it, with the term in which it leads. */
  @Nullable LeaderHint leader();

  /**
   * The voters of the current configuration and, while a joint one is under way, of the old one
   * (else empty).
   */
  Voters voters();

  /**
   * How many other voters have told this leader that the entry at the index is on their disks; 0
   * where this replica does not lead. For a command that asks, not for every entry.
   */
  int followersHolding(long index);

  /** Steps down if leader; a hint of who may lead next is allowed. Never blocks. */
  void stepDown(String reason);

  /** Who leads, as far as is known: the highest term wins. */
  record LeaderHint(long term, NodeId node) {}

  /** The sets of voters that each need a majority of their own; listeners are in neither. */
  record Voters(Set<NodeId> current, Set<NodeId> old) {}
}
