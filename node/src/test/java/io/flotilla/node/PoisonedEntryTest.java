package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.config.Keys;
import io.flotilla.node.config.LoggedEntry;
import io.flotilla.node.config.NodeConfig;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.Proposal;
import io.flotilla.node.proposal.ReplicatedMachine;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.raft.JournalMachine;
import io.flotilla.node.raft.RaftCluster;
import io.flotilla.node.raft.TestProposal;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An entry at which the machine throws halts every replica until an operator names it; then all go
 * on as if it had never been.
 */
class PoisonedEntryTest {
  private static final Pattern NAMED = Pattern.compile("at entry ([0-9a-f-]{36})/(\\d+)/(\\d+):");

  @TempDir Path dir;

  private final Map<NodeId, JournalMachine> journals = new ConcurrentHashMap<>();
  private final Map<NodeId, Set<LogPosition>> passes = new ConcurrentHashMap<>();

  private RaftCluster cluster() throws Exception {
    return RaftCluster.of(
        dir,
        3,
        RaftCluster.quick(),
        (group, log, loop) -> {
          JournalMachine journal = new JournalMachine(log, loop);
          journal.beforeApply(text -> {
            if (text.equals("poison")) {
              throw new IllegalStateException("a fault of the machine");
            }
          });
          journals.put(log.self(), journal);
          return new Passing(group, journal, passes.getOrDefault(log.self(), Set.of()));
        });
  }

  private static void awaitHalts(RaftCluster cluster, int count) {
    await("halts of " + count + " replicas, so far " + cluster.halts())
        .atMost(RaftCluster.PATIENCE)
        .until(() -> cluster.halts().size() >= count);
  }

  private JournalMachine journal(NodeId node) {
    return Objects.requireNonNull(journals.get(node));
  }

  @Tag("cluster")
  @Test
  void everyReplicaHaltsAtItUntilItIsNamedAndThenAllAgree() throws Exception {
    try (RaftCluster cluster = cluster()) {
      GroupId group = cluster.createGroup();
      cluster.write(group, "before");
      TestProposal poison = cluster.propose(cluster.leader(group), group, "poison");
      awaitHalts(cluster, 3);
      assertThat(poison.events()).doesNotContain("applied");

      Matcher named = NAMED.matcher(cluster.halts().getFirst());
      assertThat(named.find()).as(cluster.halts().getFirst()).isTrue();
      assertThat(named.group(1)).isEqualTo(group.toString());
      LogPosition at =
          new LogPosition(Long.parseLong(named.group(2)), Long.parseLong(named.group(3)));
      assertThat(cluster.halts()).allMatch(h -> h.contains(named.group()));

      // Started again as they are, they halt again.
      restart(cluster, cluster.nodes());
      awaitHalts(cluster, 6);

      // Named on two of three: the third halts again, and changes nothing for them.
      List<NodeId> two = cluster.nodes().subList(0, 2);
      NodeId third = cluster.nodes().get(2);
      two.forEach(n -> passes.put(n, Set.of(at)));
      restart(cluster, cluster.nodes());
      awaitHalts(cluster, 7);
      assertThat(cluster.halts().getLast()).startsWith(third.brief());
      cluster.stop(third);
      LogPosition end = cluster.write(group, "after");
      for (NodeId node : two) {
        cluster.awaitApplied(node, group, end.index());
      }

      passes.put(third, Set.of(at));
      cluster.start(third);
      cluster.awaitApplied(third, group, end.index());
      assertThat(cluster.halts()).hasSize(7);
      for (NodeId node : cluster.nodes()) {
        assertThat(journal(node).entries()).containsExactly("before", "after");
        assertThat(journal(node).faults()).isEmpty();
      }
    }
  }

  private static void restart(RaftCluster cluster, List<NodeId> nodes) throws Exception {
    cluster.stopAll();
    for (NodeId node : nodes) {
      cluster.start(node);
    }
  }

  /** It cannot be proposed and named by the same process, but who waits must not wait for ever. */
  @Test
  void whoWaitsForAPassedEntryIsToldThatItWasNotDone() {
    List<String> calls = new ArrayList<>();
    Passing passing =
        new Passing(
            new GroupId(new UUID(1, 2)), new Recorded(calls), Set.of(new LogPosition(3, 7)));
    TestProposal own = new TestProposal("poison");
    passing.apply(3, 6, own.entry(), null);
    passing.apply(3, 7, own.entry(), own);
    passing.apply(4, 8, own.entry(), null);
    assertThat(calls).containsExactly("apply 3/6", "pass 3/7", "apply 4/8");
    assertThat(own.events()).containsExactly("unknown", "overtaken");
  }

  @Test
  void anEntryIsNamedAsTheLogNamesIt() throws Exception {
    String name = "0b310000-0000-0000-0000-000000000001/7/123456";
    NodeConfig config =
        NodeConfig.parse(
            "node.yaml",
            "node: {name: n1, directory: /data}\nraft: {pass-entries: [\"" + name + "\"]}\n");
    assertThat(config.of(Keys.RAFT_PASS_ENTRIES))
        .extracting(LoggedEntry::toString)
        .containsExactly(name);
  }

  private record Recorded(List<String> calls) implements ReplicatedMachine {
    @Override
    public void apply(long term, long index, ByteBuffer entry, @Nullable Proposal own) {
      calls.add("apply " + term + "/" + index);
    }

    @Override
    public void pass(long term, long index) {
      calls.add("pass " + term + "/" + index);
    }

    @Override
    public void leaderChanged(ShardLog.@Nullable LeaderHint leader, boolean selfIsLeader) {}

    @Override
    public SnapshotCut beginSnapshot() {
      throw new AssertionError("no snapshot");
    }

    @Override
    public void restore(LogPosition position, InputStream snapshot) {}
  }
}
