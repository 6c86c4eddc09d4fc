package io.flotilla.node.metadata;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.metadata.ShardId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The cluster as the metadata group knew it at one point of its log: nodes, shards, and the owner
 * of each slot.
 *
 * <p>Immutable, so a router reads one view from beginning to end and never sees half a change; a
 * newer view has a higher {@link #version}. A view may be old by the time it is used: that is safe,
 * because each shard's machine checks slot ownership again at apply (ARCHITECTURE §8). Who leads is
 * not decided here: {@link Shard#recordedLeader} is what was written down after the last failover,
 * for the epoch that is shown; {@link LeaderHints} knows sooner.
 *
 * <p>The slot map is an array of shard numbers, 32 KiB, shared by all views that were published
 * between two changes of owners.
 */
public final class ClusterView {
  /** Redis Cluster's number of slots. */
  public static final int SLOTS = 16384;

  /** In the slot map: no shard owns the slot. */
  private static final short NOBODY = -1;

  /** The view before the metadata group has told anything. */
  public static final ClusterView EMPTY = new Builder().build();

  private final String clusterId;
  private final long version;
  private final long epoch;
  private final int featureLevel;
  private final SortedMap<NodeId, Node> nodes;
  private final List<Shard> shards;
  private final Map<GroupId, Shard> shardsByGroup;
  private final Map<ShardId, Shard> shardsById;
  private final short[] owners;
  private final SortedMap<Integer, Move> moves;
  private final Settings settings;

  private ClusterView(Builder b) {
    this.clusterId = b.clusterId;
    this.version = b.version;
    this.epoch = b.epoch;
    this.featureLevel = b.featureLevel;
    this.nodes = Collections.unmodifiableSortedMap(new TreeMap<>(b.nodes));
    this.moves = Collections.unmodifiableSortedMap(new TreeMap<>(b.moves));
    this.settings = b.settings;
    List<Shard> ordered = new ArrayList<>(b.shards);
    ordered.sort((x, y) -> Integer.compare(x.number(), y.number()));
    this.shards = List.copyOf(ordered);
    this.shardsByGroup = new HashMap<>();
    this.shardsById = new HashMap<>();
    this.owners = new short[SLOTS];
    Arrays.fill(owners, NOBODY);
    for (int i = 0; i < shards.size(); i++) {
      Shard shard = shards.get(i);
      shardsByGroup.put(shard.group(), shard);
      shardsById.put(shard.id(), shard);
      for (SlotRange range : shard.slots()) {
        Arrays.fill(owners, range.first(), range.last() + 1, (short) i);
      }
    }
  }

  /** The cluster's id, 40 hexadecimal digits; empty in {@link #EMPTY}. */
  public String clusterId() {
    return clusterId;
  }

  /** The index of the metadata entry that made this view; only grows. 0 in {@link #EMPTY}. */
  public long version() {
    return version;
  }

  /** The cluster's current epoch; only grows. */
  public long epoch() {
    return epoch;
  }

  /** The feature level that all nodes have reached and the cluster has switched to. */
  public int featureLevel() {
    return featureLevel;
  }

  /** All nodes that belong to the cluster, by id. */
  public SortedMap<NodeId, Node> nodes() {
    return nodes;
  }

  /** The node of this id, if it belongs to the cluster. */
  public @Nullable Node node(NodeId id) {
    return nodes.get(id);
  }

  /** All shards, by number. */
  public List<Shard> shards() {
    return shards;
  }

  /** The shard that owns the slot; null if none does. */
  public @Nullable Shard shardOf(int slot) {
    short at = owners[slot];
    return at == NOBODY ? null : shards.get(at);
  }

  /** The shard whose Raft group this is. */
  public @Nullable Shard shard(GroupId group) {
    return shardsByGroup.get(group);
  }

  /** The shard of this id. */
  public @Nullable Shard shard(ShardId id) {
    return shardsById.get(id);
  }

  /** The shards of which the node is a replica, by number. */
  public List<Shard> shardsOn(NodeId node) {
    return shards.stream().filter(s -> s.replicas().contains(node)).toList();
  }

  /** The move that the slot takes part in, if any. */
  public @Nullable Move moveOf(int slot) {
    return moves.get(slot);
  }

  /** All slots that are on the move, by slot. */
  public SortedMap<Integer, Move> moves() {
    return moves;
  }

  /** How many slots have an owner. */
  public int slotsAssigned() {
    return shards.stream()
        .flatMap(s -> s.slots().stream())
        .mapToInt(r -> r.last() - r.first() + 1)
        .sum();
  }

  /** The cluster's settings. */
  public Settings settings() {
    return settings;
  }

  /** Where something listens: a host name or address as clients should use it, and a port. */
  public record Endpoint(String host, int port) {
    @Override
    public String toString() {
      return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
  }

  /**
   * A node of the cluster.
   *
   * @param name what people call it, unique in the cluster
   * @param client where Redis clients connect
   * @param raft where Ratis listens
   * @param peer where other nodes' frames arrive
   * @param admin the admin gRPC service
   * @param http metrics and health
   * @param featureLevel the highest level that the node's program knows
   * @param metadataVoter whether it votes in the metadata group; all others are its listeners
   */
  public record Node(
      NodeId id,
      String name,
      Endpoint client,
      Endpoint raft,
      Endpoint peer,
      Endpoint admin,
      Endpoint http,
      int featureLevel,
      boolean metadataVoter) {}

  /** Slots from first to last, both inclusive. */
  public record SlotRange(int first, int last) {}

  /**
   * A shard: one Raft group and the slots that it owns.
   *
   * @param number small and dense, for people and for metrics
   * @param replicas its voters, in no order of merit
   * @param preferredLeader the replica that leads when leaders are spread evenly
   * @param recordedLeader the leader as last written down; behind {@link LeaderHints} during a
   *     failover
   * @param epoch grows when the leader changes or slots move: the config epoch that clients are
   *     shown
   * @param slots what it owns, ascending, without neighbours that could be one range
   */
  public record Shard(
      ShardId id,
      int number,
      GroupId group,
      List<NodeId> replicas,
      @Nullable NodeId preferredLeader,
      @Nullable NodeId recordedLeader,
      long epoch,
      List<SlotRange> slots) {}

  /**
   * A slot on its way from one shard to another; the owner is the one that {@link #shardOf} says.
   */
  public record Move(String migration, ShardId from, ShardId to) {}

  /** Cluster-wide settings, by name, with the version of the last change to any of them. */
  public record Settings(long version, SortedMap<String, String> values) {
    /** No setting at all. */
    public static final Settings NONE = new Settings(0, Collections.emptySortedMap());
  }

  /** Gathers a view's parts; used by the metadata group's host and by tests. */
  public static final class Builder {
    private String clusterId = "";
    private long version;
    private long epoch;
    private int featureLevel;
    private final Map<NodeId, Node> nodes = new TreeMap<>();
    private final List<Shard> shards = new ArrayList<>();
    private final Map<Integer, Move> moves = new TreeMap<>();
    private Settings settings = Settings.NONE;

    public Builder clusterId(String value) {
      clusterId = value;
      return this;
    }

    public Builder version(long value) {
      version = value;
      return this;
    }

    public Builder epoch(long value) {
      epoch = value;
      return this;
    }

    public Builder featureLevel(int value) {
      featureLevel = value;
      return this;
    }

    public Builder node(Node node) {
      nodes.put(node.id(), node);
      return this;
    }

    public Builder shard(Shard shard) {
      shards.add(shard);
      return this;
    }

    public Builder move(int slot, Move move) {
      moves.put(slot, move);
      return this;
    }

    public Builder settings(Settings value) {
      settings = value;
      return this;
    }

    public ClusterView build() {
      return new ClusterView(this);
    }
  }
}
