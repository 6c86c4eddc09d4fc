package io.flotilla.node.routing;

import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.metadata.ClusterView.Shard;

/** Where the commands of a slot go. */
public sealed interface Route {
  /**
   * Here: this node leads the slot's shard as far as is known, or holds a replica of it and the
   * connection reads replicas.
   *
   * @param shard the slot's shard
   * @param leader whether it is served as the leader; else as a replica, which may be behind
   */
  record Local(Shard shard, boolean leader) implements Route {}

  /** To the node at this endpoint, for good: {@code MOVED}. */
  record Moved(int slot, Endpoint to) implements Route {}

  /** To the node at this endpoint, this once: {@code ASK}. */
  record Ask(int slot, Endpoint to) implements Route {}

  /** Nowhere until the slot's move is done: {@code TRYAGAIN}. */
  record TryAgain() implements Route {}

  /** Nowhere: the keys are of more than one slot. */
  record CrossSlot() implements Route {}

  /** Nowhere for now. */
  record Down(Reason reason) implements Route {}

  /** Why nobody can be named. */
  enum Reason {
    /** This node has not heard from the metadata group yet. */
    NO_VIEW,
    /** No shard owns the slot. */
    NOT_SERVED,
    /** The shard has no leader that this node knows of; one is likely to be elected soon. */
    NO_LEADER
  }
}
