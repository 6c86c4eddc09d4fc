package io.flotilla.node.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.admin.AdminException.Kind;
import io.flotilla.proto.admin.Endpoint;
import io.flotilla.proto.admin.ReplaceNodeProgress;
import io.flotilla.proto.admin.ReplaceNodeRequest;
import io.flotilla.proto.admin.ReplaceNodeState;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Node;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A replacement ends in the same state wherever it was stopped, and whatever is asked that makes no
 * sense changes nothing.
 */
@Tag("slow")
class NodeReplacementTest {
  private static final String LEADER = ModelCluster.id(1);
  private static final String LOST = ModelCluster.id(2);
  private static final String OTHER = ModelCluster.id(3);
  private static final String FRESH = ModelCluster.id(9);

  private final List<ReplaceNodeState> said = new ArrayList<>();

  private void replace(ModelCluster cluster, String old, int port) throws InterruptedException {
    ReplaceNodeRequest.Builder request = ReplaceNodeRequest.newBuilder().setOldNode(old);
    if (port != 0) {
      request.setNewAdmin(Endpoint.newBuilder().setHost("127.0.0.1").setPort(port));
    }
    new NodeReplacement(
            ModelCluster.METADATA,
            cluster::state,
            cluster.hints,
            cluster.links,
            cluster::change,
            (ReplaceNodeProgress p) -> said.add(p.getState()))
        .run(request.build());
  }

  /** n2 has lost its disk, and a new node of the same name is at its address. */
  private static int loseAndRestart(ModelCluster cluster) throws IOException {
    int port = cluster.process(LOST).port;
    cluster.kill(LOST);
    cluster.start(FRESH, "n2", port);
    return port;
  }

  private static void assertReplaced(ModelCluster cluster, String fresh) {
    MetadataState state = cluster.state();
    assertThat(state.getNodesList()).extracting(Node::getId).contains(fresh).doesNotContain(LOST);
    assertThat(state.getRetiredNodesList()).contains(LOST);
    assertThat(state.getShardsList())
        .allSatisfy(s -> assertThat(s.getReplicasList()).contains(fresh).doesNotContain(LOST));
    assertThat(state.getNodesList()).filteredOn(Node::getMetadataVoter).hasSize(3);
    cluster.groups.forEach((id, group) -> {
      assertThat(group.voters).as("voters of %s", id).hasSize(3).contains(fresh);
      assertThat(group.voters).doesNotContain(LOST);
      assertThat(group.listeners).isEmpty();
    });
  }

  @Test
  void aLostNodeIsReplacedAtItsOwnAddressByItsNameAloneAndOnce() throws Exception {
    try (ModelCluster cluster = new ModelCluster()) {
      loseAndRestart(cluster);
      replace(cluster, "n2", 0);
      assertReplaced(cluster, FRESH);
      assertThat(said)
          .containsExactly(
              ReplaceNodeState.REPLACE_NODE_STATE_REGISTERED,
              ReplaceNodeState.REPLACE_NODE_STATE_ADOPTED,
              ReplaceNodeState.REPLACE_NODE_STATE_SHARD_MOVED,
              ReplaceNodeState.REPLACE_NODE_STATE_SHARD_MOVED,
              ReplaceNodeState.REPLACE_NODE_STATE_METADATA_MOVED,
              ReplaceNodeState.REPLACE_NODE_STATE_DONE);
      MetadataState done = cluster.state();
      replace(cluster, "n2", 0);
      replace(cluster, LOST, 0);
      assertThat(cluster.state()).isEqualTo(done);
    }
  }

  @Test
  void aNodeThatLivesAndLeadsIsReplacedByOneElsewhere() throws Exception {
    try (ModelCluster cluster = new ModelCluster()) {
      cluster.groups.values().forEach(g -> g.leader = LOST);
      ModelCluster.Process fresh = cluster.start(FRESH, "n4", 0);
      replace(cluster, "n2", fresh.port);
      assertReplaced(cluster, FRESH);
    }
  }

  /** Stopped before and after each step in turn, and called again: it ends as if nothing was. */
  @Test
  void stoppedAnywhereTheSameCallGoesOn() throws Exception {
    int stops = 0;
    boolean more = true;
    for (int stopAt = 0; more; stopAt++) {
      try (ModelCluster cluster = new ModelCluster()) {
        loseAndRestart(cluster);
        int[] left = {stopAt};
        cluster.fault =
            (step, done) -> {
              if (left[0]-- == 0) {
                throw new AdminException(Kind.INVALID, "stopped", step + (done ? " done" : ""));
              }
            };
        try {
          replace(cluster, "n2", 0);
        } catch (AdminException e) {
          stops++;
          cluster.fault = (step, done) -> {};
          replace(cluster, "n2", 0);
        }
        assertReplaced(cluster, FRESH);
        more = left[0] < 0;
      }
    }
    assertThat(stops).as("places where it was stopped").isGreaterThan(12);
  }

  @Test
  void aLeaderThatIsLostInTheMiddleIsLookedForAndTheStepMadeAgain() throws Exception {
    try (ModelCluster cluster = new ModelCluster()) {
      loseAndRestart(cluster);
      int[] failures = {0};
      cluster.fault =
          (step, done) -> {
            if (step.equals("members") && failures[0]++ < 6) {
              cluster
                  .groups
                  .values()
                  .forEach(g -> g.leader = g.leader.equals(LEADER) ? OTHER : LEADER);
              throw new AdminException(Kind.UNKNOWN_OUTCOME, "unknown", "the leader was lost");
            }
          };
      replace(cluster, "n2", 0);
      assertReplaced(cluster, FRESH);
      assertThat(failures[0]).isGreaterThan(6);
    }
  }

  @Test
  void aReplacementThatWasLostItselfIsReplacedWithAllThatItHadNotFinished() throws Exception {
    try (ModelCluster cluster = new ModelCluster()) {
      int port = loseAndRestart(cluster);
      cluster.fault =
          (step, done) -> {
            if (done && step.equals("REPLACE_REPLICA")) {
              throw new AdminException(Kind.INVALID, "stopped", "after the first shard");
            }
          };
      assertThatThrownBy(() -> replace(cluster, "n2", 0)).hasMessage("after the first shard");
      cluster.fault = (step, done) -> {};
      cluster.kill(FRESH);
      String third = ModelCluster.id(10);
      cluster.start(third, "n2", port);
      replace(cluster, "n2", 0);
      assertReplaced(cluster, third);
      assertThat(cluster.state().getRetiredNodesList()).contains(LOST, FRESH);
      assertThat(cluster.state().getNodesCount()).isEqualTo(3);
    }
  }

  @Test
  void whatMakesNoSenseIsRefusedAndChangesNothing() throws Exception {
    try (ModelCluster cluster = new ModelCluster()) {
      MetadataState before = cluster.state();
      refused("same-node", () -> replace(cluster, "n2", 0));
      refused("incomplete", () -> replace(cluster, "", 1));
      refused("unknown-node", () -> replace(cluster, "n7", 0));
      refused("node-failed", () -> replace(cluster, "n2", 1));
      assertThat(cluster.state()).isEqualTo(before);
    }
  }

  private static void refused(String reason, ThrowingCallable asked) {
    assertThatThrownBy(asked)
        .isInstanceOfSatisfying(
            AdminException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }
}
