package io.flotilla.node;

import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.Proposal;
import io.flotilla.node.proposal.ReplicatedMachine;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A machine around another, to which it passes on all that it is told. */
abstract class ForwardingMachine implements ReplicatedMachine {
  private final ReplicatedMachine machine;

  ForwardingMachine(ReplicatedMachine machine) {
    this.machine = machine;
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
  }

  @Override
  public void leaderReady() {
    machine.leaderReady();
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
