package io.flotilla.node.metadata;

import io.flotilla.proto.metadata.Shard;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who should lead which shard, so that every usable node leads as many as any other, but for one.
 *
 * <p>Pure, and changes as little as it can: what is preferred and usable stays, orphans go to the
 * least loaded of their replicas, and then single shards move from a node to one that leads at
 * least two fewer.
 */
public final class PreferredLeaders {
  private PreferredLeaders() {}

  /**
   * Shard id → node id, for every shard with a usable replica.
   *
   * @param shards in the order of their numbers
   * @param usable ids of the nodes that may lead
   */
  static Map<String, String> spread(List<Shard> shards, Set<String> usable) {
    Map<String, Integer> load = new HashMap<>();
    usable.forEach(n -> load.put(n, 0));
    Map<String, String> preferred = new LinkedHashMap<>();
    for (Shard shard : shards) {
      String now = shard.getPreferredLeader();
      if (usable.contains(now)) {
        preferred.put(shard.getId(), now);
        load.merge(now, 1, Integer::sum);
      }
    }
    for (Shard shard : shards) {
      String least = preferred.containsKey(shard.getId()) ? null : least(shard, load);
      if (least != null) {
        preferred.put(shard.getId(), least);
        load.merge(least, 1, Integer::sum);
      }
    }
    while (moveOne(shards, preferred, load)) {
      // Each move lowers the sum of squared loads, so this ends.
    }
    return preferred;
  }

  /**
   * What changes in the preferences so that a shard is led by a replica of the operator's choice:
   * shard id → node id. Leaderships stay spread: where the node would then be preferred for two
   * shards more than the one that gives, it gives one in exchange; else the next look at the spread
   * would bring the shard back.
   */
  public static Map<String, String> moved(List<Shard> shards, Shard moved, String to) {
    String from = moved.getPreferredLeader();
    Map<String, String> changes = new LinkedHashMap<>();
    if (from.equals(to)) {
      return changes;
    }
    changes.put(moved.getId(), to);
    long takers = shards.stream().filter(s -> s.getPreferredLeader().equals(to)).count();
    long givers = shards.stream().filter(s -> s.getPreferredLeader().equals(from)).count();
    if (!from.isEmpty() && (takers + 1) - (givers - 1) >= 2) {
      shards.stream()
          .filter(s -> s.getPreferredLeader().equals(to) && s.getReplicasList().contains(from))
          .findFirst()
          .ifPresent(s -> changes.put(s.getId(), from));
    }
    return changes;
  }

  private static boolean moveOne(
      List<Shard> shards, Map<String, String> preferred, Map<String, Integer> load) {
    for (Shard shard : shards) {
      String from = preferred.get(shard.getId());
      String to = from == null ? null : least(shard, load);
      if (from != null
          && to != null
          && load.getOrDefault(from, 0) - load.getOrDefault(to, 0) >= 2) {
        preferred.put(shard.getId(), to);
        load.merge(from, -1, Integer::sum);
        load.merge(to, 1, Integer::sum);
        return true;
      }
    }
    return false;
  }

  private static @Nullable String least(Shard shard, Map<String, Integer> load) {
    String best = null;
    int bestLoad = Integer.MAX_VALUE;
    for (String node : shard.getReplicasList()) {
      Integer l = load.get(node);
      if (l != null && l < bestLoad) {
        best = node;
        bestLoad = l;
      }
    }
    return best;
  }
}
