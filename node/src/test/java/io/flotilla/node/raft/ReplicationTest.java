package io.flotilla.node.raft;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The road of an entry over Ratis: appended once, applied everywhere in order, still there after
 * restarts.
 */
@Tag("cluster")
class ReplicationTest {
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
  void nothingHalted() {
    assertThat(cluster.halts()).isEmpty();
  }

  @Test
  void entriesAreAppliedOnAllReplicasInTheOrderOfTheirProposals() throws Exception {
    GroupId group = cluster.createGroup();
    NodeId leader = cluster.leader(group);
    List<TestProposal> proposals = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      proposals.add(cluster.propose(leader, group, "entry " + i));
    }
    proposals.forEach(p -> RaftCluster.awaitEvent(p, "applied"));
    List<String> expected = IntStream.range(0, 500).mapToObj(i -> "entry " + i).toList();
    LogPosition last = Objects.requireNonNull(proposals.getLast().position());
    for (NodeId node : cluster.nodes()) {
      cluster.awaitApplied(node, group, last.index());
      assertThat(cluster.journal(node, group).entries()).isEqualTo(expected);
      assertThat(cluster.journal(node, group).faults()).isEmpty();
    }
    assertThat(proposals).allSatisfy(p -> assertThat(p.events()).containsExactly("applied"));
    assertThat(cluster.host(leader).counters().proposalsInFlight.sum()).isZero();
  }

  @Test
  void aFollowerRefusesAndNamesTheLeader() throws Exception {
    GroupId group = cluster.createGroup();
    NodeId leader = cluster.leader(group);
    NodeId follower = cluster.others(leader).getFirst();
    TestProposal p = cluster.propose(follower, group, "no");
    RaftCluster.awaitEvent(p, "refused NOT_LEADER");
    await().atMost(RaftCluster.PATIENCE).until(() -> cluster.log(follower, group).leader() != null);
    assertThat(cluster.log(follower, group).leader())
        .isEqualTo(new LeaderHint(cluster.log(leader, group).currentTerm(), leader));
    assertThat(cluster.log(follower, group).voters().current())
        .containsExactlyInAnyOrderElementsOf(cluster.nodes());
    assertThat(cluster.journal(leader, group).entries()).isEmpty();
  }

  @Test
  void aRestartedNodeHasAllEntriesAgainAndGoesOn() throws Exception {
    GroupId group = cluster.createGroup();
    for (int i = 0; i < 20; i++) {
      cluster.write(group, "entry " + i);
    }
    NodeId leader = cluster.leader(group);
    cluster.stop(leader);
    LogPosition after = cluster.write(group, "without the old leader");
    cluster.start(leader);
    cluster.awaitApplied(leader, group, after.index());
    assertThat(cluster.journal(leader, group).entries())
        .hasSize(21)
        .endsWith("without the old leader");
    assertThat(cluster.journal(leader, group).faults()).isEmpty();
  }

  /** On a full disk Ratis leaves an empty file where a term and a vote stood. */
  @Test
  void aNodeWhoseVotesWereEmptiedStartsWithWhatItHadToldOfThem() throws Exception {
    GroupId group = cluster.createGroup();
    cluster.write(group, "before");
    for (NodeId node : cluster.nodes()) {
      GroupFolder folder = new GroupFolder(group, Disk.parent(cluster.folder(node, group)));
      await("the vote of " + node.brief() + " is kept")
          .atMost(RaftCluster.PATIENCE)
          .untilAsserted(() ->
              assertThat(folder.root().resolve("flotilla/vote"))
                  .hasSameTextualContentAs(folder.votes()));
      String told = Files.readString(folder.votes());
      cluster.stop(node);
      Files.delete(folder.votes());
      Files.createFile(folder.votes());
      cluster.start(node);
      long term = cluster.log(node, group).currentTerm();
      assertThat(term).isGreaterThanOrEqualTo(KeptVote.Vote.parse(told.getBytes(US_ASCII)).term());
      LogPosition after = cluster.write(group, "after");
      cluster.awaitApplied(node, group, after.index());
    }
  }

  @Test
  void allNodesRestartedHaveAllEntries() throws Exception {
    GroupId group = cluster.createGroup();
    LogPosition last = LogPosition.NONE;
    for (int i = 0; i < 50; i++) {
      last = cluster.write(group, "entry " + i);
    }
    cluster.stopAll();
    for (NodeId node : cluster.nodes()) {
      cluster.start(node);
    }
    cluster.leader(group);
    for (NodeId node : cluster.nodes()) {
      cluster.awaitApplied(node, group, last.index());
      assertThat(cluster.journal(node, group).entries())
          .isEqualTo(IntStream.range(0, 50).mapToObj(i -> "entry " + i).toList());
    }
    cluster.write(group, "and on");
    assertThat(cluster.halts()).isEmpty();
  }

  @Test
  void manyGroupsLiveOnOneServer() throws Exception {
    List<GroupId> groups = IntStream.range(0, 6).mapToObj(i -> cluster.createGroup()).toList();
    for (GroupId group : groups) {
      LogPosition at = cluster.write(group, "of " + group);
      for (NodeId node : cluster.nodes()) {
        cluster.awaitApplied(node, group, at.index());
        assertThat(cluster.journal(node, group).entries()).containsExactly("of " + group);
      }
    }
    assertThat(cluster.host(cluster.nodes().getFirst()).groups()).containsAll(groups);
  }

  @Test
  void ratisOwnTransportCarriesEntriesToo(@TempDir Path other) throws Exception {
    // Takes the shared cluster's firewall away when it ends; no test here needs that one.
    RaftSettings grpc = RaftCluster.quick().withTransport(RaftSettings.Transport.GRPC);
    try (RaftCluster plain = RaftCluster.ofJournals(other, 3, grpc)) {
      GroupId group = plain.createGroup();
      LogPosition last = LogPosition.NONE;
      for (int i = 0; i < 20; i++) {
        last = plain.write(group, "entry " + i);
      }
      for (NodeId node : plain.nodes()) {
        plain.awaitApplied(node, group, last.index());
        assertThat(plain.journal(node, group).entries()).hasSize(20);
      }
      assertThat(plain.halts()).isEmpty();
    }
  }
}
