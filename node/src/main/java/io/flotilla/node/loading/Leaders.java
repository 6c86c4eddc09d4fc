package io.flotilla.node.loading;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.proto.nodes.LoadRequest;
import io.flotilla.proto.nodes.LoadResponse;

/** The way to whoever leads a shard now. */
@FunctionalInterface
public interface Leaders {
  /**
   * Has the shard's leader do the work, once, and waits. Never throws for reasons of the cluster:
   * where nobody leads, or nobody answers, each outcome says so. Any thread.
   */
  LoadResponse load(GroupId group, LoadRequest request);
}
