package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.raft.LeaderBalancer.Led;
import io.flotilla.node.raft.LeaderBalancer.Move;
import io.flotilla.node.raft.LeaderBalancer.Plan;
import io.flotilla.node.raft.LeaderBalancer.Topology;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Leaders are spread evenly, moved seldom, and come home after a failure. */
class LeaderBalancerTest {
  private static final long SILENT = 1000;
  private static final long LONG_SETTLED = LeaderBalancer.SETTLED.toMillis();

  private static final NodeId A = node(1);
  private static final NodeId B = node(2);
  private static final NodeId C = node(3);

  private static NodeId node(int i) {
    return new NodeId(String.format("%040x", i));
  }

  private static GroupId group(int i) {
    return new GroupId(new UUID(7, i));
  }

  private static Map<GroupId, Set<NodeId>> groupsOn(int groups, NodeId... nodes) {
    Map<GroupId, Set<NodeId>> voters = new HashMap<>();
    for (int i = 0; i < groups; i++) {
      voters.put(group(i), Set.of(nodes));
    }
    return voters;
  }

  private static Map<NodeId, Long> count(Map<GroupId, NodeId> preferred) {
    return preferred.values().stream()
        .collect(Collectors.groupingBy(n -> n, Collectors.counting()));
  }

  @Test
  void threeGroupsOnThreeNodesGetALeaderEach() {
    assertThat(count(LeaderSpread.preferred(groupsOn(3, A, B, C), n -> true)))
        .isEqualTo(Map.of(A, 1L, B, 1L, C, 1L));
  }

  @Test
  void aFailedNodesGroupsAreSpreadAndTheOthersStay() {
    Map<GroupId, Set<NodeId>> voters = groupsOn(6, A, B, C);
    Map<GroupId, NodeId> all = LeaderSpread.preferred(voters, n -> true);
    Map<GroupId, NodeId> without = LeaderSpread.preferred(voters, n -> !n.equals(C));
    assertThat(count(without)).isEqualTo(Map.of(A, 3L, B, 3L));
    all.forEach((group, node) -> {
      if (!node.equals(C)) {
        assertThat(without).containsEntry(group, node);
      }
    });
  }

  @Test
  void aGroupThatNobodyCanLeadIsLeftOut() {
    assertThat(LeaderSpread.preferred(groupsOn(2, A, B), n -> false)).isEmpty();
  }

  /**
   * On one set of voters nothing is more even: the busiest node leads at most one group more than
   * the idlest.
   */
  @Property
  void noNodeLeadsTwoMoreThanAnother(
      @ForAll @IntRange(min = 1, max = 40) int groups,
      @ForAll @IntRange(min = 1, max = 7) int nodes,
      @ForAll @IntRange(max = 127) int failed) {
    NodeId[] all = new NodeId[nodes];
    Set<NodeId> able = new HashSet<>();
    for (int i = 0; i < nodes; i++) {
      all[i] = node(i);
      if ((failed >> i & 1) == 0) {
        able.add(all[i]);
      }
    }
    Map<NodeId, Long> counts = count(LeaderSpread.preferred(groupsOn(groups, all), able::contains));
    assertThat(able).containsAll(counts.keySet());
    if (!able.isEmpty()) {
      long most = able.stream().mapToLong(n -> counts.getOrDefault(n, 0L)).max().orElseThrow();
      long fewest = able.stream().mapToLong(n -> counts.getOrDefault(n, 0L)).min().orElseThrow();
      assertThat(most - fewest).isLessThanOrEqualTo(1);
    }
  }

  private static Led led(int group, long ledMillis, GroupStatus.Follower... followers) {
    return new Led(group(group), List.of(followers), 1000, ledMillis);
  }

  private static GroupStatus.Follower well(NodeId node) {
    return new GroupStatus.Follower(node, 1000, 10);
  }

  private static Topology threeGroups() {
    return new Topology(groupsOn(3, A, B, C), Set.of());
  }

  /** Group 0 belongs to A, 1 to B, 2 to C. */
  @Test
  void aNodeHandsOverWhatBelongsElsewhereOneAtATime() {
    Plan plan = new Plan(A, SILENT);
    List<Led> all =
        List.of(
            led(0, LONG_SETTLED, well(B), well(C)),
            led(1, LONG_SETTLED, well(B), well(C)),
            led(2, LONG_SETTLED, well(B), well(C)));
    assertThat(plan.next(threeGroups(), all, 0)).contains(new Move(group(1), B));
    assertThat(plan.next(threeGroups(), all, 1)).as("within the pause").isEmpty();
    List<Led> rest = List.of(all.get(0), all.get(2));
    assertThat(plan.next(threeGroups(), rest, LeaderBalancer.PAUSE.toMillis()))
        .contains(new Move(group(2), C));
    assertThat(plan.next(threeGroups(), List.of(all.get(0)), 3 * LeaderBalancer.PAUSE.toMillis()))
        .isEmpty();
  }

  @Test
  void aFreshLeaderIsLeftToSettle() {
    assertThat(
            new Plan(A, SILENT)
                .next(threeGroups(), List.of(led(1, LONG_SETTLED - 1, well(B), well(C))), 0))
        .isEmpty();
  }

  @Test
  void aSilentHomeGetsNothingAndItsGroupGoesToTheIdlestOther() {
    GroupStatus.Follower silent = new GroupStatus.Follower(B, 1000, SILENT + 1);
    Topology four = new Topology(groupsOn(4, A, B, C), Set.of());
    assertThat(new Plan(A, SILENT).next(four, List.of(led(1, LONG_SETTLED, silent, well(C))), 0))
        .as("A has groups 0 and 3 to lead, C has one")
        .contains(new Move(group(1), C));
  }

  @Test
  void aHomeThatLagsGetsNothingYet() {
    GroupStatus.Follower lagging =
        new GroupStatus.Follower(B, 1000 - LeaderBalancer.LAG_ENTRIES_MAX - 1, 10);
    assertThat(
            new Plan(A, SILENT)
                .next(threeGroups(), List.of(led(1, LONG_SETTLED, lagging, well(C))), 0))
        .isEmpty();
  }

  @Test
  void anUnwillingNodeGivesUpWhatIsItsOwn() {
    Topology draining = new Topology(groupsOn(3, A, B, C), Set.of(A));
    assertThat(
            new Plan(A, SILENT).next(draining, List.of(led(0, LONG_SETTLED, well(B), well(C))), 0))
        .contains(new Move(group(0), B));
  }

  @Test
  void aGroupThatCouldNotBeHandedOverIsLeftAlone() {
    Plan plan = new Plan(A, SILENT);
    List<Led> one = List.of(led(1, LONG_SETTLED, well(B), well(C)));
    assertThat(plan.next(threeGroups(), one, 0)).isPresent();
    plan.failed(group(1), 100);
    assertThat(plan.next(threeGroups(), one, 100 + LeaderBalancer.AFTER_FAILURE.toMillis() - 1))
        .isEmpty();
    assertThat(plan.next(threeGroups(), one, 100 + LeaderBalancer.AFTER_FAILURE.toMillis()))
        .isPresent();
  }
}
