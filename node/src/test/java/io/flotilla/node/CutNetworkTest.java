package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.session.RespClient;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What clients of whole nodes see while the network between the nodes is cut: each reply is one of
 * the contract's (ARCHITECTURE §3), and no read ever goes back.
 *
 * <p>One shard on three nodes. The values written are numbers that grow, so that "older" can be
 * seen: every read must be at least what was acknowledged, and what anybody has read, before it was
 * asked.
 */
@Tag("cluster")
final class CutNetworkTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir Path directory;
  private NodesInProcess nodes;
  private NodeFirewall firewall;

  @BeforeEach
  void start() throws Exception {
    nodes =
        new NodesInProcess(directory, 3)
            .with("cluster.shards", "1")
            .with("write.deadline-millis", "2500")
            .with("snapshot.every-entries", "200")
            .with("snapshot.log-mebibytes", "1");
    firewall = new NodeFirewall(nodes);
    nodes.startAll();
    leader(null);
  }

  @AfterEach
  void stop() {
    firewall.close();
    assertThat(nodes.halted()).isNull();
    nodes.close();
  }

  // ------------------------------------------------------------------ who leads

  private Shard shard() {
    return nodes.node("n1").views().get().shards().getFirst();
  }

  private ShardLog log(String node) {
    RunningNode.Member member = Objects.requireNonNull(nodes.node(node).member());
    return Objects.requireNonNull(member.raft().log(shard().group()));
  }

  /** Waits for a node that leads and serves, and is not this one. */
  private String leader(@Nullable String not) {
    return await("a leader other than " + not)
        .atMost(PATIENCE)
        .until(
            () ->
                nodes.names().stream()
                    .filter(n -> !n.equals(not) && log(n).isLeaderReady())
                    .findFirst()
                    .orElse(null),
            Objects::nonNull);
  }

  /** The answer of the leader; on a busy machine another one may be elected while it is asked. */
  private String readWhereItIsLed(String line, String not) {
    return await("an answer to " + line + " by a leader other than " + not)
        .atMost(PATIENCE)
        .until(
            () -> {
              try (RespClient client = connect(leader(not))) {
                return client.call(line);
              }
            },
            reply -> !isRefused(reply));
  }

  /** Whether the node says that it does not serve the slot: certainly nothing was done. */
  private static boolean isRefused(String reply) {
    return reply.startsWith("(error) MOVED ") || reply.startsWith("(error) CLUSTERDOWN ");
  }

  private List<String> others(String not) {
    return nodes.names().stream().filter(n -> !n.equals(not)).toList();
  }

  private RespClient connect(String node) {
    return new RespClient(nodes.port(node, "client"));
  }

  // ------------------------------------------------------------------ clients that go on

  /** Writers and readers at all nodes, and what they have seen. */
  private final class Load implements AutoCloseable {
    private final AtomicBoolean done = new AtomicBoolean();
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong seen = new AtomicLong();
    private final AtomicLong reads = new AtomicLong();
    private final List<String> wrong = Collections.synchronizedList(new ArrayList<>());
    private final Map<String, Set<String>> told = Collections.synchronizedMap(new HashMap<>());
    private final List<Thread> threads = new ArrayList<>();

    Load() {
      threads.add(Thread.ofPlatform().start(this::write));
      for (String node : nodes.names()) {
        threads.add(Thread.ofPlatform().start(() -> read(node)));
      }
    }

    /**
     * Writes 1, 2, 3, … where a leader is said to be; the next number once one is done or unknown.
     */
    private void write() {
      Map<String, RespClient> clients = new HashMap<>();
      List<String> names = nodes.names();
      int at = 0;
      long number = 1;
      while (!done.get()) {
        String node = names.get(at % names.size());
        String reply = call(clients, node, "SET x " + number);
        if (reply.equals("OK")) {
          acknowledged.set(number);
          number++;
        } else if (reply.startsWith("(error) TIMEOUT ")) {
          number++; // it may come true later, but never after a later number
          at++;
        } else if (isRefused(reply)) {
          at++;
        } else {
          wrong.add(node + " answered a write by " + reply);
          return;
        }
        told.computeIfAbsent(node, n -> Collections.synchronizedSet(new HashSet<>()))
            .add(reply.split(" ", 3)[reply.startsWith("(") ? 1 : 0]);
      }
      clients.values().forEach(RespClient::close);
    }

    private void read(String node) {
      Map<String, RespClient> clients = new HashMap<>();
      while (!done.get()) {
        long before = Math.max(acknowledged.get(), seen.get());
        String reply = call(clients, node, "GET x");
        if (reply.startsWith("\"")) {
          long value = Long.parseLong(reply.substring(1, reply.length() - 1));
          seen.accumulateAndGet(value, Math::max);
          reads.incrementAndGet();
          if (value < before) {
            wrong.add(node + " read " + value + " after " + before + " was known");
          }
        } else if (!reply.equals("nil") && !isRefused(reply)) {
          wrong.add(node + " answered a read by " + reply);
          return;
        } else if (reply.equals("nil") && before > 0) {
          wrong.add(node + " read nothing after " + before + " was known");
        }
      }
      clients.values().forEach(RespClient::close);
    }

    private String call(Map<String, RespClient> clients, String node, String line) {
      try {
        return clients.computeIfAbsent(node, CutNetworkTest.this::connect).call(line);
      } catch (UncheckedIOException e) {
        return "no answer: " + e;
      }
    }

    /** What the node has told the writer, by the first words of its replies. */
    Set<String> told(String node) {
      return told.getOrDefault(node, Set.of());
    }

    /** Waits until so many more writes are acknowledged. */
    void awaitWrites(int more) {
      long from = acknowledged.get();
      await(more + " more acknowledged writes")
          .atMost(PATIENCE)
          .until(() -> !wrong.isEmpty() || acknowledged.get() >= from + more);
      assertThat(wrong).isEmpty();
    }

    @Override
    public void close() {
      done.set(true);
      for (Thread thread : threads) {
        boolean ended = false;
        try {
          ended = thread.join(PATIENCE);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        assertThat(ended).as("the end of %s", thread).isTrue();
      }
      assertThat(wrong).isEmpty();
      assertThat(reads.get()).as("reads that were answered").isPositive();
    }
  }

  // ------------------------------------------------------------------ scenarios

  @Test
  void anIsolatedLeaderUnderWritesStepsDownAndItsClientsGetWhatTheContractSays() throws Exception {
    try (Load load = new Load()) {
      load.awaitWrites(20);
      String old = leader(null);
      RunningNode.Member member = Objects.requireNonNull(nodes.node(old).member());
      long stepDowns = member.raft().counters().watchdogStepDowns.sum();
      String first;
      try (RespClient client = connect(old)) {
        firewall.isolate(old);
        // One of this and the loader's write is handed to the log, and unknown at the deadline; the
        // watchdog refuses the other, and whatever comes later.
        first = client.call("SET y 1");
        assertThat(first).matches("\\(error\\) (TIMEOUT outcome unknown: |CLUSTERDOWN ).*");
        assertThat(log(old).isLeader()).as("the isolated node leads").isFalse();
        assertThat(member.raft().counters().watchdogStepDowns.sum()).isGreaterThan(stepDowns);
        assertThat(client.call("SET y 2")).startsWith("(error) CLUSTERDOWN ");
        assertThat(client.call("GET y")).startsWith("(error) CLUSTERDOWN ");
      }
      load.awaitWrites(20);
      assertThat(first.contains("TIMEOUT") || load.told(old).contains("TIMEOUT"))
          .as(
              "a write of unknown outcome: the client heard %s, the loader %s",
              first, load.told(old))
          .isTrue();
      // The first was never on a majority, the second refused.
      assertThat(readWhereItIsLed("GET y", old)).isEqualTo("nil");
      firewall.heal();
      await("the healed node follows")
          .atMost(PATIENCE)
          .until(() -> log(old).lastApplied().index() >= log(leader(null)).committedIndex() - 100);
      try (RespClient client = connect(old)) {
        await("a redirection by the healed node, or leadership again")
            .atMost(PATIENCE)
            .until(() -> {
              String reply = client.call("GET y");
              return reply.equals("nil") || reply.startsWith("(error) MOVED ");
            });
      }
      load.awaitWrites(20);
    }
  }

  @Test
  void leadersAndFollowersThatAreCutOneWayLetNoReadGoBack() throws Exception {
    try (Load load = new Load()) {
      load.awaitWrites(20);
      String leader = leader(null);
      // It hears all, and nobody hears it: the others elect another, which it hears of.
      others(leader).forEach(other -> firewall.cut(leader, other));
      leader(leader);
      load.awaitWrites(20);
      firewall.heal();
      load.awaitWrites(20);

      // All hear it, and it hears nobody: it cannot know that its entries have arrived.
      String deaf = leader(null);
      others(deaf).forEach(other -> firewall.cut(other, deaf));
      load.awaitWrites(5);
      firewall.heal();
      load.awaitWrites(20);

      // One follower and the leader do not reach one another; the third node keeps both in.
      String last = leader(null);
      firewall.cut(last, others(last).getFirst());
      load.awaitWrites(20);
      firewall.heal();
      load.awaitWrites(20);
    }
  }

  @Test
  void anIsolatedFollowerCatchesUpAndWaitTellsWhen() {
    String leader = leader(null);
    String follower = others(leader).getFirst();
    try (RespClient client = connect(leader)) {
      client.expect("SET a 0", "OK").expect("WAIT 2 0", "2");
      firewall.isolate(follower);
      for (int i = 1; i <= 50; i++) {
        client.expect("SET a " + i, "OK");
      }
      client.expect("WAIT 1 0", "1").expect("WAIT 2 100", "1");
      client.pipeline("MULTI", "SET a 51", "WAIT 2 0", "EXEC", "WAIT 2 0");
      client.expectNext("OK").expectNext("QUEUED").expectNext("QUEUED").expectNext("[OK, 1]");
      firewall.heal();
      client.expectNext("2");
    }
    await("the follower's own state")
        .atMost(PATIENCE)
        .until(() -> {
          try (RespClient stale = connect(follower)) {
            return stale.expect("READONLY", "OK").call("GET a").equals("\"51\"");
          }
        });
  }

  @Test
  void anIsolatedFollowerIsGivenASnapshotOnceTheLogWasPurged() throws Exception {
    String leader = leader(null);
    String follower = others(leader).getFirst();
    RunningNode.Member member = Objects.requireNonNull(nodes.node(follower).member());
    long installed = member.raft().counters().snapshotsInstalled.sum();
    firewall.isolate(follower);
    String value = "v".repeat(1 << 20);
    try (RespClient client = connect(leader)) {
      // Whole files of 32 MiB are purged, and some 2000 entries before a snapshot are kept.
      for (int i = 0; i < 70; i++) {
        client.expect("SET big " + value, "OK");
      }
      for (int i = 0; i < 2500; i++) {
        client.expect("SET small " + i, "OK");
      }
      RunningNode.Member leading = Objects.requireNonNull(nodes.node(leader).member());
      leading.raft().takeSnapshot(shard().group()).get(60, java.util.concurrent.TimeUnit.SECONDS);
      await("a purged log")
          .atMost(PATIENCE)
          .until(
              () -> Objects.requireNonNull(leading.raft().status(shard().group())).logFirst() > 1);
      firewall.heal();
      client.expect("WAIT 2 0", "2");
    }
    await("the follower's own state, by a snapshot")
        .atMost(PATIENCE)
        .until(() -> {
          try (RespClient stale = connect(follower)) {
            return stale.expect("READONLY", "OK").call("GET small").equals("\"2499\"")
                && stale.call("STRLEN big").equals(Integer.toString(1 << 20));
          }
        });
    assertThat(member.raft().counters().snapshotsInstalled.sum()).isGreaterThan(installed);
  }
}
