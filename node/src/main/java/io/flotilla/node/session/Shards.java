package io.flotilla.node.session;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LocalShard;
import org.jspecify.annotations.Nullable;

/** The shards of which this node holds a replica. Any thread. */
public interface Shards {
  /** The replica of this group, or null if this node has none that runs. */
  @Nullable LocalShard local(GroupId group);
}
