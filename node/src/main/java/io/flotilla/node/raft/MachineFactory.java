package io.flotilla.node.raft;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ReplicatedMachine;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.proposal.ShardLoop;

/**
 * Makes the machine of a group when its replica opens on this node.
 *
 * <p>Called once per opening, before anything is restored or applied, on a thread of Ratis; must
 * not touch the log yet. The log and the loop are the replica's own, and live as long as it is
 * open.
 */
@FunctionalInterface
public interface MachineFactory {
  ReplicatedMachine open(GroupId group, ShardLog log, ShardLoop loop);
}
