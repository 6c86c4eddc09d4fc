package io.flotilla.node.admin;

import io.flotilla.node.metadata.Views;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.Endpoint;
import io.flotilla.proto.admin.GroupStatus;
import io.flotilla.proto.admin.Health;
import io.flotilla.proto.admin.NodeStatus;
import io.flotilla.proto.admin.ReplicaRole;
import io.flotilla.proto.admin.ReplicaStatus;
import io.flotilla.proto.admin.ShardStatus;
import io.flotilla.proto.admin.SlotRange;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.OwnedSlots;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.proto.nodes.LocalStatusResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The cluster's status out of what the metadata says and what each node that answered says: pure.
 */
final class ClusterStatuses {
  /**
   * How long a leader's entries may wait while none is committed; elections that go well end
   * sooner.
   */
  private static final long WAITS_MILLIS_MAX = 5_000;

  private final MetadataState state;
  private final GroupId metadataGroup;
  private final Map<String, LocalStatusResponse> answers;
  private final java.util.function.Function<GroupId, @Nullable LeaderHint> hints;

  /**
   * What is known.
   *
   * @param answers by node id; nodes that did not answer are missing
   */
  ClusterStatuses(
      MetadataState state,
      GroupId metadataGroup,
      Map<String, LocalStatusResponse> answers,
      java.util.function.Function<GroupId, @Nullable LeaderHint> hints) {
    this.state = state;
    this.metadataGroup = metadataGroup;
    this.answers = answers;
    this.hints = hints;
  }

  ClusterStatus cluster(String answeredBy) {
    List<String> down = new ArrayList<>();
    List<String> degraded = new ArrayList<>();
    GroupStatus metadata = metadata();
    if (!led(metadata)) {
      degraded.add(
          "the metadata group has no leader that answers: nothing about the cluster can be changed");
    } else if (isStuck(metadata)) {
      degraded.add(
          "the metadata group has committed nothing for "
              + waitsMillis(metadata) / 1000
              + " s, though entries wait: nothing about the cluster can be changed");
    }
    List<ShardStatus> shards = shards(state.getShardsList());
    int served = 0;
    for (ShardStatus shard : shards) {
      if (isStuck(shard.getGroup())) {
        down.add(
            "shard "
                + shard.getNumber()
                + " has committed nothing for "
                + waitsMillis(shard.getGroup()) / 1000
                + " s, though entries wait: "
                + shard.getSlotCount()
                + " slots take no writes");
      } else if (led(shard.getGroup())) {
        served += shard.getSlotCount();
      } else {
        down.add(
            "shard "
                + shard.getNumber()
                + " has no leader that answers: "
                + shard.getSlotCount()
                + " slots are not served");
      }
    }
    List<NodeStatus> nodes = nodes();
    for (NodeStatus node : nodes) {
      if (!node.getReachable()) {
        degraded.add("node " + node.getName() + " does not answer");
      }
      if (node.getShortOfCount() > 0) {
        degraded.add(
            "node "
                + node.getName()
                + " refuses writes: it is short of "
                + String.join(" and ", node.getShortOfList()));
      }
    }
    for (ShardStatus shard : shards) {
      long missing =
          shard.getGroup().getReplicasList().stream()
              .filter(r -> !r.getReachable() || !r.getVoter())
              .count();
      if (missing > 0 && led(shard.getGroup())) {
        degraded.add(
            "shard "
                + shard.getNumber()
                + " has "
                + (shard.getGroup().getReplicasCount() - missing)
                + " of "
                + shard.getGroup().getReplicasCount()
                + " replicas");
      }
    }
    degraded.addAll(passedBySomeOnly());
    Health health =
        down.isEmpty()
            ? degraded.isEmpty() ? Health.HEALTH_OK : Health.HEALTH_DEGRADED
            : Health.HEALTH_DOWN;
    return ClusterStatus.newBuilder()
        .setClusterId(state.getClusterId())
        .setHealth(health)
        .addAllProblems(down)
        .addAllProblems(degraded)
        .setEpoch(state.getEpoch())
        .setFeatureLevel(state.getFeatureLevel())
        .setSlotsAssigned(shards.stream().mapToInt(ShardStatus::getSlotCount).sum())
        .setSlotsServed(served)
        .setMetadata(metadata)
        .addAllNodes(nodes)
        .addAllShards(shards)
        .setMetadataVersion(state.getVersion())
        .setAnsweredBy(answeredBy)
        .build();
  }

  /**
   * Entries that some replicas are told to pass and others are not: the others halt at them, or
   * have applied them and are no longer the same.
   */
  private List<String> passedBySomeOnly() {
    SortedSet<String> passed = new TreeSet<>();
    answers.values().forEach(a -> passed.addAll(a.getNode().getPassEntriesList()));
    List<String> problems = new ArrayList<>();
    for (String entry : passed) {
      String group = entry.substring(0, entry.indexOf('/'));
      List<String> others =
          answers.values().stream()
              .filter(a -> a.getReplicasList().stream().anyMatch(r -> r.getGroupId().equals(group)))
              .filter(a -> !a.getNode().getPassEntriesList().contains(entry))
              .map(a -> a.getNode().getName())
              .sorted()
              .toList();
      if (!others.isEmpty()) {
        problems.add(
            "log entry "
                + entry
                + " is passed by some replicas and not by "
                + String.join(", ", others)
                + ": give all nodes the same raft.pass-entries, then \"flotilla verify\"");
      }
    }
    return problems;
  }

