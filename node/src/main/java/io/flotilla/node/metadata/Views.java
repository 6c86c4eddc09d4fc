package io.flotilla.node.metadata;

import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.metadata.ClusterView.SlotRange;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Migration;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.OwnedSlots;
import io.flotilla.proto.metadata.Setting;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.metadata.ShardId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The metadata's state as the view that the node's other rooms read. */
public final class Views {
  private Views() {}

  /** The view of a state. */
  public static ClusterView of(MetadataState state) {
    if (state.getClusterId().isEmpty()) {
      return ClusterView.EMPTY;
    }
    SortedMap<String, String> settings = new TreeMap<>();
    for (Setting setting : state.getSettingsList()) {
      settings.put(setting.getName(), setting.getValue());
    }
    ClusterView.Builder b =
        new ClusterView.Builder()
            .clusterId(state.getClusterId())
            .version(state.getVersion())
            .epoch(state.getEpoch())
            .featureLevel(state.getFeatureLevel())
            .settings(
                new ClusterView.Settings(
                    state.getSettingsVersion(), Collections.unmodifiableSortedMap(settings)));
    state.getNodesList().forEach(n -> b.node(node(n)));

    Map<Integer, List<SlotRange>> slots = new HashMap<>();
    for (OwnedSlots owned : state.getSlotsList()) {
      add(
          slots.computeIfAbsent(owned.getShardNumber(), s -> new ArrayList<>()),
          new SlotRange(owned.getRange().getFirst(), owned.getRange().getLast()));
    }
    for (Shard shard : state.getShardsList()) {
      b.shard(
          new ClusterView.Shard(
              new ShardId(shard.getId()),
              shard.getNumber(),
              group(shard),
              shard.getReplicasList().stream().map(NodeId::new).toList(),
              nodeId(shard.getPreferredLeader()),
              nodeId(shard.getLeader()),
              shard.getEpoch(),
              List.copyOf(slots.getOrDefault(shard.getNumber(), List.of()))));
    }
    for (Migration migration : state.getMigrationsList()) {
      ClusterView.Move move =
          new ClusterView.Move(
              migration.getId(),
              new ShardId(migration.getFromShard()),
              new ShardId(migration.getToShard()));
      migration
          .getSlotsList()
          .forEach(r -> {
            for (int slot = r.getFirst(); slot <= r.getLast(); slot++) {
              b.move(slot, move);
            }
          });
    }
    return b.build();
  }

  /** Ranges come in order, cut by epoch too; neighbours of one owner become one. */
  private static void add(List<SlotRange> ranges, SlotRange next) {
    if (!ranges.isEmpty() && ranges.getLast().last() + 1 == next.first()) {
      next = new SlotRange(ranges.removeLast().first(), next.last());
    }
    ranges.add(next);
  }

  /** A node as the view has it. */
  public static ClusterView.Node node(Node n) {
    return new ClusterView.Node(
        new NodeId(n.getId()),
        n.getName(),
        endpoint(n.getClient()),
        endpoint(n.getRaft()),
        endpoint(n.getPeer()),
        endpoint(n.getAdmin()),
        endpoint(n.getHttp()),
        n.getFeatureLevel(),
        n.getMetadataVoter());
  }

  /** A shard's Raft group. */
  public static GroupId group(Shard shard) {
    return new GroupId(UUID.fromString(shard.getGroupId()));
  }

  private static Endpoint endpoint(io.flotilla.proto.metadata.Endpoint e) {
    return new Endpoint(e.getHost(), e.getPort());
  }

  private static @Nullable NodeId nodeId(String hex) {
    return hex.isEmpty() ? null : new NodeId(hex);
  }
}
