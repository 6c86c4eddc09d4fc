package io.flotilla.cli;

import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.Endpoint;
import io.flotilla.proto.admin.GetConfigResponse;
import io.flotilla.proto.admin.GroupStatus;
import io.flotilla.proto.admin.Health;
import io.flotilla.proto.admin.ListSlotsResponse;
import io.flotilla.proto.admin.NodePhase;
import io.flotilla.proto.admin.NodeStatus;
import io.flotilla.proto.admin.ReplicaDigest;
import io.flotilla.proto.admin.ReplicaRole;
import io.flotilla.proto.admin.ReplicaStatus;
import io.flotilla.proto.admin.Setting;
import io.flotilla.proto.admin.SettingScope;
import io.flotilla.proto.admin.ShardStatus;
import io.flotilla.proto.admin.ShardVerification;
import io.flotilla.proto.admin.SlotOwner;
import io.flotilla.proto.admin.SlotRange;
import io.flotilla.proto.admin.SnapshotResult;
import io.flotilla.proto.admin.TakeSnapshotResponse;
import io.flotilla.proto.admin.VerifyResponse;
import io.flotilla.proto.admin.VerifyVerdict;

/** A cluster of three nodes and two shards that has lost n3, as its nodes would tell of it. */
final class Examples {
  static final String N1 = "1f0b6a4c9d2e8f7a6b5c4d3e2f1a0b9c8d7e6f5a";
  static final String N2 = "2a9c8b7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b";
  static final String N3 = "3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d";
  static final String SHARD_0 = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334";
  static final String SHARD_1 = "b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8";
  static final String CLUSTER = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";

  private Examples() {}

  private static Endpoint endpoint(int port) {
    return Endpoint.newBuilder().setHost("127.0.0.1").setPort(port).build();
  }

  static NodeStatus node(String id, String name, int place) {
    return NodeStatus.newBuilder()
        .setNodeId(id)
        .setName(name)
        .setReachable(true)
        .setPhase(NodePhase.NODE_PHASE_SERVING)
        .setVersion("0.1.0")
        .setFeatureLevel(1)
        .setClient(endpoint(7000 + place))
        .setRaft(endpoint(7100 + place))
        .setPeer(endpoint(7200 + place))
        .setAdmin(endpoint(7300 + place))
        .setHttp(endpoint(7400 + place))
        .setMetadataVoter(true)
        .addReplicaOf(0)
        .addReplicaOf(1)
        .setUptimeSeconds(93_784)
        .setHeapUsedBytes(123_456_789L)
        .setHeapMaxBytes(2L << 30)
        .setDiskFreeBytes(57L << 30)
        .setDiskTotalBytes(100L << 30)
        .setClientConnections(42)
        .setPid(4711 + place)
        .build();
  }

  static NodeStatus lost() {
    return NodeStatus.newBuilder()
        .setNodeId(N3)
        .setName("n3")
        .setClient(endpoint(7002))
        .setAdmin(endpoint(7302))
        .addReplicaOf(0)
        .addReplicaOf(1)
        .setMetadataVoter(true)
        .build();
  }

  private static ReplicaStatus replica(
      String id, String name, ReplicaRole role, long committed, long applied, long keys) {
    return ReplicaStatus.newBuilder()
        .setNodeId(id)
        .setNodeName(name)
        .setReachable(true)
        .setRole(role)
        .setTerm(7)
        .setCommittedIndex(committed)
        .setAppliedIndex(applied)
        .setSnapshotIndex(-1)
        .setVoter(true)
        .setKeys(keys)
        .build();
  }

  private static GroupStatus group(String leaderId, String leader, long index, long keys) {
    boolean first = leader.equals("n1");
    return GroupStatus.newBuilder()
        .setGroupId("6f1f7b34-7c4e-4ac2-9f68-0e5f7a1b2c3d")
        .setLeaderId(leaderId)
        .setLeaderName(leader)
        .setTerm(7)
        .addReplicas(
            replica(
                N1,
                "n1",
                first ? ReplicaRole.REPLICA_ROLE_LEADER : ReplicaRole.REPLICA_ROLE_FOLLOWER,
                index,
                index,
                keys))
        .addReplicas(
            replica(
                N2,
                "n2",
                first ? ReplicaRole.REPLICA_ROLE_FOLLOWER : ReplicaRole.REPLICA_ROLE_LEADER,
                index,
                index - 3,
                keys - 1))
        .addReplicas(ReplicaStatus.newBuilder().setNodeId(N3).setNodeName("n3"))
        .build();
  }

