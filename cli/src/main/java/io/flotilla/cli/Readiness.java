package io.flotilla.cli;

import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.NodePhase;
import io.flotilla.proto.admin.NodeStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Whether a cluster that was just started serves, and what it still lacks. Pure. */
final class Readiness {
  private static final int ALL_SLOTS = 16_384;

  private Readiness() {}

  /**
   * One sentence for each thing that is missing; empty when every slot has a leader that serves and
   * all these nodes do.
   */
  static List<String> lacks(ClusterStatus status, Set<String> nodeNames) {
    List<String> lacks = new ArrayList<>();
    for (String name : nodeNames.stream().sorted().toList()) {
      NodeStatus node =
          status.getNodesList().stream()
              .filter(n -> n.getName().equals(name))
              .findFirst()
              .orElse(null);
      if (node == null || !node.getReachable()) {
        lacks.add(name + " is not reached by its fellows");
      } else if (node.getPhase() != NodePhase.NODE_PHASE_SERVING) {
        lacks.add(name + " is " + MessageJson.word(node.getPhase().getValueDescriptor()));
      }
    }
    if (status.getSlotsAssigned() != ALL_SLOTS) {
      lacks.add(status.getSlotsAssigned() + " of " + ALL_SLOTS + " slots are assigned");
    }
    if (status.getSlotsServed() != ALL_SLOTS) {
      lacks.add(status.getSlotsServed() + " of " + ALL_SLOTS + " slots are served");
    }
    return lacks;
  }

  /** Whether every slot has an owner and a leader that serves. */
  static boolean servesAll(ClusterStatus status) {
    return status.getSlotsAssigned() == ALL_SLOTS && status.getSlotsServed() == ALL_SLOTS;
  }

  /**
   * Whether every shard is led by the node that is to lead it. A cluster that has just started
   * hands leaderships on until it is so, and each time its clients are redirected.
   */
  static boolean isSettled(ClusterStatus status) {
    return status.getShardsList().stream()
        .allMatch(shard ->
            shard.getPreferredLeaderId().isEmpty()
                || shard.getPreferredLeaderId().equals(shard.getGroup().getLeaderId()));
  }
}
