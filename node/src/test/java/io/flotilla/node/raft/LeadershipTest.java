package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.raftlog.RaftLog;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * What is told of an entry when leadership changes under it: each of the fates that {@link
 * io.flotilla.node.proposal.Proposal} draws, made to happen with a firewall.
 */
@Tag("cluster")
class LeadershipTest {
  private static RaftCluster cluster;

  @BeforeAll
  static void start(@TempDir Path dir) throws IOException {
    cluster = RaftCluster.ofJournals(dir, 3, RaftCluster.quick());
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @AfterEach
  void heal() {
    cluster.firewall().heal();
  }

  /**
   * Ratis answers NotLeader for such an entry, which a careless client would send again: it would
   * be done twice.
   */
  @Test
  void anEntryWhoseAcknowledgementsAreLostIsUnknownAndThenAppliedAfterAll() {
    GroupId group = cluster.createGroup();
    cluster.write(group, "before");
    NodeId leader = cluster.leader(group);
    cluster.others(leader).forEach(cluster.firewall()::muteAcknowledgements);
    TestProposal p = cluster.propose(leader, group, "ambiguous");
    RaftCluster.awaitEvent(p, "unknown");
    assertThat(p.events()).containsExactly("unknown");

    cluster.firewall().heal();
    RaftCluster.awaitEvent(p, "applied");
    assertThat(p.events()).containsExactly("unknown", "applied");
    LogPosition place = Objects.requireNonNull(p.position());
    for (NodeId node : cluster.nodes()) {
      cluster.awaitApplied(node, group, place.index());
      assertThat(cluster.journal(node, group).entries()).containsExactly("before", "ambiguous");
      assertThat(cluster.journal(node, group).faults()).isEmpty();
    }
  }

  @Test
  void anEntryOfACutOffLeaderIsUnknownAndThenOvertaken() {
    GroupId group = cluster.createGroup();
    cluster.write(group, "before");
    NodeId old = cluster.leader(group);
    cluster.firewall().isolate(old, cluster.nodes());
    TestProposal lost = cluster.propose(old, group, "lost");
    NodeId next = cluster.leaderOtherThan(group, old);
    TestProposal won = cluster.propose(next, group, "won");
    RaftCluster.awaitEvent(won, "applied");
    RaftCluster.awaitEvent(lost, "unknown");

    cluster.firewall().heal();
    RaftCluster.awaitEvent(lost, "overtaken");
    assertThat(lost.events()).containsExactly("unknown", "overtaken");
    cluster.awaitApplied(old, group, Objects.requireNonNull(won.position()).index());
    assertThat(cluster.journal(old, group).entries()).containsExactly("before", "won");
    assertThat(cluster.journal(old, group).faults()).isEmpty();
  }

  /**
   * Ratis alone would lead for ever here: each write keeps its event queue from being empty for a
   * whole timeout.
   */
  @Test
  void aCutOffLeaderStepsDownEvenWhileWritesKeepComing() {
    GroupId group = cluster.createGroup();
    NodeId old = cluster.leader(group);
    long before = cluster.host(old).counters().watchdogStepDowns.sum();
    cluster.firewall().isolate(old, cluster.nodes());
    await("the cut-off leader steps down under writes")
        .atMost(RaftCluster.PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> {
          cluster.propose(old, group, "unheard");
          return !cluster.log(old, group).isLeader();
        });
    assertThat(cluster.host(old).counters().watchdogStepDowns.sum()).isGreaterThan(before);
    await("its machine is told")
        .atMost(RaftCluster.PATIENCE)
        .until(() -> cluster.journal(old, group).leaders().getLast().equals("nobody"));
  }

  /**
   * Ratis drops its look at the commit index where a thread asks for it that was interrupted. With
   * one entry in flight none would follow.
   */
  @Test
  void aLookThatIsLostWithBothAnswersIsMadeUpFor() {
    GroupId group = cluster.createGroup();
    cluster.write(group, "before");
    NodeId leader = cluster.leader(group);
    long before = cluster.host(leader).counters().watchdogStepDowns.sum();
    RaftLog raftLog = division(leader, group).getRaftLog();
    long index = raftLog.getNextIndex();
    cluster.gateAnswers(() -> {
      // Behind the leader's own disk, whose look is not lost.
      await().pollInterval(Duration.ofMillis(1)).until(() -> raftLog.getFlushIndex() >= index);
      Thread.currentThread().interrupt();
    });
    try {
      TestProposal p = cluster.propose(leader, group, "held by all");
      RaftCluster.awaitEvent(p, "applied");
      assertThat(p.events()).containsExactly("applied");
    } finally {
      cluster.gateAnswers(null);
    }
    assertThat(cluster.host(leader).counters().watchdogStepDowns.sum()).isEqualTo(before);
  }

  private static RaftServer.Division division(NodeId node, GroupId group) {
    return Objects.requireNonNull(((Replica) cluster.log(node, group)).division());
  }

  /**
   * A chaos run ended with such a leader: Ratis had not looked, and the next entry, which would
   * have made it look, waited for this one. Here it is Ratis' own setting against slow followers
   * that keeps the leader from committing what two of three have.
   */
  @Test
  void aLeaderThatDoesNotCommitWhatAMajorityHoldsStepsDown() {
    GroupId group = cluster.createGroup();
    NodeId old = cluster.nodes().getFirst();
    List<NodeId> others = cluster.others(old);
    RaftProperties properties = division(old, group).getRaftServer().getProperties();
    RaftServerConfigKeys.Write.setFollowerGapRatioMax(properties, 1e-6f);
    try {
      handOver(group, others.getFirst());
      handOver(group, old); // a leader reads its settings when it begins
      cluster.write(group, "before");
      long before = cluster.host(old).counters().watchdogStepDowns.sum();
      cluster.firewall().isolate(others.getLast(), cluster.nodes());
      TestProposal p = cluster.propose(old, group, "held by two");
      await("it is known to wait")
          .atMost(RaftCluster.PATIENCE)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> cluster.host(old).waitsMillis(group) > 500);
      RaftCluster.awaitEvent(p, "unknown");
      assertThat(cluster.host(old).counters().watchdogStepDowns.sum()).isGreaterThan(before);
      // Whoever is the next, be it the same node again, does as leaders do.
      RaftServerConfigKeys.Write.setFollowerGapRatioMax(properties, -1f);
      RaftCluster.awaitEvent(p, "applied");
      assertThat(p.events()).containsExactly("unknown", "applied");
      NodeId next = cluster.leader(group);
      await("nothing waits")
          .atMost(RaftCluster.PATIENCE)
          .until(() -> cluster.host(next).waitsMillis(group) == 0);
    } finally {
      RaftServerConfigKeys.Write.setFollowerGapRatioMax(properties, -1f);
    }
  }

