package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.admin.CheckCounts;
import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.proposal.ShardReplica;
import io.flotilla.node.session.RespClient;
import io.flotilla.proto.admin.AdminGrpc;
import io.flotilla.proto.admin.TransferLeaderRequest;
import io.flotilla.proto.admin.TransferLeaderResponse;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.metadata.NodeId;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A replica whose state was changed behind its back, in whole nodes: it is found, it stops and
 * stays stopped, and the others serve on. A false alarm here would stop healthy nodes everywhere.
 */
@Tag("cluster")
@Timeout(300)
final class DivergedReplicaTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;
  private NodesInProcess nodes;
  private GroupId group;

  @BeforeEach
  void start() throws Exception {
    nodes = new NodesInProcess(directory, 3).with("cluster.shards", "1");
    nodes.startAll();
    group = shard().group();
    write("before");
  }

  @AfterEach
  void stop() {
    assertThat(nodes.halted()).isNull();
    nodes.close();
  }

  private Shard shard() {
    return nodes.node(nodes.names().getFirst()).views().get().shards().getFirst();
  }

  private ShardLog log(String node) {
    return Objects.requireNonNull(member(nodes.node(node)).raft().log(group));
  }

  private String leader() {
    return await("a leader")
        .atMost(PATIENCE)
        .until(
            () ->
                nodes.names().stream()
                    .filter(n -> nodes.runs(n) && log(n).isLeaderReady())
                    .findFirst()
                    .orElse(null),
            Objects::nonNull);
  }

  private void write(String key) {
    await("a write")
        .atMost(PATIENCE)
        .ignoreExceptions() // Leaders move while nodes come and go.
        .until(() -> {
          try (RespClient client = new RespClient(nodes.port(leader(), "client"))) {
            return client.call("SET " + key + " 1").equals("OK");
          }
        });
  }

  private static RunningNode.Member member(RunningNode node) {
    return Objects.requireNonNull(node.member());
  }

  private String preferred() {
    NodeId id = await().atMost(PATIENCE).until(() -> shard().preferredLeader(), Objects::nonNull);
    return nodes.names().stream()
        .filter(n -> nodes.node(n).self().getId().equals(id.hex()))
        .findFirst()
        .orElseThrow();
  }

  /** An entry of a batch that nobody waits for. */
  private LogPosition writeUnseen() throws Exception {
    RunningNode leads = nodes.node(leader());
    ShardReplica replica = Objects.requireNonNull(member(leads).shards().shard(group));
    byte[][] set = {Ascii.bytes("SET"), Ascii.bytes("silently"), Ascii.bytes("lost")};
    BatchId nobodys = new BatchId(new NodeId(leads.self().getId()), 1, 1);
    return replica
        .propose(stamp -> new Entry.Batch(nobodys, stamp, List.of(new Item.Single(set))))
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /** Has whoever leads check until it has come to this. */
  private void checkUntil(String what, BooleanSupplier done) {
    await(what)
        .atMost(PATIENCE)
        .until(() -> {
          nodes.node(leader()).detector().checkAll();
          return done.getAsBoolean();
        });
  }

  private long sum(ToLongFunction<CheckCounts> what) {
    return nodes.names().stream()
        .filter(nodes::runs)
        .mapToLong(n -> what.applyAsLong(nodes.node(n).detector().counts(group)))
        .sum();
  }

  private String metrics(String node) throws IOException {
    URI page = URI.create("http://127.0.0.1:" + nodes.port(node, "http") + "/metrics");
    try (InputStream in = page.toURL().openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private boolean isDistrusted(String node) {
    return Files.exists(nodes.directory(node).resolve("node.distrust"));
  }

  /**
   * Has one replica pass an entry that the others apply: while it is down, something is written, of
   * which its settings then tell it that it is poisoned.
   */
  private RunningNode diverge(String victim) throws Exception {
    nodes.stop(victim);
    LogPosition at =
        await("an entry")
            .atMost(PATIENCE)
            .ignoreExceptions() // Leaders move while nodes come and go.
            .until(this::writeUnseen, Objects::nonNull);
    nodes.with("raft.pass-entries", "[\"" + group + "/" + at.term() + "/" + at.index() + "\"]");
    nodes.start(List.of(victim), nodes.names());
    RunningNode diverged = nodes.node(victim);
    await("links")
        .atMost(PATIENCE)
        .until(() ->
            nodes.names().stream()
                .allMatch(n -> diverged.isAlive(new NodeId(nodes.node(n).self().getId()))));
    await("the entry passed")
        .atMost(PATIENCE)
        .until(() -> log(victim).lastApplied().index() >= at.index());
    return diverged;
  }

  /** As an operator does it, so that nobody takes the leadership away again. */
  private void makeLeader(String node) {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", nodes.port(node, "admin"))
            .usePlaintext()
            .build();
    try {
      await("node " + node + " leads")
          .atMost(PATIENCE)
          .ignoreExceptions() // Nobody can be asked while nobody leads.
          .until(() -> {
            TransferLeaderResponse unused =
                AdminGrpc.newBlockingStub(channel)
                    .transferLeader(
                        TransferLeaderRequest.newBuilder().setShard("0").setToNode(node).build());
            return log(node).isLeaderReady();
          });
    } finally {
      channel.shutdownNow();
    }
  }

  private void stopsForGoodWhileTheOthersServe(RunningNode diverged, String victim)
      throws Exception {
    assertThat(diverged.awaitStop()).isEqualTo(ExitCode.UNTRUSTED_DATA);
    nodes.stop(victim);

    write("after");
    checkUntil("two that agree", () -> sum(CheckCounts::incomplete) > 0);

    assertThatThrownBy(() -> nodes.begin(victim, nodes.names()).get())
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            StartException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.UNTRUSTED_DATA))
        .hasMessageContaining("node replace")
        .hasMessageContaining(group.toString());
  }

  @Test
  void replicasThatAgreeAreCountedAndAMissingOneIsNoDisagreement() {
    checkUntil("agreement", () -> sum(CheckCounts::agreed) > 0);
    assertThat(sum(CheckCounts::agreedIndex)).isPositive();
    assertThat(nodes.names())
        .as("somebody shows it to Prometheus")
        .anySatisfy(n ->
            assertThat(metrics(n))
                .containsPattern(
                    "flotilla_shard_checks_total\\{outcome=\"agreed\",shard=\"0\"} [1-9]"));
    String leader = leader();
    nodes.stop(nodes.names().stream().filter(n -> !n.equals(leader)).findFirst().orElseThrow());
    checkUntil("two that agree", () -> sum(CheckCounts::incomplete) > 0);
    assertThat(sum(CheckCounts::disagreed)).isZero();
  }

  @Test
  void aFollowerWhoseStateIsAnotherIsFoundAndStops() throws Exception {
    String preferred = preferred();
    String victim =
        nodes.names().stream().filter(n -> !n.equals(preferred)).findFirst().orElseThrow();
    RunningNode diverged = diverge(victim);
    checkUntil("a stop", () -> isDistrusted(victim));
    assertThat(sum(CheckCounts::disagreed)).isGreaterThanOrEqualTo(2);
    stopsForGoodWhileTheOthersServe(diverged, victim);
  }

  @Test
  void aLeaderWhoseStateIsAnotherHandsItsShardOverAndStops() throws Exception {
    String victim = preferred();
    RunningNode diverged = diverge(victim);
    makeLeader(victim);
    LongAdder lost = member(diverged).raft().counters().leadershipsLost;
    long before = lost.sum();
    checkUntil("a stop", () -> isDistrusted(victim));
    assertThat(diverged.awaitStop()).isEqualTo(ExitCode.UNTRUSTED_DATA);
    assertThat(lost.sum()).as("it has handed over before it begins to stop").isGreaterThan(before);
    stopsForGoodWhileTheOthersServe(diverged, victim);
  }

  /** One against one is no majority of three, whoever is right. */
  @Test
  void whereAnotherNodeIsMissingItIsFoundAndNotStopped() throws Exception {
    String preferred = preferred();
    List<String> others = nodes.names().stream().filter(n -> !n.equals(preferred)).toList();
    diverge(others.getFirst());
    nodes.stop(others.getLast());
    checkUntil("an alarm", () -> sum(CheckCounts::disagreed) > 0);
    assertThat(isDistrusted(others.getFirst())).isFalse();
    write("after");
  }
}