  static ShardStatus shard(int number) {
    boolean first = number == 0;
    return ShardStatus.newBuilder()
        .setShardId(first ? SHARD_0 : SHARD_1)
        .setNumber(number)
        .setHealth(Health.HEALTH_DEGRADED)
        .setGroup(group(first ? N1 : N2, first ? "n1" : "n2", 123_456, 33_333))
        .addSlots(SlotRange.newBuilder().setFirst(first ? 0 : 8192).setLast(first ? 8191 : 16383))
        .setSlotCount(8192)
        .setEpoch(3L + number)
        .setPreferredLeaderId(first ? N1 : N2)
        .setKeys(33_333)
        .build();
  }

  static ClusterStatus status() {
    return ClusterStatus.newBuilder()
        .setClusterId(CLUSTER)
        .setHealth(Health.HEALTH_DEGRADED)
        .addProblems("Node n3 does not answer; the next failure stops both shards.")
        .setEpoch(5)
        .setFeatureLevel(1)
        .setSlotsAssigned(16_384)
        .setSlotsServed(16_384)
        .setMetadata(group(N1, "n1", 99, 0))
        .addNodes(node(N1, "n1", 0).toBuilder().addLeads(0))
        .addNodes(node(N2, "n2", 1).toBuilder().addLeads(1))
        .addNodes(lost())
        .addShards(shard(0))
        .addShards(shard(1))
        .setMetadataVersion(98)
        .setAnsweredBy(N1)
        .build();
  }

  /** The same cluster with nothing wrong. */
  static ClusterStatus healthy() {
    return status().toBuilder()
        .setHealth(Health.HEALTH_OK)
        .clearProblems()
        .setNodes(2, node(N3, "n3", 2))
        .build();
  }

  static ListSlotsResponse slots() {
    return ListSlotsResponse.newBuilder()
        .addOwners(
            SlotOwner.newBuilder()
                .setRange(SlotRange.newBuilder().setFirst(0).setLast(8191))
                .setShardNumber(0)
                .setShardId(SHARD_0)
                .setEpoch(3)
                .setLeaderId(N1)
                .setLeaderName("n1"))
        .addOwners(
            SlotOwner.newBuilder()
                .setRange(SlotRange.newBuilder().setFirst(9000).setLast(9000))
                .setShardNumber(1)
                .setShardId(SHARD_1)
                .setEpoch(4)
                .setMovingToShardId(SHARD_0))
        .setUnassigned(8191)
        .build();
  }

  static TakeSnapshotResponse snapshots() {
    return TakeSnapshotResponse.newBuilder()
        .addResults(
            SnapshotResult.newBuilder()
                .setNodeId(N1)
                .setNodeName("n1")
                .setShard("metadata")
                .setIndex(99)
                .setTookMillis(3))
        .addResults(
            SnapshotResult.newBuilder()
                .setNodeId(N3)
                .setNodeName("n3")
                .setShard("0")
                .setIndex(-1)
                .setError("the node does not answer"))
        .build();
  }

  static VerifyResponse verification(VerifyVerdict verdict) {
    ReplicaDigest ours =
        ReplicaDigest.newBuilder()
            .setNodeId(N1)
            .setNodeName("n1")
            .setDigest("00112233445566778899aabbccddeeff")
            .build();
    ReplicaDigest theirs =
        switch (verdict) {
          case VERIFY_VERDICT_AGREE -> ours.toBuilder().setNodeId(N2).setNodeName("n2").build();
          case VERIFY_VERDICT_DIFFER ->
              ours.toBuilder()
                  .setNodeId(N2)
                  .setNodeName("n2")
                  .setDigest("ffeeddccbbaa99887766554433221100")
                  .build();
          default -> ReplicaDigest.newBuilder().setNodeId(N2).setNodeName("n2").build();
        };
    return VerifyResponse.newBuilder()
        .addShards(
            ShardVerification.newBuilder()
                .setShardNumber(0)
                .setShardId(SHARD_0)
                .setTerm(7)
                .setIndex(123_457)
                .setVerdict(verdict)
                .addReplicas(ours)
                .addReplicas(theirs))
        .setMetadata(
            ShardVerification.newBuilder()
                .setTerm(3)
                .setIndex(42)
                .setVerdict(VerifyVerdict.VERIFY_VERDICT_AGREE)
                .addReplicas(ours)
                .addReplicas(ours.toBuilder().setNodeId(N2).setNodeName("n2")))
        .build();
  }

  static GetConfigResponse config() {
    return GetConfigResponse.newBuilder()
        .addSettings(
            Setting.newBuilder()
                .setName("write.linger-micros")
                .setValue("300")
                .setScope(SettingScope.SETTING_SCOPE_NODE)
                .setDefaultValue("500")
                .setDescription("How long a batch waits."))
        .setVersion(12)
        .build();
  }
}
