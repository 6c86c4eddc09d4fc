package io.flotilla.statemachine.metadata;

import io.flotilla.proto.metadata.BeginMigration;
import io.flotilla.proto.metadata.DecideMigration;
import io.flotilla.proto.metadata.EndMigration;
import io.flotilla.proto.metadata.Endpoint;
import io.flotilla.proto.metadata.FormCluster;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.OwnedSlots;
import io.flotilla.proto.metadata.RecordLeader;
import io.flotilla.proto.metadata.RegisterNode;
import io.flotilla.proto.metadata.ReplaceReplica;
import io.flotilla.proto.metadata.RetireNode;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.proto.metadata.SlotRange;
import java.util.Locale;

/** Small clusters and entries for tests; ids tell at a glance what they name. */
final class Clusters {
  private Clusters() {}

  static final String CLUSTER = "c".repeat(40);

  static String nodeId(int n) {
    return String.format(Locale.ROOT, "a%039d", n);
  }

  static String shardId(int n) {
    return String.format(Locale.ROOT, "5%039d", n);
  }

  static String groupId(int n) {
    return String.format(Locale.ROOT, "00000000-0000-4000-8000-%012d", n);
  }

  static Node node(int n, boolean metadataVoter) {
    return Node.newBuilder()
        .setId(nodeId(n))
        .setName("n" + n)
        .setClient(endpoint(7000 + n))
        .setRaft(endpoint(7100 + n))
        .setPeer(endpoint(7200 + n))
        .setAdmin(endpoint(7300 + n))
        .setHttp(endpoint(7400 + n))
        .setFeatureLevel(1)
        .setMetadataVoter(metadataVoter)
        .build();
  }

  static Endpoint endpoint(int port) {
    return Endpoint.newBuilder().setHost("127.0.0.1").setPort(port).build();
  }

  /** Three nodes, three shards with all three as replicas, a third of the slots each. */
  static MetadataEntry form() {
    FormCluster.Builder b =
        FormCluster.newBuilder()
            .setClusterId(CLUSTER)
            .setFeatureLevel(1)
            .setHashKey0(0x0123456789abcdefL)
            .setHashKey1(0xfedcba9876543210L);
    for (int i = 1; i <= 3; i++) {
      b.addNodes(node(i, true));
    }
    int[] firsts = {0, 5461, 10923, 16384};
    for (int s = 0; s < 3; s++) {
      b.addShards(shard(s, s + 1));
      b.addSlots(
          OwnedSlots.newBuilder().setRange(range(firsts[s], firsts[s + 1] - 1)).setShardNumber(s));
    }
    return MetadataEntry.newBuilder().setFormCluster(b).build();
  }

  static Shard shard(int number, int preferred) {
    return Shard.newBuilder()
        .setId(shardId(number))
        .setNumber(number)
        .setGroupId(groupId(number))
        .addReplicas(nodeId(1))
        .addReplicas(nodeId(2))
        .addReplicas(nodeId(3))
        .setPreferredLeader(nodeId(preferred))
        .build();
  }

  static SlotRange range(int first, int last) {
    return SlotRange.newBuilder().setFirst(first).setLast(last).build();
  }

  static MetadataEntry register(int n) {
    return MetadataEntry.newBuilder()
        .setRegisterNode(RegisterNode.newBuilder().setNode(node(n, false)))
        .build();
  }

  static MetadataEntry retire(int n) {
    return MetadataEntry.newBuilder()
        .setRetireNode(RetireNode.newBuilder().setNode(nodeId(n)))
        .build();
  }

  static MetadataEntry replaceReplica(int shard, int oldNode, int newNode) {
    return MetadataEntry.newBuilder()
        .setReplaceReplica(
            ReplaceReplica.newBuilder()
                .setShard(shardId(shard))
                .setOldNode(nodeId(oldNode))
                .setNewNode(nodeId(newNode)))
        .build();
  }

  static MetadataEntry recordLeader(int shard, long term, int node) {
    return MetadataEntry.newBuilder()
        .setRecordLeader(
            RecordLeader.newBuilder().setShard(shardId(shard)).setTerm(term).setNode(nodeId(node)))
        .build();
  }

  static MetadataEntry begin(String id, int first, int last, int from, int to) {
    return MetadataEntry.newBuilder()
        .setBeginMigration(
            BeginMigration.newBuilder()
                .setId(id)
                .addSlots(range(first, last))
                .setFromShard(shardId(from))
                .setToShard(shardId(to)))
        .build();
  }

  static MetadataEntry decide(String id, boolean commit) {
    return MetadataEntry.newBuilder()
        .setDecideMigration(DecideMigration.newBuilder().setId(id).setCommit(commit))
        .build();
  }

  static MetadataEntry end(String id) {
    return MetadataEntry.newBuilder().setEndMigration(EndMigration.newBuilder().setId(id)).build();
  }
}
