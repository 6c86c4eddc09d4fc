package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.statemachine.metadata.NodeId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Why Flotilla's own reads may be trusted where Ratis' are not ({@link
 * RatisOwnReadPathIsStaleTest}): the same scenario, on the same Ratis, through confirmation rounds.
 */
@Tag("cluster")
class ConfirmedReadsAreNotStaleTest {
  /**
   * An old leader gives up after the longest election timeout; a busy machine may miss the moment.
   */
  private static final int ROUNDS = 6;

  private static final long READ_PATIENCE_MILLIS = 300;

  @TempDir Path dir;
  private ShardCluster cluster;

  @BeforeEach
  void start() throws Exception {
    // So long that an old leader goes on believing for a while after another was elected.
    cluster =
        new ShardCluster(
            dir,
            3,
            RaftCluster.quick()
                .withElectionTimeouts(Duration.ofMillis(500), Duration.ofSeconds(3)));
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void aCutOffLeaderAnswersNothingThatIsStaleAndServesAgainAfterTheHeal() {
    OwnReads reads = new OwnReads();
    int believedStale = 0;
    for (int round = 1; round <= ROUNDS && believedStale == 0; round++) {
      reads.believedStale = 0;
      PartitionedLeader.Answers answers =
          PartitionedLeader.play(reads, cluster.firewall(), cluster.nodes(), "round " + round);
      assertThat(answers.stale()).as("stale answers in round %s: %s", round, answers).isZero();
      assertThat(answers.current()).as("answers of a node that nobody hears: %s", answers).isZero();
      believedStale = reads.believedStale;
      servesAgain(reads, Objects.requireNonNull(reads.cutOff), "round " + round);
    }
    assertThat(believedStale)
        .as(
            "times that the cut-off node would have answered stale by its own belief: else nothing was tried")
        .isPositive();
    assertThat(cluster.halts()).isEmpty();
  }

  /** The node that was cut off leads again, and reads what is newest there. */
  private void servesAgain(OwnReads reads, NodeId healed, String round) {
    await("the healed node leads again")
        .atMost(RaftCluster.PATIENCE)
        .ignoreExceptions()
        .until(() -> {
          NodeId leader = cluster.leaderOtherThan(null);
          if (!leader.equals(healed)) {
            cluster.host(leader).transferLeadership(cluster.group(), healed).join();
          }
          return cluster.log(healed).isLeaderReady();
        });
    await("a read at the healed node")
        .atMost(RaftCluster.PATIENCE)
        .until(() -> (round + " after").equals(reads.read(healed)));
  }

  /**
   * Reads before, during and after transfers: each sees at least what was acknowledged before it
   * began.
   */
  @Test
  void readsDuringTransfersOfLeadershipSeeAllThatWasAcknowledged() throws Exception {
    AtomicLong acknowledged = new AtomicLong();
    AtomicInteger answered = new AtomicInteger();
    Set<NodeId> answeredBy = java.util.concurrent.ConcurrentHashMap.newKeySet();
    List<String> stale = java.util.Collections.synchronizedList(new ArrayList<>());
    var done = new java.util.concurrent.atomic.AtomicBoolean();
    write(1);
    acknowledged.set(1);
    List<Thread> readers = new ArrayList<>();
    for (NodeId node : cluster.nodes()) {
      readers.add(
          Thread.ofPlatform()
              .start(() -> {
                ShardCluster.Client client = cluster.connect(node);
                while (!done.get()) {
                  long before = acknowledged.get();
                  ShardCluster.Outcome outcome =
                      ShardCluster.within(client.call("GET", "x"), 10_000);
                  String value = outcome == null ? null : outcome.text();
                  if (value != null) {
                    answered.incrementAndGet();
                    answeredBy.add(node);
                    if (Long.parseLong(value) < before) {
                      stale.add(
                          node.brief()
                              + " answered "
                              + value
                              + " after "
                              + before
                              + " was acknowledged");
                    }
                  }
                }
              }));
    }
    Thread writer =
        Thread.ofPlatform()
            .start(() -> {
              for (long next = 2; !done.get(); next++) {
                write(next);
                acknowledged.set(next);
              }
            });
    try {
      Set<NodeId> led = new HashSet<>();
      for (int transfer = 0; transfer < 4; transfer++) {
        NodeId old = cluster.leaderOtherThan(null);
        led.add(old);
        NodeId target = cluster.nodes().get((cluster.nodes().indexOf(old) + 1) % 3);
        int before = answered.get();
        await("a transfer to " + target.brief())
            .atMost(RaftCluster.PATIENCE)
            .ignoreExceptions()
            .until(() -> {
              NodeId leader = cluster.leaderOtherThan(null);
              if (!leader.equals(target)) {
                cluster.host(leader).transferLeadership(cluster.group(), target).join();
              }
              return cluster.leaderOtherThan(null).equals(target);
            });
        await("reads at the new leader")
            .atMost(RaftCluster.PATIENCE)
            .until(() -> answeredBy.contains(target) && answered.get() > before + 20);
      }
      assertThat(led).hasSizeGreaterThan(1);
    } finally {
      done.set(true);
      for (Thread reader : readers) {
        reader.join();
      }
      writer.join();
    }
    assertThat(stale).isEmpty();
    assertThat(answeredBy).hasSizeGreaterThan(1);
  }

  /** Writes the number, at the next leader too where it was certainly not written. */
  private void write(long number) {
    while (true) {
      NodeId leader = cluster.leaderOtherThan(null);
      ShardCluster.Outcome outcome =
          ShardCluster.within(
              cluster.connect(leader).call("SET", "x", Long.toString(number)), 30_000);
      if (outcome != null && outcome.isOk()) {
        return;
      }
      assertThat(outcome).as("an outcome of the write of %s", number).isNotNull();
      assertThat(Objects.requireNonNull(outcome).reply()).isNull();
    }
  }

  /** The shard's register, read through confirmation rounds. */
  private final class OwnReads implements PartitionedLeader.Register {
    @Nullable NodeId cutOff;
    int believedStale;
    private @Nullable String newest;

    @Override
    public NodeId leaderOtherThan(@Nullable NodeId not) {
      NodeId leader = cluster.leaderOtherThan(not);
      if (not == null) {
        cutOff = leader;
      }
      return leader;
    }

    @Override
    public boolean leads(NodeId node) {
      return cluster.log(node).isLeader();
    }

    @Override
    public boolean write(NodeId at, String value) {
      ShardCluster.Outcome outcome =
          ShardCluster.within(
              cluster.connect(at).call("SET", "x", value), RaftCluster.PATIENCE.toMillis());
      newest = value;
      return outcome != null && outcome.isOk();
    }

    @Override
    public @Nullable String read(NodeId at) {
      String believed = cluster.believed(at, "x");
      if (believed != null && !believed.equals(newest)) {
        believedStale++;
      }
      ShardCluster.Outcome outcome =
          ShardCluster.within(cluster.connect(at).call("GET", "x"), READ_PATIENCE_MILLIS);
      return outcome == null ? null : outcome.text();
    }
  }
}
