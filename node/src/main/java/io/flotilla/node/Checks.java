package io.flotilla.node;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.ReplicatedMachine;
import io.flotilla.statemachine.apply.Check;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * What CHECK entries found on this node's replicas, kept for those who ask a moment later. Any
 * thread.
 */
final class Checks {
  /** How many findings and askers are kept: several verifications of a large node. */
  private static final int MOST = 1024;

  private record Name(GroupId group, long checkId) {}

  private final Map<Name, CompletableFuture<Check>> findings =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Name, CompletableFuture<Check>> eldest) {
          return size() > MOST;
        }
      };

  /** A replica has digested its state. */
  void found(GroupId group, Check check) {
    of(group, check.checkId()).complete(check);
  }

  /** The replica's state was replaced by another: what it has found was not about this one. */
  synchronized void forget(GroupId group) {
    findings.keySet().removeIf(name -> name.group.equals(group));
  }

  /** The machine whose findings these are: forgets them when its state is replaced. */
  ReplicatedMachine watch(GroupId group, ReplicatedMachine machine) {
    return new ForwardingMachine(machine) {
      @Override
      public void restore(LogPosition position, InputStream snapshot) throws IOException {
        super.restore(position, snapshot);
        forget(group);
      }
    };
  }

  /** What the replica finds, or has found. */
  synchronized CompletableFuture<Check> of(GroupId group, long checkId) {
    return findings.computeIfAbsent(new Name(group, checkId), n -> new CompletableFuture<>());
  }
}
