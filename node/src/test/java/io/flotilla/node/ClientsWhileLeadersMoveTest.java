package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.config.HostPort;
import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.statemachine.metadata.NodeId;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;

/**
 * Why: an operator who hands a leadership over, and a balancer that does, must not be seen by
 * clients. Each client below counts for itself, so a write that were done twice or not at all would
 * show as well as an error.
 */
@Tag("cluster")
final class ClientsWhileLeadersMoveTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int TRANSFERS = 6;

  /**
   * How long a command may wait for its shard's next leader, in the node and in its client. A
   * hand-over takes a third of a second, and may take two and more on a machine that does other
   * things: what is shown here is that nobody sees it, not how long it takes.
   */
  private static final Duration PARKED = Duration.ofSeconds(20);

  @TempDir Path directory;

  @Test
  void clientsSeeNoErrorWhileLeadershipsAreTransferred() throws Exception {
    try (NodesInProcess nodes = new NodesInProcess(directory, 3)) {
      nodes.with("client.park-millis", Long.toString(PARKED.toMillis())).startAll();
      List<String> errors = java.util.Collections.synchronizedList(new ArrayList<>());
      AtomicBoolean done = new AtomicBoolean();
      AtomicLong operations = new AtomicLong();
      ConcurrentLinkedQueue<Thread> loaders = new ConcurrentLinkedQueue<>();
      List<HostPort> endpoints = nodes.names().stream().map(nodes::client).toList();
      RedisClusterClient lettuce =
          RedisClusterClient.create(
              endpoints.stream().map(e -> RedisURI.create(e.host(), e.port())).toList());
      try (StatefulRedisClusterConnection<String, String> connection = lettuce.connect();
          redis.clients.jedis.RedisClusterClient jedis =
              redis.clients.jedis.RedisClusterClient.builder()
                  .nodes(
                      endpoints.stream()
                          .map(e -> new HostAndPort(e.host(), e.port()))
                          .collect(Collectors.toSet()))
                  .clientConfig(
                      DefaultJedisClientConfig.builder()
                          .socketTimeoutMillis((int) PATIENCE.toMillis())
                          .build())
                  .build()) {
        for (int i = 0; i < 3; i++) {
          String key = "lettuce-" + i;
          loaders.add(
              loader(
                  key,
                  errors,
                  done,
                  operations,
                  () -> connection.sync().incr(key),
                  () -> connection.sync().get(key)));
        }
        for (int i = 0; i < 3; i++) {
          String key = "jedis-" + i;
          loaders.add(
              loader(key, errors, done, operations, () -> jedis.incr(key), () -> jedis.get(key)));
        }
        String last = null;
        for (int i = 0; i < TRANSFERS; i++) {
          last = transfer(nodes, i);
          long before = operations.get();
          await("operations after " + last)
              .atMost(PATIENCE)
              .until(() -> !errors.isEmpty() || operations.get() > before + 100);
          assertThat(errors).as("what clients saw, by the time of %s", last).isEmpty();
        }
        done.set(true);
        for (Thread loader : loaders) {
          loader.join();
        }
      } finally {
        done.set(true);
        lettuce.shutdown();
      }
      assertThat(errors).isEmpty();
      assertThat(nodes.halted()).isNull();
    }
  }

  private interface Step<T> {
    T run() throws Exception;
  }

  /** Adds one and reads, again and again; each reply must be the next number. */
  private static Thread loader(
      String key,
      List<String> errors,
      AtomicBoolean done,
      AtomicLong operations,
      Step<Long> increment,
      Step<String> read) {
    return Thread.ofPlatform()
        .start(() -> {
          try {
            for (long next = 1; !done.get(); next++) {
              long told = increment.run();
              String value = read.run();
              if (told != next || !Long.toString(next).equals(value)) {
                errors.add(key + ": told " + told + " and read " + value + " at " + next);
                return;
              }
              operations.addAndGet(2);
            }
          } catch (Exception e) {
            errors.add(key + ": " + e);
          }
        });
  }

  /** Hands a shard over to the node behind its leader, whoever that is; says what was done. */
  private static String transfer(NodesInProcess nodes, int round) {
    RunningNode any = nodes.node("n1");
    List<Shard> shards = any.views().get().shards();
    Shard shard = shards.get(round % shards.size());
    RunningNode old =
        await("a leader of " + shard.number())
            .atMost(PATIENCE)
            .until(() -> leader(nodes, shard), Objects::nonNull);
    int place = shard.replicas().indexOf(id(old));
    NodeId target = shard.replicas().get((place + 1) % shard.replicas().size());
    await("shard " + shard.number() + " led by " + target.brief())
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> {
          RunningNode now = leader(nodes, shard);
          if (now != null && !id(now).equals(target)) {
            member(now).raft().transferLeadership(shard.group(), target).join();
          }
          RunningNode then = leader(nodes, shard);
          return then != null && id(then).equals(target);
        });
    return "transfer "
        + round
        + " of shard "
        + shard.number()
        + " from "
        + id(old).brief()
        + " to "
        + target.brief();
  }

  private static NodeId id(RunningNode node) {
    return new NodeId(node.self().getId());
  }

  private static RunningNode.Member member(RunningNode node) {
    return Objects.requireNonNull(node.member());
  }

  private static @Nullable RunningNode leader(NodesInProcess nodes, Shard shard) {
    for (String name : nodes.names()) {
      ShardLog log = member(nodes.node(name)).raft().log(shard.group());
      if (log != null && log.isLeaderReady()) {
        return nodes.node(name);
      }
    }
    return null;
  }
}
