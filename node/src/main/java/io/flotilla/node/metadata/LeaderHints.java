package io.flotilla.node.metadata;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Who leads each group, as far as this node has heard: soft knowledge in which the highest term
 * wins (ARCHITECTURE §8).
 *
 * <p>Hints come from the local replica, from peers' frames and from refusals, so a router learns of
 * a failover without the metadata group. A hint may be wrong: the node that it names checks for
 * itself. A node that refused at a term is not named again for that term; only a newer term, or the
 * same node speaking for itself, brings a leader back.
 *
 * <p>Any thread; listeners run on the thread that brought the news and must not block.
 */
public final class LeaderHints {
  /** Hears of a group's new leader. */
  public interface Listener {
    /** The group is now led by the hint's node, as far as is known. */
    void leaderChanged(GroupId group, LeaderHint hint);

    /** The replica of this node leads the group and serves from now on. */
    default void leaderReady(GroupId group) {}
  }

  private record Known(long term, @Nullable LeaderHint hint) {}

  private final ConcurrentMap<GroupId, Known> known = new ConcurrentHashMap<>();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  /** Calls the listener at every change from now on. */
  public void subscribe(Listener listener) {
    listeners.add(listener);
  }

  /** The leader to send a client to; null while none is known or the known one has refused. */
  public @Nullable LeaderHint leader(GroupId group) {
    Known k = known.get(group);
    return k == null ? null : k.hint;
  }

  /** The highest term heard of for the group; -1 if none. */
  public long term(GroupId group) {
    Known k = known.get(group);
    return k == null ? -1 : k.term;
  }

  /** Hearsay: the hint counts if its term is higher than all heard before. */
  public void offer(GroupId group, LeaderHint hint) {
    accept(group, hint, false);
  }

  /**
   * A node's word about itself: it leads at this term. Counts at the same term too, after an early
   * refusal.
   */
  public void confirmed(GroupId group, LeaderHint hint) {
    accept(group, hint, true);
  }

  /** This node's own replica leads and serves from now on: who waits for it may ask again. */
  public void ready(GroupId group) {
    for (Listener listener : listeners) {
      listener.leaderReady(group);
    }
  }

  /**
   * A node's refusal: at this term it does not lead (or not yet), so nobody is sent there for this
   * term.
   */
  public void refused(GroupId group, LeaderHint hint) {
    known.compute(
        group,
        (g, old) -> {
          if (old == null || hint.term() > old.term) {
            return new Known(hint.term(), null);
          }
          boolean sameLeader = old.hint != null && old.hint.node().equals(hint.node());
          return hint.term() == old.term && sameLeader ? new Known(old.term, null) : old;
        });
  }

  private void accept(GroupId group, LeaderHint hint, boolean firstHand) {
    boolean[] news = {false};
    known.compute(
        group,
        (g, old) -> {
          news[0] =
              old == null
                  || hint.term() > old.term
                  || (firstHand && hint.term() == old.term && old.hint == null);
          return news[0] ? new Known(hint.term(), hint) : old;
        });
    if (news[0]) {
      for (Listener listener : listeners) {
        listener.leaderChanged(group, hint);
      }
    }
  }
}
