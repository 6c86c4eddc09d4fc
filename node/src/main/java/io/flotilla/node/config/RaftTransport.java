package io.flotilla.node.config;

/** What carries Raft's messages between nodes. */
public enum RaftTransport {
  /** Ratis over gRPC. */
  GRPC,
  /** Ratis over Netty. */
  NETTY
}
