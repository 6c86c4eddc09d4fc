package io.flotilla.node.proposal;

import io.flotilla.statemachine.metadata.NodeId;

/**
 * The way to the other nodes for what reads need: a port that {@code node.peer} implements.
 *
 * <p>A frame may get lost, be late or arrive twice; none is ever waited for here. Called on the
 * home loop of {@link LocalShards}; never blocks and never throws for reasons of the network.
 */
public interface ConfirmationPeers {
  /** Queues the question to a node; it leaves with {@link #flush}. */
  void confirm(NodeId to, Confirm question);

  /** Queues a replica's question to the node that it believes to lead. */
  void askIndex(NodeId to, IndexAsk question);

  /** Sends what is queued: once per round, so that a frame costs one write to a socket. */
  void flush();
}
