package io.flotilla.node.raft;

import io.flotilla.statemachine.metadata.NodeId;

/**
 * A member of a Raft group: the node, and the address on which its Raft server listens to the other
 * members.
 */
public record Peer(NodeId node, String host, int port) {
  /** Host and port as Ratis takes them. */
  String address() {
    return host + ":" + port;
  }
}
