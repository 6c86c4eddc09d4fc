package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.config.HostPort;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.exceptions.JedisDataException;

/** Why: the whole road, wired: real nodes, real sockets, a real client. */
@Tag("cluster")
final class ClusterInProcessTest {
  /** Far beyond what any of this takes; a noisy machine must not fail it. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  private static RedisClusterClient jedis(NodesInProcess nodes) {
    Set<HostAndPort> seeds =
        nodes.names().stream()
            .map(nodes::client)
            .map((HostPort e) -> new HostAndPort(e.host(), e.port()))
            .collect(Collectors.toSet());
    return RedisClusterClient.create(seeds);
  }

  @Test
  void threeNodesFormAClusterAndServe() throws Exception {
    try (NodesInProcess nodes = new NodesInProcess(directory, 3)) {
      nodes.startAll();
      try (RedisClusterClient jedis = jedis(nodes)) {
        for (int i = 0; i < 100; i++) {
          String key = "key-" + i;
          String value = "value-" + i;
          await()
              .atMost(PATIENCE)
              .ignoreExceptions()
              .until(() -> "OK".equals(jedis.set(key, value)));
          assertThat(jedis.get(key)).isEqualTo(value);
        }
      }
      assertThat(nodes.halted()).isNull();
    }
  }

  /**
   * The settings that decide what commands do are committed by one group and reach the shards by
   * their own logs: a client that has heard OK must find them in force at once.
   */
  @Test
  void aSettingIsInForceWhenConfigSetHasAnswered() throws Exception {
    try (NodesInProcess nodes = new NodesInProcess(directory, 1)) {
      nodes.startAll();
      HostPort only = nodes.client(nodes.names().getFirst());
      try (Jedis jedis = new Jedis(only.host(), only.port())) {
        await()
            .atMost(PATIENCE)
            .ignoreExceptions()
            .until(() -> "OK".equals(jedis.set("before", "1")));
        for (int round = 0; round < 5; round++) {
          jedis.configSet("hash-max-listpack-entries", "0");
          jedis.hset("large" + round, "field", "value");
          assertThat(jedis.objectEncoding("large" + round)).isEqualTo("hashtable");
          jedis.configSet("hash-max-listpack-entries", "128");
          jedis.hset("small" + round, "field", "value");
          assertThat(jedis.objectEncoding("small" + round)).isEqualTo("listpack");
        }
      }
      assertThat(nodes.halted()).isNull();
    }
  }

  /**
   * A command is one log entry, so its length is bounded, and by far more than people store: the
   * bound holds on the whole road, and beyond it a client hears what to do and may go on.
   */
  @Test
  void theLongestValueIsStoredAndALongerOneIsRefusedClearly() throws Exception {
    try (NodesInProcess nodes = new NodesInProcess(directory, 3)) {
      nodes.startAll();
      HostPort any = nodes.client(nodes.names().getFirst());
      try (RedisClusterClient jedis = jedis(nodes);
          Jedis one = new Jedis(any.host(), any.port())) {
        int most = Integer.parseInt(one.configGet("proto-max-bulk-len").get("proto-max-bulk-len"));
        assertThat(most).isEqualTo(8 << 20);
        byte[] key = "large".getBytes(StandardCharsets.US_ASCII);
        byte[] value = new byte[most];
        new Random(5).nextBytes(value);
        await().atMost(PATIENCE).ignoreExceptions().until(() -> "OK".equals(jedis.set(key, value)));
        await()
            .atMost(PATIENCE)
            .ignoreExceptions()
            .until(() -> Arrays.equals(value, jedis.get(key)));

        assertThatThrownBy(() -> jedis.set(key, new byte[most + (2 << 20)]))
            .isInstanceOf(JedisDataException.class)
            .hasMessageStartingWith("ERR overloaded")
            .hasMessageContaining("write.max-command-mebibytes");
        assertThat(jedis.strlen(key)).isEqualTo(most);
      }
      assertThat(nodes.halted()).isNull();
    }
  }
}