  /**
   * The thread of Ratis that looks what is committed also steps down. A leader whose thread has
   * ended keeps the others from electing by its heartbeats, for ever.
   */
  @Test
  void aNodeWhoseLeaderNeitherCommitsNorStepsDownHalts() {
    GroupId group = cluster.createGroup();
    cluster.write(group, "before");
    NodeId old = cluster.leader(group);
    // Ratis writes a group's number in capitals.
    String member = old.hex() + "@group-" + group.toString().substring(24);
    Thread processor =
        Thread.getAllStackTraces().keySet().stream()
            .filter(t -> t.getName().equalsIgnoreCase(member + "-LeaderStateImpl"))
            .findFirst()
            .orElseThrow();
    processor.interrupt();
    await("it ends")
        .dontCatchUncaughtExceptions() // it ends by one
        .atMost(RaftCluster.PATIENCE)
        .until(() -> !processor.isAlive());
    TestProposal p = cluster.propose(old, group, "not looked at");
    await("a halt")
        .dontCatchUncaughtExceptions()
        .atMost(RaftCluster.PATIENCE)
        .until(() -> cluster.halts().stream().anyMatch(h -> h.contains(group.toString())));
    assertThat(cluster.halts())
        .anySatisfy(h ->
            assertThat(h)
                .contains(old.brief(), group.toString(), "commits nothing", "does not step down"));
    assertThat(cluster.log(old, group).isLeader()).as("it claims no leadership").isFalse();
    assertThat(p.events()).doesNotContain("applied");
  }

  private static void handOver(GroupId group, NodeId target) {
    await("a transfer to " + target)
        .atMost(RaftCluster.PATIENCE)
        .ignoreExceptions()
        .until(() -> {
          NodeId leader = cluster.leader(group);
          if (!leader.equals(target)) {
            cluster.host(leader).transferLeadership(group, target).join();
          }
          return cluster.leader(group).equals(target);
        });
  }

  @Test
  void leadershipIsHandedOverOnRequest() {
    GroupId group = cluster.createGroup();
    NodeId old = cluster.leader(group);
    NodeId target = cluster.others(old).getFirst();
    handOver(group, target);
    LogPosition at = cluster.write(group, "after");
    cluster.awaitApplied(old, group, at.index());
    assertThat(cluster.journal(target, group).leaders()).anyMatch(l -> l.endsWith(" me"));
  }

