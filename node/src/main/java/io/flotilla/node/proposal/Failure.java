package io.flotilla.node.proposal;

import io.flotilla.node.proposal.ShardLog.LeaderHint;
import org.jspecify.annotations.Nullable;

/**
 * Why a request got no reply of the machine, and what that says about its effect: the contract of
 * ARCHITECTURE §3 as a type.
 *
 * <p>The session turns it into words. Only {@link Unknown} leaves open whether the command was or
 * will be done; it must never become an error that clients retry silently.
 */
public sealed interface Failure {
  /** Whether the command certainly had and will have no effect. */
  default boolean certainlyNotDone() {
    return !(this instanceof Unknown);
  }

  /**
   * Another node leads, or none does. Becomes {@code MOVED} where the hint names another node, else
   * {@code CLUSTERDOWN}.
   *
   * @param hint who is said to lead; may be null, or name a node that has refused already: routing
   *     decides
   */
  record NotLeader(@Nullable LeaderHint hint) implements Failure {}

  /**
   * This replica leads but may not serve yet, or could not hand the command to the log in time.
   * Becomes {@code CLUSTERDOWN}.
   */
  record NotReady(String why) implements Failure {}

  /**
   * A bound on what may wait or on an entry's size was met before the log. Becomes {@code -ERR
   * overloaded …}.
   */
  record Overloaded(String what) implements Failure {}

  /**
   * The machine says, at its place in the log, that the shard does not own this slot. Becomes
   * {@code MOVED} by the newest view.
   */
  record NotOwned(int slot) implements Failure {}

  /**
   * The command was handed to the log and its fate is not known at the deadline. Becomes {@code
   * TIMEOUT outcome unknown …}.
   */
  record Unknown(String why) implements Failure {}

  /**
   * A read that no majority confirmed in time, or that was not applied far enough in time. Becomes
   * {@code CLUSTERDOWN}.
   */
  record Unconfirmed(String why) implements Failure {}
}
