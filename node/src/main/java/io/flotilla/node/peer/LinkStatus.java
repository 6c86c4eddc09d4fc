package io.flotilla.node.peer;

import io.flotilla.statemachine.metadata.NodeId;

/**
 * The connection from this node to a peer, for people and for metrics.
 *
 * @param node the peer
 * @param address where it is said to listen, as host:port
 * @param state where the connection stands
 * @param sinceMillis since when it stands there, Unix milliseconds
 * @param heardMillis when something was last heard over it, Unix milliseconds; 0 if never
 * @param roundTripNanos of the last ping; −1 before the first
 * @param trouble why it is not up; empty if it is
 */
public record LinkStatus(
    NodeId node,
    String address,
    State state,
    long sinceMillis,
    long heardMillis,
    long roundTripNanos,
    String trouble) {
  /** Where a connection stands. */
  public enum State {
    /** Looking the address up, connecting, greeting. */
    CONNECTING,
    /** Frames pass. */
    UP,
    /** Waiting for the next attempt. */
    DOWN
  }
}
