package io.flotilla.node.routing;

import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.metadata.ClusterView.Node;
import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The routes of all slots, worked out once for a view of the cluster and what is known of the
 * leaders.
 *
 * <p>Ownership is the view's word; who leads is a hint, and the highest term wins (ARCHITECTURE
 * §8). Two rules keep redirections from going in circles: a node never sends a client to itself,
 * and never to a node that has refused at the term of the hint (the hints do not name it any more).
 * Where that leaves nobody, the route is {@link Route.Down}, and it is the session that waits for
 * better knowledge. A wrong route does no harm: the shard's machine checks ownership again when the
 * command takes effect.
 *
 * <p>Immutable; any thread. The routes that need no slot are made once, so that asking costs no
 * garbage where it is Local.
 */
public final class RouteTable {
  /** Before anything is known. */
  public static final RouteTable EMPTY =
      new RouteTable(ClusterView.EMPTY, group -> null, new NodeId("0".repeat(40)));

  private static final Route.Down NO_VIEW = new Route.Down(Route.Reason.NO_VIEW);
  private static final Route.Down NOT_SERVED = new Route.Down(Route.Reason.NOT_SERVED);
  private static final Route.Down NO_LEADER = new Route.Down(Route.Reason.NO_LEADER);

  /** What is known of a shard: who leads it, and whether this node can serve it at all. */
  private record Standing(
      Shard shard,
      @Nullable LeaderHint leader,
      @Nullable Node leaderNode,
      Route.@Nullable Local asLeader,
      Route.@Nullable Local asReplica) {}

  private final ClusterView view;
  private final NodeId self;
  private final Map<GroupId, Standing> standings = new HashMap<>();
  private final List<Shard> led = new ArrayList<>();

  /**
   * The first slot of each run of slots that one shard serves, or none, in order; the first is 0. A
   * handful of numbers mostly, where a table of all slots would be a cache miss for each command.
   */
  private final int[] runs;

  /** Who serves a run; null where nobody does. */
  private final @Nullable Standing[] servers;

  private RouteTable(
      ClusterView view, Function<GroupId, @Nullable LeaderHint> leaders, NodeId self) {
    this.view = view;
    this.self = self;
    @Nullable Standing[] bySlot = new Standing[ClusterView.SLOTS];
    for (Shard shard : view.shards()) {
      LeaderHint leader = leaders.apply(shard.group());
      Node node = leader == null ? null : view.node(leader.node());
      boolean here = leader != null && leader.node().equals(self);
      Standing standing =
          new Standing(
              shard,
              leader,
              node,
              here ? new Route.Local(shard, true) : null,
              shard.replicas().contains(self) ? new Route.Local(shard, false) : null);
      standings.put(shard.group(), standing);
      if (here) {
        led.add(shard);
      }
      for (ClusterView.SlotRange range : shard.slots()) {
        Arrays.fill(bySlot, range.first(), range.last() + 1, standing);
      }
    }
    runs =
        IntStream.range(0, bySlot.length)
            .filter(slot -> slot == 0 || !Objects.equals(bySlot[slot], bySlot[slot - 1]))
            .toArray();
    servers = new Standing[runs.length];
    Arrays.setAll(servers, run -> bySlot[runs[run]]);
  }

  /**
   * The routes of this view.
   *
   * @param leaders who leads a group, as far as is known; null where nobody may be named
   * @param self this node
   */
  public static RouteTable of(
      ClusterView view, Function<GroupId, @Nullable LeaderHint> leaders, NodeId self) {
    return new RouteTable(view, leaders, self);
  }

  /** The view that the routes are of. */
  public ClusterView view() {
    return view;
  }

  /** The shards that this node leads, as far as it knows, by number. */
  public List<Shard> led() {
    return led;
  }

  /** Who leads the shard, as far as is known. */
  public @Nullable NodeId leader(Shard shard) {
    Standing standing = standings.get(shard.group());
    LeaderHint hint = standing == null ? null : standing.leader();
    return hint == null ? null : hint.node();
  }

  /** The term of the hint that names the shard's leader here; −1 where none is named. */
  public long leaderTerm(Shard shard) {
    Standing standing = standings.get(shard.group());
    LeaderHint hint = standing == null ? null : standing.leader();
    return hint == null ? -1 : hint.term();
  }

  /**
   * The route of a slot.
   *
   * @param replicaReads whether the command only reads and its connection reads replicas
   */
  public Route route(int slot, boolean replicaReads) {
    Standing standing = servers[runOf(slot)];
    if (standing == null) {
      return view.version() == 0 ? NO_VIEW : NOT_SERVED;
    }
    if (standing.asLeader() != null) {
      return standing.asLeader();
    }
    if (replicaReads && standing.asReplica() != null) {
      return standing.asReplica();
    }
    Node leader = standing.leaderNode();
    return leader == null ? NO_LEADER : new Route.Moved(slot, leader.client());
  }

  private int runOf(int slot) {
    int low = 0;
    int high = runs.length;
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      if (runs[middle] <= slot) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** This node. */
  public NodeId self() {
    return self;
  }
}
