package io.flotilla.node;

import io.flotilla.node.metadata.LeaderHints;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.Proposal;
import io.flotilla.node.proposal.ReplicatedMachine;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A shard's replica whose news of leaders also reach the node's hints. */
final class Hinted implements ReplicatedMachine {
  private final GroupId group;
  private final ReplicatedMachine machine;
  private final LeaderHints hints;

  Hinted(GroupId group, ReplicatedMachine machine, LeaderHints hints) {
    this.group = group;
    this.machine = machine;
    this.hints = hints;
  }

  @Override
  public void apply(long term, long index, ByteBuffer entry, @Nullable Proposal own) {
    machine.apply(term, index, entry, own);
  }

  @Override
  public void pass(long term, long index) {
    machine.pass(term, index);
  }

  @Override
  public void leaderChanged(@Nullable LeaderHint leader, boolean selfIsLeader) {
    machine.leaderChanged(leader, selfIsLeader);
    if (leader != null && selfIsLeader) {
      hints.confirmed(group, leader);
    } else if (leader != null) {
      hints.offer(group, leader);
    }
  }

  @Override
  public void leaderReady() {
    machine.leaderReady();
    hints.ready(group);
  }

  @Override
  public SnapshotCut beginSnapshot() {
    return machine.beginSnapshot();
  }

  @Override
  public void restore(LogPosition position, InputStream snapshot) throws IOException {
    machine.restore(position, snapshot);
  }
}
