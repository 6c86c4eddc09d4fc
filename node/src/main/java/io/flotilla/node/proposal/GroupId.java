package io.flotilla.node.proposal;

import java.util.UUID;

/**
 * A Raft group's name on the wire and on disk: one per shard, and one for the metadata group. Never
 * reused.
 */
public record GroupId(UUID uuid) {
  @Override
  public String toString() {
    return uuid.toString();
  }
}
