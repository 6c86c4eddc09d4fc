package io.flotilla.node.proposal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.raft.Peer;
import io.flotilla.node.raft.RaftCluster;
import io.flotilla.node.raft.RaftHost;
import io.flotilla.statemachine.metadata.NodeId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * While Ratis changes the members of a group, a read is confirmed only by a majority of the old and
 * of the new ones. The change is held in its joint phase, by losing the answers of those whose
 * majority it needs, and real points are judged by real rounds.
 */
@Tag("cluster")
class JointConfigurationTest {
  private static final long INCARNATION = 7;

  @TempDir Path dir;

  /** What a round comes to if just these vouch. */
  private static boolean confirms(ShardLog log, NodeId... vouching) {
    List<String> told = new ArrayList<>();
    List<NodeId> asked = new ArrayList<>();
    ConfirmationRounds rounds =
        new ConfirmationRounds(
            log.self(),
            INCARNATION,
            Duration.ofSeconds(1).toNanos(),
            Duration.ofSeconds(1).toNanos(),
            ReadPoint::take,
            new ConfirmationRounds.Driver() {
              @Override
              public void send(NodeId to, Confirm frame) {
                asked.add(to);
              }

              @Override
              public void confirmed(ShardLog confirmed, long term, long readIndex) {
                told.add("confirmed");
              }

              @Override
              public void failed(ShardLog failed, Failure why) {
                told.add("failed: " + why);
              }
            });
    rounds.begin(List.of(log), 0);
    assertThat(told).as("a leader alone is no majority, and it does lead").isEmpty();
    assertThat(asked).contains(vouching);
    for (NodeId voter : vouching) {
      rounds.answered(
          voter,
          new Confirmed(INCARNATION, 1, List.of(new GroupTerm(log.group(), log.currentTerm()))));
    }
    return told.equals(List.of("confirmed"));
  }

  @Test
  void aReadNeedsAMajorityOfBothSetsOfVotersAndListenersDoNotCount() throws Exception {
    // So long that the leader keeps its place while it waits for lost answers.
    try (RaftCluster cluster =
        RaftCluster.ofJournals(
            dir,
            3,
            RaftCluster.quick()
                .withElectionTimeouts(Duration.ofSeconds(6), Duration.ofSeconds(12)))) {
      GroupId group = cluster.createGroup();
      for (int i = 0; i < 5; i++) {
        cluster.write(group, "entry " + i);
      }
      NodeId a = cluster.leader(group);
      NodeId b = cluster.others(a).get(0);
      NodeId c = cluster.others(a).get(1);
      NodeId d = cluster.addNode();
      cluster.start(d).joinEmpty(group).join();
      ShardLog log = cluster.log(a, group);
      List<Peer> before = peers(cluster, a, b, c);
      List<Peer> after = peers(cluster, a, b, d);

      cluster.firewall().muteAcknowledgements(b);
      cluster.firewall().muteAcknowledgements(c);
      CompletableFuture<Void> change = change(cluster, group, before, after, List.of());
      await("the joint configuration")
          .atMost(RaftCluster.PATIENCE)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> !log.voters().old().isEmpty());
      assertThat(log.voters()).isEqualTo(new ShardLog.Voters(Set.of(a, b, d), Set.of(a, b, c)));
      assertThat(confirms(log, d)).as("a majority of the new ones only").isFalse();
      assertThat(confirms(log, c)).as("a majority of the old ones only").isFalse();
      assertThat(confirms(log, c, d)).as("one of each, with the leader in both").isTrue();
      assertThat(confirms(log, b)).as("one that is in both").isTrue();
      assertThat(log.voters().old()).as("it was joint all the time").isNotEmpty();

      cluster.firewall().heal();
      change.join();
      await("the new configuration alone")
          .atMost(RaftCluster.PATIENCE)
          .until(() -> log.voters().equals(new ShardLog.Voters(Set.of(a, b, d), Set.of())));
      assertThat(confirms(log, d)).isTrue();

      NodeId e = cluster.addNode();
      cluster.start(e).joinEmpty(group).join();
      await("a listener")
          .atMost(RaftCluster.PATIENCE)
          .ignoreException(CompletionException.class)
          .until(() -> {
            change(cluster, group, after, after, peers(cluster, e)).join();
            return true;
          });
      LogPosition end = cluster.write(group, "heard by a listener");
      cluster.awaitApplied(e, group, end.index());
      assertThat(log.voters()).isEqualTo(new ShardLog.Voters(Set.of(a, b, d), Set.of()));
      assertThat(cluster.log(e, group).voters().current()).doesNotContain(e);
    }
  }

  private static List<Peer> peers(RaftCluster cluster, NodeId... nodes) {
    return Arrays.stream(nodes).map(cluster::peer).toList();
  }

  private static CompletableFuture<Void> change(
      RaftCluster cluster,
      GroupId group,
      List<Peer> before,
      List<Peer> after,
      List<Peer> listeners) {
    return cluster
        .host(cluster.leader(group))
        .changeMembers(
            group, new RaftHost.Members(before, List.of()), new RaftHost.Members(after, listeners));
  }
}
