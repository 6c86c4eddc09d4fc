package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.config.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClusterClient;

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
}
