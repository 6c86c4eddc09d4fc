package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.statemachine.metadata.NodeId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A node that lost its disk and came back empty at the same address neither votes nor acknowledges
 * in the name of the one that it was. Ratis itself would let it: it knows members by their
 * addresses.
 */
@Tag("cluster")
class AddresseeTest {
  @TempDir Path dir;

  @ParameterizedTest
  @EnumSource(RaftSettings.Transport.class)
  void anEmptyReplicaAtALostOnesAddressDoesNotSpeakInItsName(RaftSettings.Transport transport)
      throws Exception {
    RaftSettings settings = RaftCluster.quick().withTransport(transport);
    try (RaftCluster cluster = RaftCluster.ofJournals(dir, 3, settings)) {
      GroupId group = cluster.createGroup();
      cluster.write(group, "before");
      NodeId lost = cluster.others(cluster.leader(group)).getFirst();
      List<NodeId> stay = cluster.others(lost);
      cluster.stop(lost);
      NodeId fresh = cluster.addNodeAt(lost);
      cluster.start(fresh).joinEmpty(group).join();
      // Messages for the lost one arrive at its address from here on.
      for (int i = 0; i < 20; i++) {
        cluster.write(group, "while it is lost " + i);
      }
      assertThat(cluster.log(fresh, group).lastApplied()).isEqualTo(LogPosition.NONE);

      // Of the three that the group counts, two are gone: with the voice of the empty one there
      // would be a majority.
      NodeId leader = cluster.leader(group);
      NodeId other = stay.get(0).equals(leader) ? stay.get(1) : stay.get(0);
      cluster.stop(other);
      TestProposal alone = cluster.propose(leader, group, "without a majority");
      await("an outcome").atMost(RaftCluster.PATIENCE).until(() -> !alone.events().isEmpty());
      assertThat(alone.events()).doesNotContain("applied");
      assertThat(cluster.log(fresh, group).lastApplied()).isEqualTo(LogPosition.NONE);

      cluster.start(other);
      List<Peer> now = List.of(cluster.peer(leader), cluster.peer(other), cluster.peer(lost));
      List<Peer> wanted = List.of(cluster.peer(leader), cluster.peer(other), cluster.peer(fresh));
      await("a change of members")
          .atMost(RaftCluster.PATIENCE.multipliedBy(2))
          .pollInterval(Duration.ofMillis(200))
          .ignoreException(CompletionException.class)
          .until(() -> {
            RaftHost host = cluster.host(cluster.leader(group));
            host.changeMembers(
                    group,
                    new RaftHost.Members(now, List.of()),
                    new RaftHost.Members(wanted, List.of()))
                .join();
            return true;
          });
      LogPosition end = cluster.write(group, "with the new one");
      cluster.awaitApplied(fresh, group, end.index());
      assertThat(cluster.journal(fresh, group).entries())
          .contains("before", "while it is lost 19")
          .endsWith("with the new one");
      assertThat(cluster.journal(fresh, group).faults()).isEmpty();
    }
  }
}
