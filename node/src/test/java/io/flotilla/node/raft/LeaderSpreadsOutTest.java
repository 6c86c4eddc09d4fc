package io.flotilla.node.raft;

import static org.awaitility.Awaitility.await;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.statemachine.metadata.NodeId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The balancer at work: three groups end up with three leaders, and do so again after one of their
 * nodes was away.
 */
@Tag("cluster")
class LeaderSpreadsOutTest {
  @TempDir Path dir;

  @Test
  void threeGroupsAreLedByThreeNodesAndAgainAfterAFailure() throws Exception {
    RaftSettings settings = RaftCluster.quick();
    try (RaftCluster cluster = RaftCluster.ofJournals(dir, 3, settings)) {
      List<GroupId> groups = IntStream.range(0, 3).mapToObj(i -> cluster.createGroup()).toList();
      Map<GroupId, NodeId> preferred = new HashMap<>();
      for (int i = 0; i < groups.size(); i++) {
        preferred.put(groups.get(i), cluster.nodes().get(i));
      }
      Map<NodeId, LeaderBalancer> balancers = new HashMap<>();
      cluster
          .nodes()
          .forEach(n ->
              balancers.put(n, new LeaderBalancer(cluster.host(n), settings, () -> preferred)));
      awaitSpread(cluster, groups);

      NodeId away = cluster.nodes().getFirst();
      java.util.Objects.requireNonNull(balancers.remove(away)).close();
      cluster.stop(away);
      groups.forEach(cluster::leader);
      cluster.start(away);
      balancers.put(away, new LeaderBalancer(cluster.host(away), settings, () -> preferred));
      awaitSpread(cluster, groups);
      groups.forEach(g -> cluster.write(g, "still there"));
      balancers.values().forEach(LeaderBalancer::close);
    }
  }

  private static void awaitSpread(RaftCluster cluster, List<GroupId> groups) {
    await("three leaders on three nodes")
        .atMost(RaftCluster.PATIENCE.multipliedBy(2))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> {
          List<NodeId> leaders = new ArrayList<>();
          groups.forEach(g -> leaders.add(cluster.leader(g)));
          return new HashSet<>(leaders).size() == groups.size();
        });
  }
}
