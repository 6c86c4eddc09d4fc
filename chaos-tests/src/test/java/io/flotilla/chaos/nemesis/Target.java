package io.flotilla.chaos.nemesis;

import io.flotilla.chaos.cluster.Cluster;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** Whom a fault hits. */
enum Target {
  ONE,
  MINORITY,
  MAJORITY,
  LEADER,
  METADATA_LEADER,
  ALL;

  static Target any(Random random, Target... among) {
    return among[random.nextInt(among.length)];
  }

  /** Nodes; at least one. Where no leader is known, any node stands in. */
  List<Integer> choose(Cluster cluster, Random random) {
    int nodes = cluster.nodes();
    List<Integer> all = new ArrayList<>(IntStream.range(0, nodes).boxed().toList());
    Collections.shuffle(all, random);
    return switch (this) {
      case ONE -> List.of(all.getFirst());
      case MINORITY -> List.copyOf(all.subList(0, Math.max(1, (nodes - 1) / 2)));
      case MAJORITY -> List.copyOf(all.subList(0, nodes / 2 + 1));
      case ALL -> List.copyOf(all);
      case LEADER -> {
        Map<Integer, Integer> leaders = cluster.leaders();
        List<Integer> shards =
            leaders.keySet().stream().filter(s -> s != Cluster.METADATA).sorted().toList();
        int dice = random.nextInt(1 << 16);
        yield shards.isEmpty()
            ? List.of(all.getFirst())
            : List.of(leaders.getOrDefault(shards.get(dice % shards.size()), all.getFirst()));
      }
      case METADATA_LEADER ->
          List.of(cluster.leaders().getOrDefault(Cluster.METADATA, all.getFirst()));
    };
  }

  /** As it stands in reports: {@code leader n2}. */
  String told(List<Integer> nodes) {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ')
        + " "
        + String.join(" ", nodes.stream().sorted().map(Cluster::nameOf).toList());
  }
}
