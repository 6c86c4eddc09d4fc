package io.flotilla.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.NodePhase;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What `up` waits for, and what it says is missing. */
final class ReadinessTest {
  private static final Set<String> ALL = Set.of("n1", "n2", "n3");

  @Test
  void aClusterWithAllItsNodesAndSlotsLacksNothing() {
    assertThat(Readiness.lacks(Examples.healthy(), ALL)).isEmpty();
    assertThat(Readiness.isSettled(Examples.healthy())).isTrue();
  }

  @Test
  void eachThingThatIsMissingIsNamed() {
    ClusterStatus status =
        Examples.status().toBuilder()
            .setNodes(
                0,
                Examples.node(Examples.N1, "n1", 0).toBuilder()
                    .setPhase(NodePhase.NODE_PHASE_LOADING))
            .setSlotsServed(8192)
            .build();
    assertThat(Readiness.lacks(status, ALL))
        .containsExactly(
            "n1 is loading", "n3 is not reached by its fellows", "8192 of 16384 slots are served");
    assertThat(Readiness.lacks(Examples.status(), Set.of("n1", "n2"))).isEmpty();
  }

  @Test
  void aLeaderThatIsToMoveLeavesTheClusterUnsettled() {
    ClusterStatus status =
        Examples.healthy().toBuilder()
            .setShards(1, Examples.shard(1).toBuilder().setPreferredLeaderId(Examples.N3))
            .build();
    assertThat(Readiness.isSettled(status)).isFalse();
  }
}