  @Test
  void aFollowerDoesNotHandOverWhatItDoesNotHave() {
    GroupId group = cluster.createGroup();
    NodeId leader = cluster.leader(group);
    NodeId follower = cluster.others(leader).getFirst();
    assertThatThrownBy(() -> cluster.host(follower).transferLeadership(group, follower).join())
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            MembershipException.class,
            e -> assertThat(e.reason()).isEqualTo(MembershipException.Reason.NOT_LEADER));
  }

  /**
   * The loop contract under its worst: others keep it busy while entries arrive, so most cannot
   * take the turn themselves.
   */
  @Test
  void entriesAreAppliedInOrderWhileOthersUseTheLoop() throws Exception {
    GroupId group = cluster.createGroup();
    NodeId leader = cluster.leader(group);
    var loop = Objects.requireNonNull(cluster.host(leader).loop(group));
    CountDownLatch reads = new CountDownLatch(20_000);
    Thread reader =
        new Thread(() -> {
          for (int i = 0; i < 20_000; i++) {
            if (i % 2 == 0 || !loop.tryRun(reads::countDown)) {
              loop.execute(reads::countDown);
            }
          }
        });
    reader.start();
    List<TestProposal> proposals =
        java.util.stream.IntStream.range(0, 200)
            .mapToObj(i -> cluster.propose(leader, group, "e" + i))
            .toList();
    proposals.forEach(p -> RaftCluster.awaitEvent(p, "applied"));
    reader.join();
    assertThat(reads.await(RaftCluster.PATIENCE.toSeconds(), java.util.concurrent.TimeUnit.SECONDS))
        .isTrue();
    assertThat(cluster.journal(leader, group).entries())
        .isEqualTo(java.util.stream.IntStream.range(0, 200).mapToObj(i -> "e" + i).toList());
    assertThat(cluster.journal(leader, group).faults()).isEmpty();
  }

  @Test
  void aMachineThatThrowsHaltsTheNodeAndSaysWhere() {
    GroupId group = cluster.createGroup();
    NodeId leader = cluster.leader(group);
    cluster
        .journal(leader, group)
        .beforeApply(entry -> {
          throw new IllegalStateException("a bug");
        });
    TestProposal poison = cluster.propose(leader, group, "poison");
    await("a halt")
        .atMost(RaftCluster.PATIENCE)
        .until(() -> cluster.halts().stream().anyMatch(h -> h.contains(group.toString())));
    LogPosition place = Objects.requireNonNull(poison.position());
    assertThat(cluster.halts())
        .anySatisfy(h ->
            assertThat(h)
                .contains(
                    "entry " + group + "/" + place.term() + "/" + place.index() + ":", "a bug"));
    assertThat(cluster.log(leader, group).isLeader())
        .as("a halted replica claims no leadership")
        .isFalse();
    TestProposal after = cluster.propose(leader, group, "after");
    assertThat(cluster.journal(leader, group).entries()).isEmpty();
    assertThat(after.events()).doesNotContain("applied");
  }

  /**
   * Ratis closes a group by itself when its log or its apply thread fails, and lives on without it.
   */
  @Test
  void aGroupThatRatisClosesHaltsTheNode() {
    GroupId group = cluster.createGroup();
    NodeId node = cluster.nodes().getFirst();
    division(node, group).close();
    await("a halt")
        .atMost(RaftCluster.PATIENCE)
        .until(() ->
            cluster.halts().stream()
                .anyMatch(h -> h.contains(group.toString()) && h.contains("has closed it")));
  }

  /** Its log, closed, answers by exceptions, and the other groups of the node are looked at too. */
  @Test
  void theWatchdogGoesOnWhereRatisHasClosedALeader() {
    ListAppender<ILoggingEvent> said = new ListAppender<>();
    Logger watchdog = (Logger) LoggerFactory.getLogger(Watchdog.class);
    said.start();
    watchdog.addAppender(said);
    try {
      GroupId group = cluster.createGroup();
      division(cluster.leader(group), group).close();
      await("a halt")
          .atMost(RaftCluster.PATIENCE)
          .until(() ->
              cluster.halts().stream()
                  .anyMatch(h -> h.contains(group.toString()) && h.contains("has closed it")));
    } finally {
      watchdog.detachAppender(said);
    }
    // One look may have met the log as it closed.
    assertThat(said.list).extracting(ILoggingEvent::getFormattedMessage).hasSizeLessThan(2);
  }

  @Test
  void aLogThatCannotBeWrittenHaltsTheNode() {
    GroupId group = cluster.createGroup();
    NodeId node = cluster.nodes().getFirst();
    RaftServer.Division division = division(node, group);
    division.getStateMachine().event().notifyLogFailed(new IOException("no space left"), null);
    assertThat(cluster.halts())
        .anyMatch(h -> h.contains(group.toString()) && h.contains("no space left"));
    assertThat(cluster.log(node, group).isLeaderReady()).isFalse();
  }
}
