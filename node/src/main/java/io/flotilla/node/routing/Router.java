package io.flotilla.node.routing;

import io.flotilla.node.metadata.ClusterViews;
import io.flotilla.node.metadata.LeaderHints;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Keeps the {@link RouteTable} that fits the newest view and the newest hints, and wakes those who
 * wait for a better one.
 *
 * <p>Any thread. A table is worked out anew at each change of either; changes are rare (a failover,
 * a slot move), routes are asked for with every command.
 */
public final class Router {
  private final ClusterViews views;
  private final LeaderHints hints;
  private final NodeId self;
  private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
  private volatile RouteTable table = RouteTable.EMPTY;

  /** A router for this node; it begins to listen at once. */
  public Router(ClusterViews views, LeaderHints hints, NodeId self) {
    this.views = views;
    this.hints = hints;
    this.self = self;
    views.subscribe(view -> refresh());
    hints.subscribe(
        new LeaderHints.Listener() {
          @Override
          public void leaderChanged(GroupId group, LeaderHint hint) {
            refresh();
          }

          @Override
          public void leaderReady(GroupId group) {
            refresh(); // the routes stay as they are; those who wait look again
          }
        });
    refresh();
  }

  /** The routes as of now. */
  public RouteTable table() {
    return table;
  }

  /**
   * Works the routes out anew. Needed where a hint was taken back, of which nobody hears ({@link
   * LeaderHints#refused}).
   */
  public void refresh() {
    synchronized (waiting) { // else an older table could replace a newer one
      table = RouteTable.of(views.get(), hints::leader, self);
    }
    for (Runnable waiter = waiting.poll(); waiter != null; waiter = waiting.poll()) {
      waiter.run();
    }
  }

  /**
   * Runs the task once, at the first change after the table that the caller has looked at; at once
   * if that is not the newest any more. The task must not block; it runs on whatever thread brought
   * the change.
   */
  public void onChange(RouteTable seen, Runnable task) {
    waiting.add(task);
    if (!isCurrent(seen) && waiting.remove(task)) {
      task.run();
    }
  }

  @SuppressWarnings("ReferenceEquality") // the very table
  private boolean isCurrent(RouteTable seen) {
    return table == seen;
  }
}
