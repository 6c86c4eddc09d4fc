package io.flotilla.node;

import io.flotilla.node.proposal.GroupId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which of this node's replicas keep it from being ready, in words.
 *
 * <p>A replica counts from the moment at which it has caught up once after its start. From then on
 * it is in the way only while it has known no leader for longer than elections take: so it is with
 * a node that is cut off from its majority, and with every replica of a group that has lost its
 * own; and where it leads, while what clients wrote has not been committed for as long. To lag is
 * nothing: the leader serves meanwhile.
 *
 * <p>Whoever asks looks too, so an answer is never older than its question; somebody must look in
 * between, for nobody remembers how long a leader was missing otherwise. Any thread.
 */
final class ReplicaWatch {
  /**
   * How long a leader may be missing at least: elections and hand-overs that go well take 0.5 to
   * 1.3 s, on a busy machine some more, and a node that flaps is worse than one that is late.
   */
  private static final Duration LEADERLESS = Duration.ofSeconds(5);

  /** How many replicas are named: a node may hold hundreds, and all miss their leaders at once. */
  private static final int NAMED_MOST = 3;

  /**
   * A replica as it was seen.
   *
   * @param name what people call its group
   * @param led whether it knows who leads
   * @param caughtUp whether it has applied all that it knows to be committed
   * @param waitsMillis where it leads: for how long entries have waited while none was committed
   */
  record Sight(GroupId group, String name, boolean led, boolean caughtUp, long waitsMillis) {}

  private static final class Seen {
    private long ledNanos;
    private boolean caughtUpOnce;

    Seen(long nowNanos) {
      ledNanos = nowNanos;
    }
  }

  private final long leaderlessNanos;
  private final Map<GroupId, Seen> seen = new HashMap<>();

  /**
   * A watch that has seen nothing.
   *
   * @param electionTimeoutMax where it is long, a leader may be missing for two of them
   */
  ReplicaWatch(Duration electionTimeoutMax) {
    leaderlessNanos = Math.max(LEADERLESS.toNanos(), electionTimeoutMax.multipliedBy(2).toNanos());
  }

  /** Takes note of all replicas as they are now; what is in the way, empty if nothing is. */
  synchronized String look(List<Sight> sights, long nowNanos) {
    seen.keySet().retainAll(sights.stream().map(Sight::group).toList());
    List<String> leaderless = new ArrayList<>();
    List<String> stuck = new ArrayList<>();
    List<String> behind = new ArrayList<>();
    for (Sight sight : sights) {
      Seen s = seen.computeIfAbsent(sight.group(), g -> new Seen(nowNanos));
      s.caughtUpOnce |= sight.led() && sight.caughtUp();
      if (sight.led()) {
        s.ledNanos = nowNanos;
      }
      long missing = nowNanos - s.ledNanos;
      if (missing > leaderlessNanos) {
        leaderless.add(named(sight, Duration.ofNanos(missing)));
      } else if (Duration.ofMillis(sight.waitsMillis()).toNanos() > leaderlessNanos) {
        stuck.add(named(sight, Duration.ofMillis(sight.waitsMillis())));
      } else if (!s.caughtUpOnce) {
        behind.add(sight.name());
      }
    }
    List<String> ways = new ArrayList<>();
    if (!leaderless.isEmpty()) {
      ways.add("knows no leader of " + some(leaderless));
    }
    if (!stuck.isEmpty()) {
      ways.add("commits nothing of " + some(stuck));
    }
    if (!behind.isEmpty()) {
      ways.add("has not caught up with " + some(behind));
    }
    return String.join("; ", ways);
  }

  private static String named(Sight sight, Duration since) {
    return sight.name() + " (for " + since.toSeconds() + " s)";
  }

  private static String some(List<String> names) {
    int rest = names.size() - NAMED_MOST;
    return rest <= 0
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, NAMED_MOST)) + " and " + rest + " more";
  }
}
