package io.flotilla.node.raft;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Who should lead which group, so that leaders are spread evenly over the nodes: a pure function of
 * the groups, their voters, and who can lead.
 *
 * <p>Every node computes it for itself from the same facts and comes to the same answer, so nobody
 * has to be asked. First each group gets a home among its voters as if all could lead: group after
 * group, the voter with the fewest homes so far. A group whose home can lead is led there. The
 * others go, group after group, to the voter with the fewest leaders that can. So a node that fails
 * moves only its own groups, and they come home when it is back.
 */
final class LeaderSpread {
  private LeaderSpread() {}

  /**
   * The node that should lead each group; a group none of whose voters can lead is left out.
   *
   * @param voters of each group
   */
  static Map<GroupId, NodeId> preferred(
      Map<GroupId, ? extends Set<NodeId>> voters, Predicate<NodeId> canLead) {
    Map<GroupId, Set<NodeId>> ordered = new TreeMap<>(Comparator.comparing(GroupId::uuid));
    ordered.putAll(voters);
    Map<NodeId, Integer> homes = new HashMap<>();
    Map<GroupId, NodeId> home = new HashMap<>();
    ordered.forEach((group, members) -> home.put(group, take(homes, members.stream().toList())));

    Map<NodeId, Integer> leaders = new HashMap<>();
    Map<GroupId, NodeId> preferred = new HashMap<>();
    home.forEach((group, node) -> {
      if (canLead.test(node)) {
        preferred.put(group, node);
        leaders.merge(node, 1, Integer::sum);
      }
    });
    ordered.forEach((group, members) -> {
      List<NodeId> able = members.stream().filter(canLead).toList();
      if (!preferred.containsKey(group) && !able.isEmpty()) {
        preferred.put(group, take(leaders, able));
      }
    });
    return preferred;
  }

  /** The candidate with the smallest count, the smallest id among equals; counts it. */
  private static NodeId take(Map<NodeId, Integer> counts, List<NodeId> candidates) {
    NodeId least =
        candidates.stream()
            .min(
                Comparator.comparingInt((NodeId n) -> counts.getOrDefault(n, 0))
                    .thenComparing(Comparator.naturalOrder()))
            .orElseThrow(() -> new IllegalArgumentException("a group without voters"));
    counts.merge(least, 1, Integer::sum);
    return least;
  }
}
