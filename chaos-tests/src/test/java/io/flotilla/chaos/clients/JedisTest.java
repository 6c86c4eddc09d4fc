package io.flotilla.chaos.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.chaos.cluster.ProcessCluster;
import io.flotilla.chaos.cluster.SharedCluster;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import redis.clients.jedis.ClusterPipeline;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.Transaction;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.util.JedisClusterCRC16;

/** Jedis' cluster client, as it comes, against node processes. */
@Tag("cluster")
@ExtendWith(SharedCluster.class)
final class JedisTest {
  private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(10);

  private final ProcessCluster cluster;
  private final RedisClusterClient jedis;
  private final String run = "jedis:" + System.nanoTime() + ":";

  JedisTest(ProcessCluster cluster) {
    this.cluster = cluster;
    this.jedis = client(cluster, RedisProtocol.RESP3);
  }

  private static RedisClusterClient client(ProcessCluster cluster, RedisProtocol protocol) {
    Set<HostAndPort> nodes =
        cluster.clients().stream()
            .map(a -> new HostAndPort(a.getHostString(), a.getPort()))
            .collect(Collectors.toSet());
    return RedisClusterClient.builder()
        .nodes(nodes)
        .clientConfig(
            DefaultJedisClientConfig.builder()
                .protocol(protocol)
                .socketTimeoutMillis(Math.toIntExact(SOCKET_TIMEOUT.toMillis()))
                .connectionTimeoutMillis(Math.toIntExact(SOCKET_TIMEOUT.toMillis()))
                .build())
        .build();
  }

  @BeforeEach
  void whole() {
    cluster.awaitHealthy();
  }

  @AfterEach
  void close() {
    jedis.close();
  }

  @Test
  void stringsHashesAndListsOverAllSlots() {
    for (int i = 0; i < 200; i++) {
      String key = run + i;
      assertThat(jedis.set(key, "value-" + i)).isEqualTo("OK");
      assertThat(jedis.append(key, "!")).isEqualTo(("value-" + i).length() + 1);
      assertThat(jedis.get(key)).isEqualTo("value-" + i + "!");
    }
    assertThat(jedis.incrBy(run + "n", 41)).isEqualTo(41);
    assertThat(jedis.incr(run + "n")).isEqualTo(42);
    assertThat(jedis.hset(run + "h", Map.of("a", "1", "b", "2"))).isEqualTo(2);
    assertThat(jedis.hgetAll(run + "h")).isEqualTo(Map.of("a", "1", "b", "2"));
    assertThat(jedis.rpush(run + "l", "x", "y", "z")).isEqualTo(3);
    assertThat(jedis.lrange(run + "l", 0, -1)).containsExactly("x", "y", "z");
    assertThat(jedis.lpop(run + "l")).isEqualTo("x");
    assertThatThrownBy(() -> jedis.incr(run + "l"))
        .isInstanceOf(JedisDataException.class)
        .hasMessageStartingWith("WRONGTYPE");
  }

  @Test
  void theOlderProtocolSaysTheSame() {
    try (RedisClusterClient resp2 = client(cluster, RedisProtocol.RESP2)) {
      resp2.hset(run + "h", "field", "value");
      assertThat(resp2.hgetAll(run + "h")).isEqualTo(Map.of("field", "value"));
      assertThat(jedis.hgetAll(run + "h")).isEqualTo(Map.of("field", "value"));
      assertThat(resp2.get(run + "absent")).isNull();
    }
  }

  @Test
  void aTransactionIsAppliedAsAWholeAndAWatchedChangeAbortsIt() {
    String a = "{" + run + "}a";
    String b = "{" + run + "}b";
    int slot = JedisClusterCRC16.getSlot(a);
    try (Connection connection = jedis.getConnectionFromSlot(slot);
        Transaction transaction = new Transaction(connection, false)) {
      transaction.watch(a);
      transaction.multi();
      Response<Long> n = transaction.incr(a);
      Response<Long> length = transaction.rpush(b, "x");
      assertThat(transaction.exec()).hasSize(2);
      assertThat(n.get()).isEqualTo(1);
      assertThat(length.get()).isEqualTo(1);

      transaction.watch(a);
      jedis.set(a, "somebody else");
      transaction.multi();
      transaction.set(a, "lost race");
      assertThat(transaction.exec()).isNull();
      assertThat(jedis.get(a)).isEqualTo("somebody else");
    }
  }

  @Test
  void aPipelineOverManySlotsAnswersEachInItsPlace() {
    List<Response<String>> sets = new ArrayList<>();
    List<Response<String>> gets = new ArrayList<>();
    try (ClusterPipeline pipeline = jedis.pipelined()) {
      for (int i = 0; i < 500; i++) {
        sets.add(pipeline.set(run + i, "v" + i));
        gets.add(pipeline.get(run + i));
      }
      pipeline.sync();
    }
    for (int i = 0; i < 500; i++) {
      assertThat(sets.get(i).get()).isEqualTo("OK");
      assertThat(gets.get(i).get()).isEqualTo("v" + i);
    }
  }

  @Test
  void theClientFindsTheNewLeaderAfterAKill() {
    String key = run + "survivor";
    jedis.set(key, "before");
    int victim = nodeOf(key);
    cluster.kill(victim);
    Awaitility.await("writes succeed again")
        .atMost(ProcessCluster.PATIENCE)
        .ignoreExceptionsInstanceOf(JedisException.class)
        .until(() -> jedis.set(key, "after").equals("OK"));
    assertThat(jedis.get(key)).isEqualTo("after");
    assertThat(nodeOf(key)).isNotEqualTo(victim);
    cluster.up();
    cluster.awaitHealthy();
    for (int i = 0; i < 100; i++) {
      assertThat(jedis.set(run + i, "x")).isEqualTo("OK");
    }
  }

  /** Which node serves a key, asked of a node directly. */
  private int nodeOf(String key) {
    int slot = JedisClusterCRC16.getSlot(key);
    for (int node = 0; node < cluster.nodes(); node++) {
      InetSocketAddress address = cluster.client(node);
      try (Jedis direct = new Jedis(address.getHostString(), address.getPort())) {
        direct.get(key);
        return node;
      } catch (JedisException e) {
        // MOVED, or not running
      }
    }
    throw new AssertionError("no node serves slot " + slot);
  }
}
