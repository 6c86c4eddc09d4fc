package io.flotilla.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The plan of a local cluster: who listens where, and what the nodes are told. */
final class ClusterPlanTest {
  @Test
  void threeNodesFromPort7000() {
    ClusterPlan plan = ClusterPlan.of(3, 0, 0, 7000);
    assertThat(plan.shards()).isEqualTo(3);
    assertThat(plan.replicas()).isEqualTo(3);
    assertThat(plan.nodes().get(2))
        .isEqualTo(new NodePlan("n3", "127.0.0.1", 7002, 7102, 7202, 7302, 7402));
  }

  @Test
  void aSmallClusterHasAsManyReplicasAsNodes() {
    assertThat(ClusterPlan.of(1, 0, 0, 7000).replicas()).isEqualTo(1);
    assertThat(ClusterPlan.of(2, 5, 0, 7000).replicas()).isEqualTo(2);
    assertThat(ClusterPlan.of(5, 2, 0, 7000)).extracting(ClusterPlan::shards).isEqualTo(2);
  }

  @Property(tries = 200)
  void noTwoListenersShareAPort(
      @ForAll @IntRange(min = 1, max = 100) int nodes,
      @ForAll @IntRange(min = 1, max = 65_000) int port) {
    ClusterPlan plan = ClusterPlan.of(nodes, 0, 0, port);
    List<Integer> ports = plan.nodes().stream().flatMap(n -> n.ports().values().stream()).toList();
    assertThat(ports).doesNotHaveDuplicates().allMatch(p -> p >= 1 && p <= 65_535);
  }

  @Test
  void nonsenseIsRefusedWithItsBounds() {
    assertThatThrownBy(() -> ClusterPlan.of(0, 0, 0, 7000))
        .hasMessage("--nodes 0 is not in 1 to 100");
    assertThatThrownBy(() -> ClusterPlan.of(101, 0, 0, 7000)).hasMessageContaining("1 to 100");
    assertThatThrownBy(() -> ClusterPlan.of(3, -1, 0, 7000)).hasMessageContaining("--shards -1");
    assertThatThrownBy(() -> ClusterPlan.of(3, 0, 4, 7000))
        .hasMessageContaining("--replicas 4 is not in 1 to 3")
        .hasMessageContaining("a node of its own");
    assertThatThrownBy(() -> ClusterPlan.of(3, 0, 0, 65_200))
        .hasMessageContaining("would need ports up to 65602");
  }

  @Test
  void aNodesConfigurationFile() {
    ClusterPlan plan = ClusterPlan.of(2, 4, 0, 7000);
    Golden.assertEquals(
        "src/test/resources/pages/node.yaml",
        plan.configurationOf(
            plan.nodes().get(1),
            Path.of("/srv/it's here/n2/data"),
            List.of(
                "write.linger-micros=300", "raft.transport=netty", "write.deadline-millis=9000")));
  }

  @Test
  void aSettingThatIsNoneIsRefused() {
    ClusterPlan plan = ClusterPlan.of(1, 0, 0, 7000);
    for (String setting :
        List.of("linger=3", "write.linger", ".x=1", "write.=3", "listen.client=127.0.0.1:1")) {
      assertThatThrownBy(
              () -> plan.configurationOf(plan.nodes().getFirst(), Path.of("/d"), List.of(setting)))
          .hasMessageContaining("--set " + setting);
    }
  }
}
