package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.raft.LeaderBalancer.Led;
import io.flotilla.node.raft.LeaderBalancer.Move;
import io.flotilla.node.raft.LeaderBalancer.Plan;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Leaders are handed to those who should lead: seldom, one at a time, and only to who can take over
 * at once.
 */
class LeaderBalancerTest {
  private static final long SILENT = 1000;
  private static final long LONG_SETTLED = LeaderBalancer.SETTLED.toMillis();

  private static final NodeId A = node(1);
  private static final NodeId B = node(2);
  private static final NodeId C = node(3);

  /** Group 0 belongs to A, 1 to B, 2 to C. */
  private static final Map<GroupId, NodeId> PREFERRED =
      Map.of(group(0), A, group(1), B, group(2), C);

  private final Plan plan = new Plan(A, SILENT, 0);

  private static NodeId node(int i) {
    return new NodeId(String.format("%040x", i));
  }

  private static GroupId group(int i) {
    return new GroupId(new UUID(7, i));
  }

  private static Led led(int group, long ledMillis, GroupStatus.Follower... followers) {
    return new Led(group(group), List.of(followers), 1000, ledMillis);
  }

  private static GroupStatus.Follower well(NodeId node) {
    return new GroupStatus.Follower(node, 1000, 10);
  }

  @Test
  void whatBelongsElsewhereIsHandedOverOneAtATimeAndTheOwnStays() {
    Led own = led(0, LONG_SETTLED, well(B), well(C));
    Led first = led(1, LONG_SETTLED, well(B), well(C));
    Led second = led(2, LONG_SETTLED, well(B), well(C));
    assertThat(plan.next(PREFERRED, List.of(own, first, second), 0))
        .contains(new Move(group(1), B));
    assertThat(plan.next(PREFERRED, List.of(own, second), 1)).as("within the pause").isEmpty();
    long later = LeaderBalancer.PAUSE.toMillis();
    assertThat(plan.next(PREFERRED, List.of(own, second), later)).contains(new Move(group(2), C));
    assertThat(plan.next(PREFERRED, List.of(own), 3 * later)).isEmpty();
  }

  @Test
  void aGroupWithoutAPreferenceStays() {
    assertThat(plan.next(Map.of(), List.of(led(1, LONG_SETTLED, well(B))), 0)).isEmpty();
  }

  @Test
  void aFreshLeaderIsLeftToSettle() {
    assertThat(plan.next(PREFERRED, List.of(led(1, LONG_SETTLED - 1, well(B), well(C))), 0))
        .isEmpty();
  }

  @Test
  void aNodeThatDoesNotAnswerGetsNothing() {
    GroupStatus.Follower silent = new GroupStatus.Follower(B, 1000, SILENT + 1);
    assertThat(plan.next(PREFERRED, List.of(led(1, LONG_SETTLED, silent, well(C))), 0)).isEmpty();
  }

  @Test
  void aNodeThatLagsGetsNothingYet() {
    GroupStatus.Follower lagging =
        new GroupStatus.Follower(B, 1000 - LeaderBalancer.LAG_ENTRIES_MAX - 1, 10);
    assertThat(plan.next(PREFERRED, List.of(led(1, LONG_SETTLED, lagging, well(C))), 0)).isEmpty();
  }

  @Test
  void aNodeThatIsNoFollowerGetsNothing() {
    assertThat(plan.next(PREFERRED, List.of(led(1, LONG_SETTLED, well(C))), 0)).isEmpty();
  }

  @Test
  void aGroupThatCouldNotBeHandedOverIsLeftAlone() {
    List<Led> one = List.of(led(1, LONG_SETTLED, well(B), well(C)));
    assertThat(plan.next(PREFERRED, one, 0)).isPresent();
    plan.failed(group(1), 100);
    assertThat(plan.next(PREFERRED, one, 100 + LeaderBalancer.AFTER_FAILURE.toMillis() - 1))
        .isEmpty();
    assertThat(plan.next(PREFERRED, one, 100 + LeaderBalancer.AFTER_FAILURE.toMillis()))
        .isPresent();
  }

  @Test
  void afterAStartLeadersComeHomeSooner() {
    Plan starting = new Plan(A, SILENT, LeaderBalancer.START.toMillis());
    Led fresh = led(1, LeaderBalancer.START_SETTLED.toMillis(), well(B));
    assertThat(plan.next(PREFERRED, List.of(fresh), 1)).as("in ordinary times").isEmpty();
    assertThat(starting.next(PREFERRED, List.of(fresh), 1)).contains(new Move(group(1), B));
    assertThat(starting.next(PREFERRED, List.of(fresh), 2)).as("within the pause").isEmpty();
    long later = 1 + LeaderBalancer.START_PAUSE.toMillis();
    assertThat(later).isLessThan(LeaderBalancer.PAUSE.toMillis());
    assertThat(starting.next(PREFERRED, List.of(fresh), later)).isPresent();
  }
}
