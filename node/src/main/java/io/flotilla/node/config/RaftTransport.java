package io.flotilla.node.config;

/** What carries Raft's messages between nodes. */
public enum RaftTransport {
  /** Flotilla's own links: one connection per pair of nodes. */
  LINKS,
  /** Ratis over gRPC. */
  GRPC
}
