package io.flotilla.node;

import io.flotilla.node.metadata.LeaderHints;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ReplicatedMachine;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import org.jspecify.annotations.Nullable;

/** A shard's replica whose news of leaders also reach the node's hints. */
final class Hinted extends ForwardingMachine {
  private final GroupId group;
  private final LeaderHints hints;

  Hinted(GroupId group, ReplicatedMachine machine, LeaderHints hints) {
    super(machine);
    this.group = group;
    this.hints = hints;
  }

  @Override
  public void leaderChanged(@Nullable LeaderHint leader, boolean selfIsLeader) {
    super.leaderChanged(leader, selfIsLeader);
    if (leader != null && selfIsLeader) {
      hints.confirmed(group, leader);
    } else if (leader != null) {
      hints.offer(group, leader);
    }
  }

  @Override
  public void leaderReady() {
    super.leaderReady();
    hints.ready(group);
  }
}
