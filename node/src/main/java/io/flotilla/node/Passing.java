package io.flotilla.node;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.Proposal;
import io.flotilla.node.proposal.ReplicatedMachine;
import java.nio.ByteBuffer;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A machine that passes the log entries that an operator named, instead of applying them (decision
 * 0013).
 *
 * <p>An entry at which the machine throws halts every replica, and again at every restart. What is
 * named in {@code raft.pass-entries} is passed as if Raft had written it for itself: it changes
 * nothing, and whoever waits for it is told that it certainly was not done. All replicas must pass
 * the same; one that is not told halts again, and one that has applied the entry shows another
 * digest.
 */
final class Passing extends ForwardingMachine {
  private static final Logger log = LoggerFactory.getLogger(Passing.class);

  private final GroupId group;
  private final Set<LogPosition> passed;

  Passing(GroupId group, ReplicatedMachine machine, Set<LogPosition> passed) {
    super(machine);
    this.group = group;
    this.passed = Set.copyOf(passed);
  }

  @Override
  public void apply(long term, long index, ByteBuffer entry, @Nullable Proposal own) {
    if (passed.contains(new LogPosition(term, index))) {
      log.warn(
          "group {}: passes entry {}/{}/{} unapplied, as raft.pass-entries says",
          group,
          group,
          term,
          index);
      pass(term, index);
      if (own != null) {
        own.unknown("an operator has this entry passed");
        own.overtaken();
      }
      return;
    }
    super.apply(term, index, entry, own);
  }
}
