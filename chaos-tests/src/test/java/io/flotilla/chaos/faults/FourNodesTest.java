package io.flotilla.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.chaos.cluster.ProcessCluster;
import io.flotilla.chaos.ledger.Loader;
import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.ReplicaStatus;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Four nodes is the least cluster in which a node has no say in the metadata group: it hears of
 * shards and slots as a listener, and serves all the same. With three, every other test's size,
 * that road is never taken.
 */
@Tag("cluster")
final class FourNodesTest {
  private static final int NODES = 4;
  private static final int VOTERS = 3;

  @Test
  void aListenerAndAVoterMayBeKilledAndWritesGoOn() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong(1L << 40);
    try (ProcessCluster cluster = ProcessCluster.start(NODES);
        Loader loader = Loader.start(cluster.clients(), seed)) {
      cluster.run(() -> {
        ClusterStatus status = cluster.awaitHealthy();
        List<ReplicaStatus> metadata = status.getMetadata().getReplicasList();
        List<String> listeners =
            metadata.stream().filter(r -> !r.getVoter()).map(ReplicaStatus::getNodeName).toList();
        assertThat(metadata).hasSize(NODES);
        assertThat(listeners).as("of the metadata group").hasSize(NODES - VOTERS);
        assertThat(status.getShardsList()).hasSize(NODES).allSatisfy(FourNodesTest::isWhole);
        loader.awaitProgress(ProcessCluster.PATIENCE);

        int listener = node(listeners.getFirst());
        int voter = IntStream.range(0, NODES).filter(n -> n != listener).findAny().orElseThrow();
        for (int victim : new int[] {listener, voter}) {
          cluster.kill(victim);
          loader.awaitProgress(ProcessCluster.PATIENCE);
          cluster.up();
          cluster.awaitHealthy();
        }
        loader.stop();
        assertThat(loader.violations()).as(loader.summary()).isEmpty();
        cluster.assertReplicasAgree();
      });
    }
  }

  private static void isWhole(io.flotilla.proto.admin.ShardStatus shard) {
    assertThat(shard.getGroup().getReplicasList())
        .hasSize(VOTERS)
        .allMatch(ReplicaStatus::getVoter);
  }

  private static int node(String name) {
    return IntStream.range(0, NODES)
        .filter(n -> ProcessCluster.nameOf(n).equals(name))
        .findAny()
        .orElseThrow();
  }
}