  List<NodeStatus> nodes() {
    return state.getNodesList().stream().map(this::node).toList();
  }

  private NodeStatus node(Node node) {
    LocalStatusResponse answer = answers.get(node.getId());
    NodeStatus.Builder b = answer == null ? NodeStatus.newBuilder() : answer.getNode().toBuilder();
    b.setNodeId(node.getId())
        .setName(node.getName())
        .setReachable(answer != null)
        .setFeatureLevel(node.getFeatureLevel())
        .setClient(endpoint(node.getClient()))
        .setRaft(endpoint(node.getRaft()))
        .setPeer(endpoint(node.getPeer()))
        .setAdmin(endpoint(node.getAdmin()))
        .setHttp(endpoint(node.getHttp()))
        .setMetadataVoter(node.getMetadataVoter())
        .clearLeads()
        .clearReplicaOf();
    for (Shard shard : state.getShardsList()) {
      if (shard.getReplicasList().contains(node.getId())) {
        b.addReplicaOf(shard.getNumber());
      }
      LeaderHint leader = leader(Views.group(shard));
      if (leader != null && leader.node().hex().equals(node.getId())) {
        b.addLeads(shard.getNumber());
      }
    }
    return b.build();
  }

  static Endpoint endpoint(io.flotilla.proto.metadata.Endpoint e) {
    return Endpoint.newBuilder().setHost(e.getHost()).setPort(e.getPort()).build();
  }

  List<ShardStatus> shards(List<Shard> wanted) {
    return wanted.stream().map(this::shard).toList();
  }

  private ShardStatus shard(Shard shard) {
    GroupStatus group = group(Views.group(shard), shard.getReplicasList());
    boolean whole =
        group.getReplicasList().stream().allMatch(r -> r.getReachable() && r.getVoter());
    ShardStatus.Builder b =
        ShardStatus.newBuilder()
            .setShardId(shard.getId())
            .setNumber(shard.getNumber())
            .setGroup(group)
            .setEpoch(shard.getEpoch())
            .setPreferredLeaderId(shard.getPreferredLeader())
            .setHealth(
                !led(group) || isStuck(group)
                    ? Health.HEALTH_DOWN
                    : whole ? Health.HEALTH_OK : Health.HEALTH_DEGRADED);
    int count = 0;
    for (OwnedSlots owned : state.getSlotsList()) {
      if (owned.getShardNumber() == shard.getNumber()) {
        b.addSlots(
            SlotRange.newBuilder()
                .setFirst(owned.getRange().getFirst())
                .setLast(owned.getRange().getLast()));
        count += owned.getRange().getLast() - owned.getRange().getFirst() + 1;
      }
    }
    for (ReplicaStatus replica : group.getReplicasList()) {
      if (replica.getNodeId().equals(group.getLeaderId())) {
        b.setKeys(replica.getKeys());
      }
    }
    return b.setSlotCount(count).build();
  }

  private GroupStatus metadata() {
    return group(metadataGroup, state.getNodesList().stream().map(Node::getId).toList());
  }

  private GroupStatus group(GroupId group, List<String> members) {
    GroupStatus.Builder b = GroupStatus.newBuilder().setGroupId(group.toString());
    LeaderHint leader = leader(group);
    if (leader != null) {
      b.setLeaderId(leader.node().hex())
          .setLeaderName(Names.nodeName(state, leader.node().hex()))
          .setTerm(leader.term());
    }
    for (String member : members) {
      ReplicaStatus.Builder r = ReplicaStatus.newBuilder();
      LocalStatusResponse answer = answers.get(member);
      if (answer != null) {
        for (LocalStatusResponse.LocalReplica replica : answer.getReplicasList()) {
          if (replica.getGroupId().equals(group.toString())) {
            r.mergeFrom(replica.getStatus()).setReachable(true);
          }
        }
      }
      b.addReplicas(r.setNodeId(member).setNodeName(Names.nodeName(state, member)));
    }
    return b.build();
  }

  /** The leader that the node of the highest term names, or that is hinted here. */
  @Nullable LeaderHint leader(GroupId group) {
    LeaderHint best = hints.apply(group);
    for (LocalStatusResponse answer : answers.values()) {
      for (LocalStatusResponse.LocalReplica replica : answer.getReplicasList()) {
        boolean known =
            replica.getGroupId().equals(group.toString()) && !replica.getLeaderId().isEmpty();
        if (known && (best == null || replica.getLeaderTerm() > best.term())) {
          best =
              new LeaderHint(
                  replica.getLeaderTerm(),
                  new io.flotilla.statemachine.metadata.NodeId(replica.getLeaderId()));
        }
      }
    }
    return best;
  }

  private static boolean led(GroupStatus group) {
    return leading(group).findAny().isPresent();
  }

  /** The replica that leads, if it answers. */
  private static Stream<ReplicaStatus> leading(GroupStatus group) {
    return group.getReplicasList().stream()
        .filter(r ->
            r.getNodeId().equals(group.getLeaderId())
                && r.getReachable()
                && r.getRole() == ReplicaRole.REPLICA_ROLE_LEADER);
  }

  private static long waitsMillis(GroupStatus group) {
    return leading(group).mapToLong(ReplicaStatus::getWaitsMillis).max().orElse(0);
  }

  /** Whether the group has a leader that commits nothing. */
  private static boolean isStuck(GroupStatus group) {
    return waitsMillis(group) > WAITS_MILLIS_MAX;
  }
}
