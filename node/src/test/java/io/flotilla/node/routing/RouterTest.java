package io.flotilla.node.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.metadata.ClusterView.Node;
import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.metadata.ClusterView.SlotRange;
import io.flotilla.node.metadata.ClusterViews;
import io.flotilla.node.metadata.LeaderHints;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.metadata.ShardId;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * A client that is sent in circles never gets an answer, so who is named, and who never is, is said
 * here case by case.
 */
class RouterTest {
  private static final NodeId SELF = new NodeId("a".repeat(40));
  private static final NodeId OTHER = new NodeId("b".repeat(40));
  private static final NodeId STRANGER = new NodeId("c".repeat(40));
  private static final GroupId HERE = new GroupId(new UUID(1, 1));
  private static final GroupId THERE = new GroupId(new UUID(1, 2));

  private final ClusterViews views = new ClusterViews();
  private final LeaderHints hints = new LeaderHints();
  private final Router router = new Router(views, hints, SELF);

  /**
   * Slots 0 to 99 are a shard with a replica here, 100 to 199 one without; the rest is nobody's.
   */
  private static ClusterView view(long version) {
    return new ClusterView.Builder()
        .version(version)
        .node(node(SELF, 7000))
        .node(node(OTHER, 7001))
        .shard(
            new Shard(
                new ShardId("1".repeat(40)),
                0,
                HERE,
                List.of(SELF, OTHER),
                null,
                null,
                1,
                List.of(new SlotRange(0, 99))))
        .shard(
            new Shard(
                new ShardId("2".repeat(40)),
                1,
                THERE,
                List.of(OTHER),
                null,
                null,
                1,
                List.of(new SlotRange(100, 199))))
        .build();
  }

  private static Node node(NodeId id, int port) {
    Endpoint endpoint = new Endpoint("10.0.0.1", port);
    return new Node(id, "n" + port, endpoint, endpoint, endpoint, endpoint, endpoint, 1, true);
  }

  private Route route(int slot) {
    return router.table().route(slot, false);
  }

  private static Route.Down down(Route.Reason reason) {
    return new Route.Down(reason);
  }

  @Test
  void nothingIsKnownBeforeTheFirstView() {
    assertThat(route(5)).isEqualTo(down(Route.Reason.NO_VIEW));
  }

  /** Routes are kept for runs of slots: none may reach too far, or not far enough. */
  @Test
  void eachSlotHasItsOwnersRouteAtAllEdgesOfRuns() {
    views.publish(
        new ClusterView.Builder()
            .version(1)
            .node(node(SELF, 7000))
            .node(node(OTHER, 7001))
            .shard(shard(0, HERE, new SlotRange(3, 3), new SlotRange(7, 8000)))
            .shard(shard(1, THERE, new SlotRange(4, 6), new SlotRange(16383, 16383)))
            .build());
    hints.offer(HERE, new LeaderHint(1, SELF));
    hints.offer(THERE, new LeaderHint(1, OTHER));
    for (int slot = 0; slot < ClusterView.SLOTS; slot++) {
      boolean here = slot == 3 || (slot >= 7 && slot <= 8000);
      boolean there = (slot >= 4 && slot <= 6) || slot == 16383;
      assertThat(route(slot))
          .isInstanceOf(here ? Route.Local.class : there ? Route.Moved.class : Route.Down.class);
    }
  }

  private static Shard shard(int number, GroupId group, SlotRange... slots) {
    return new Shard(
        new ShardId(Integer.toString(number + 1).repeat(40)),
        number,
        group,
        List.of(SELF, OTHER),
        null,
        null,
        1,
        List.of(slots));
  }

  @Test
  void aSlotWithoutAnOwnerIsNotServed() {
    views.publish(view(1));
    assertThat(route(200)).isEqualTo(down(Route.Reason.NOT_SERVED));
  }

  @Test
  void aShardWithoutAKnownLeaderIsDownEvenWhereThisNodeHasAReplica() {
    views.publish(view(1));
    assertThat(route(5)).isEqualTo(down(Route.Reason.NO_LEADER));
  }

  @Test
  void aReplicaReadNeedsNoLeaderButAReplica() {
    views.publish(view(1));
    assertThat(router.table().route(5, true))
        .isInstanceOfSatisfying(Route.Local.class, local -> assertThat(local.leader()).isFalse());
    assertThat(router.table().route(100, true)).isEqualTo(down(Route.Reason.NO_LEADER));
  }

  @Test
  void theLeaderServesHereOrIsNamed() {
    views.publish(view(1));
    hints.offer(HERE, new LeaderHint(3, SELF));
    hints.offer(THERE, new LeaderHint(1, OTHER));
    assertThat(route(5))
        .isInstanceOfSatisfying(Route.Local.class, local -> assertThat(local.leader()).isTrue());
    assertThat(route(150)).isEqualTo(new Route.Moved(150, new Endpoint("10.0.0.1", 7001)));
    assertThat(router.table().led()).extracting(Shard::group).containsExactly(HERE);
  }

  @Test
  void theHighestTermWins() {
    views.publish(view(1));
    hints.offer(HERE, new LeaderHint(3, SELF));
    hints.offer(HERE, new LeaderHint(2, OTHER));
    assertThat(route(5)).isInstanceOf(Route.Local.class);
    hints.offer(HERE, new LeaderHint(4, OTHER));
    assertThat(route(5)).isInstanceOf(Route.Moved.class);
  }

  @Test
  void whoHasRefusedIsNotNamedAgainAtThatTerm() {
    views.publish(view(1));
    hints.offer(THERE, new LeaderHint(2, OTHER));
    hints.refused(THERE, new LeaderHint(2, OTHER));
    router.refresh();
    hints.offer(THERE, new LeaderHint(2, OTHER));
    assertThat(route(150)).isEqualTo(down(Route.Reason.NO_LEADER));
    hints.offer(THERE, new LeaderHint(3, OTHER));
    assertThat(route(150)).isInstanceOf(Route.Moved.class);
  }

  @Test
  void aLeaderThatIsNotInTheViewIsNotNamed() {
    views.publish(view(1));
    hints.offer(HERE, new LeaderHint(3, STRANGER));
    assertThat(route(5)).isEqualTo(down(Route.Reason.NO_LEADER));
  }

  @Test
  void whoWaitsIsWokenOnceByTheNextChangeAndAtOnceIfItHasHappened() {
    views.publish(view(1));
    AtomicInteger woken = new AtomicInteger();
    RouteTable seen = router.table();
    router.onChange(seen, woken::incrementAndGet);
    assertThat(woken).hasValue(0);
    hints.offer(HERE, new LeaderHint(3, SELF));
    assertThat(woken).hasValue(1);
    views.publish(view(2));
    assertThat(woken).hasValue(1);
    router.onChange(seen, woken::incrementAndGet);
    assertThat(woken).hasValue(2);
  }
}
