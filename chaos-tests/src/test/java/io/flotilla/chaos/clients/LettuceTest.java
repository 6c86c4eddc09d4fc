package io.flotilla.chaos.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.chaos.cluster.ProcessCluster;
import io.flotilla.chaos.cluster.SharedCluster;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisAdvancedClusterAsyncCommands;
import io.lettuce.core.cluster.api.sync.RedisAdvancedClusterCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Lettuce's cluster client, as it comes, against node processes. */
@Tag("cluster")
@ExtendWith(SharedCluster.class)
final class LettuceTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final ProcessCluster cluster;
  private final RedisClusterClient client;
  private final StatefulRedisClusterConnection<String, String> connection;
  private final RedisAdvancedClusterCommands<String, String> redis;
  private final String run = "lettuce:" + System.nanoTime() + ":";

  LettuceTest(ProcessCluster cluster) {
    this.cluster = cluster;
    client =
        RedisClusterClient.create(
            cluster.clients().stream()
                .map(a -> RedisURI.create(a.getHostString(), a.getPort()))
                .toList());
    client.setOptions(
        ClusterClientOptions.builder()
            .topologyRefreshOptions(
                ClusterTopologyRefreshOptions.builder()
                    .adaptiveRefreshTriggersTimeout(Duration.ofMillis(200))
                    .enablePeriodicRefresh(Duration.ofSeconds(1))
                    .build())
            .build());
    connection = client.connect();
    connection.setTimeout(TIMEOUT);
    redis = connection.sync();
  }

  @BeforeEach
  void whole() {
    cluster.awaitHealthy();
  }

  @AfterEach
  void close() {
    connection.close();
    client.shutdown(Duration.ZERO, TIMEOUT);
  }

  @Test
  void stringsHashesAndListsOverAllSlots() {
    for (int i = 0; i < 200; i++) {
      assertThat(redis.set(run + i, "v" + i)).isEqualTo("OK");
      assertThat(redis.get(run + i)).isEqualTo("v" + i);
    }
    assertThat(redis.hset(run + "h", Map.of("a", "1", "b", "2"))).isEqualTo(2);
    assertThat(redis.hgetall(run + "h")).isEqualTo(Map.of("a", "1", "b", "2"));
    assertThat(redis.rpush(run + "l", "x", "y")).isEqualTo(2);
    assertThat(redis.lrange(run + "l", 0, -1)).containsExactly("x", "y");
    assertThat(redis.del(run + 1, run + 2, run + 3)).isEqualTo(3);
  }

  @Test
  void keysAreFoundByScanOverAllNodes() {
    for (int i = 0; i < 50; i++) {
      redis.set(run + "scan:" + i, "v");
    }
    List<String> found = new ArrayList<>();
    var cursor = redis.scan(ScanArgs.Builder.matches(run + "scan:*").limit(1000));
    found.addAll(cursor.getKeys());
    while (!cursor.isFinished()) {
      cursor = redis.scan(cursor, ScanArgs.Builder.matches(run + "scan:*").limit(1000));
      found.addAll(cursor.getKeys());
    }
    assertThat(found).doesNotHaveDuplicates().hasSize(50);
  }

  @Test
  void theTopologyIsOneOwnerForEverySlot() {
    client.refreshPartitions();
    int slots = 0;
    for (RedisClusterNode node : client.getPartitions()) {
      slots += node.getSlots().size();
    }
    assertThat(slots).isEqualTo(SlotHash.SLOT_COUNT);
    assertThat(client.getPartitions()).hasSize(cluster.nodes());
  }

  @Test
  void aTransactionIsAppliedAsAWholeAndAWatchedChangeAbortsIt() {
    String a = "{" + run + "}a";
    String b = "{" + run + "}b";
    RedisClusterNode node = client.getPartitions().getPartitionBySlot(SlotHash.getSlot(a));
    try (StatefulRedisConnection<String, String> own =
        connection.getConnectionAsync(node.getNodeId()).join()) {
      RedisCommands<String, String> sync = own.sync();
      sync.watch(a);
      sync.multi();
      sync.incr(a);
      sync.rpush(b, "x");
      TransactionResult result = sync.exec();
      assertThat(result.wasDiscarded()).isFalse();
      assertThat(result.<Object>get(0)).isEqualTo(1L);

      sync.watch(a);
      try (StatefulRedisClusterConnection<String, String> other = client.connect()) {
        other.sync().set(a, "somebody else");
      }
      sync.multi();
      sync.set(a, "lost race");
      assertThat(sync.exec().wasDiscarded()).isTrue();
      assertThat(sync.get(a)).isEqualTo("somebody else");
    }
  }

  @Test
  void pipelinedCommandsAnswerEachInItsPlace() {
    RedisAdvancedClusterAsyncCommands<String, String> async = connection.async();
    List<RedisFuture<Long>> counts = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      counts.add(async.incr(run + "counter"));
    }
    assertThat(LettuceFutures.awaitAll(TIMEOUT, counts.toArray(RedisFuture[]::new))).isTrue();
    for (int i = 0; i < 500; i++) {
      assertThat(counts.get(i).toCompletableFuture().join()).isEqualTo(i + 1);
    }
  }

  @Test
  void theTopologyFollowsAKilledLeader() {
    String key = run + "survivor";
    redis.set(key, "before");
    int slot = SlotHash.getSlot(key);
    int before = client.getPartitions().getPartitionBySlot(slot).getUri().getPort();
    int victim = before - cluster.client(0).getPort();
    cluster.kill(victim);
    Awaitility.await("writes succeed again")
        .atMost(ProcessCluster.PATIENCE)
        .pollInterval(50, TimeUnit.MILLISECONDS)
        .ignoreExceptionsInstanceOf(RedisException.class)
        .until(() -> redis.set(key, "after").equals("OK"));
    Awaitility.await("the client's topology names another node")
        .atMost(ProcessCluster.PATIENCE)
        .until(() -> client.getPartitions().getPartitionBySlot(slot).getUri().getPort() != before);
    assertThat(redis.get(key)).isEqualTo("after");
    cluster.up();
    cluster.awaitHealthy();
  }
}
