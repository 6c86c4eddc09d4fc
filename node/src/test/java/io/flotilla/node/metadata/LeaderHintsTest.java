package io.flotilla.node.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Why: a hint that goes back in time sends clients in circles. */
final class LeaderHintsTest {
  private static final GroupId GROUP = new GroupId(new UUID(1, 1));
  private static final NodeId A = new NodeId("a".repeat(40));
  private static final NodeId B = new NodeId("b".repeat(40));

  private final LeaderHints hints = new LeaderHints();
  private final List<LeaderHint> heard = new ArrayList<>();

  LeaderHintsTest() {
    hints.subscribe((group, hint) -> heard.add(hint));
  }

  @Test
  void theHighestTermWins() {
    hints.offer(GROUP, new LeaderHint(2, A));
    hints.offer(GROUP, new LeaderHint(1, B));
    assertThat(hints.leader(GROUP)).isEqualTo(new LeaderHint(2, A));
    hints.offer(GROUP, new LeaderHint(3, B));
    assertThat(hints.leader(GROUP)).isEqualTo(new LeaderHint(3, B));
    assertThat(heard).containsExactly(new LeaderHint(2, A), new LeaderHint(3, B));
  }

  @Test
  void whoRefusedIsNotNamedAgainForThatTermByHearsay() {
    hints.offer(GROUP, new LeaderHint(2, A));
    hints.refused(GROUP, new LeaderHint(2, A));
    assertThat(hints.leader(GROUP)).isNull();
    hints.offer(GROUP, new LeaderHint(2, A));
    assertThat(hints.leader(GROUP)).isNull();
    hints.offer(GROUP, new LeaderHint(3, A));
    assertThat(hints.leader(GROUP)).isEqualTo(new LeaderHint(3, A));
  }

  @Test
  void aNodesOwnWordCountsAfterItsEarlyRefusal() {
    hints.refused(GROUP, new LeaderHint(2, A));
    hints.confirmed(GROUP, new LeaderHint(2, A));
    assertThat(hints.leader(GROUP)).isEqualTo(new LeaderHint(2, A));
  }

  @Test
  void aLateRefusalOfAnOlderTermOrAnotherNodeSilencesNobody() {
    hints.offer(GROUP, new LeaderHint(3, B));
    hints.refused(GROUP, new LeaderHint(2, B));
    hints.refused(GROUP, new LeaderHint(3, A));
    assertThat(hints.leader(GROUP)).isEqualTo(new LeaderHint(3, B));
    assertThat(hints.term(GROUP)).isEqualTo(3);
  }
}
