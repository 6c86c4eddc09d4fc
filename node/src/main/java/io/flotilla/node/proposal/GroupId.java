package io.flotilla.node.proposal;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A Raft group's name on the wire and on disk: one per shard, and one for the metadata group. Never
 * reused.
 */
public record GroupId(UUID uuid) {
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof GroupId id && uuid.equals(id.uuid);
  }

  /** Written out, since each command looks for its shard by it: a record's own is a call more. */
  @Override
  public int hashCode() {
    return uuid.hashCode();
  }

  @Override
  public String toString() {
    return uuid.toString();
  }
}
