package io.flotilla.node.metadata;

import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.metadata.FormCluster;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.OwnedSlots;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.proto.metadata.SlotRange;
import io.flotilla.statemachine.metadata.MetadataLimits;
import io.flotilla.statemachine.metadata.MetadataMachine;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/**
 * The plan by which empty nodes become a cluster: pure, but for the dice that draw its ids.
 *
 * <p>Slots are cut into as many ranges as there are shards, equal but for one. Replicas go round
 * the nodes, shard by shard, so that each node holds as many as any other, but for one; the first
 * replica of each shard is its preferred leader. The first three nodes (five from five nodes on)
 * vote on metadata, the others listen.
 */
final class Formation {
  private Formation() {}

  /** Voters of the metadata group in a cluster of five nodes or more: two may fail. */
  private static final int METADATA_VOTERS_LARGE = 5;

  /** Voters of the metadata group in smaller clusters: one may fail. */
  private static final int METADATA_VOTERS_SMALL = 3;

  /** Replicas of each shard unless the settings say otherwise. */
  private static final int DEFAULT_REPLICAS = 3;

  /**
   * A plan for these nodes, in this order.
   *
   * @param shards 0: one per node
   * @param replicas 0: three, or all nodes where there are fewer
   */
  static FormationPlan plan(List<Node> nodes, int shards, int replicas, SecureRandom dice) {
    int shardCount = shards == 0 ? nodes.size() : shards;
    int replicaCount = Math.min(nodes.size(), replicas == 0 ? DEFAULT_REPLICAS : replicas);
    int voters =
        nodes.size() >= METADATA_VOTERS_LARGE
            ? METADATA_VOTERS_LARGE
            : Math.min(METADATA_VOTERS_SMALL, nodes.size());
    FormCluster.Builder cluster =
        FormCluster.newBuilder()
            .setClusterId(id(dice))
            .setHashKey0(dice.nextLong())
            .setHashKey1(dice.nextLong())
            .setFeatureLevel(MetadataMachine.FEATURE_LEVEL);
    for (int n = 0; n < nodes.size(); n++) {
      cluster.addNodes(nodes.get(n).toBuilder().setMetadataVoter(n < voters));
    }
    for (int s = 0; s < shardCount; s++) {
      List<String> on = new ArrayList<>();
      for (int r = 0; r < replicaCount; r++) {
        on.add(nodes.get((s + r) % nodes.size()).getId());
      }
      cluster.addShards(
          Shard.newBuilder()
              .setId(id(dice))
              .setNumber(s)
              .setGroupId(new UUID(dice.nextLong(), dice.nextLong()).toString())
              .addAllReplicas(on)
              .setPreferredLeader(on.getFirst()));
      int first = (int) ((long) MetadataLimits.SLOTS * s / shardCount);
      int last = (int) ((long) MetadataLimits.SLOTS * (s + 1) / shardCount) - 1;
      cluster.addSlots(
          OwnedSlots.newBuilder()
              .setRange(SlotRange.newBuilder().setFirst(first).setLast(last))
              .setShardNumber(s));
    }
    return FormationPlan.newBuilder()
        .setMetadataGroupId(new UUID(dice.nextLong(), dice.nextLong()).toString())
        .setCluster(cluster)
        .build();
  }

  private static String id(SecureRandom dice) {
    byte[] bytes = new byte[20];
    dice.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
