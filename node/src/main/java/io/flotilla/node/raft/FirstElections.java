package io.flotilla.node.raft;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.statemachine.metadata.NodeId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServerConfigKeys.Rpc;
import org.apache.ratis.util.TimeDuration;

/**
 * Ratis' properties, but for the timeouts of a replica's first election after the start: the node
 * that should lead a group stands at once, the others give it time.
 *
 * <p>With equal timeouts each replica of each group draws lots. On a cluster that starts as a whole
 * that means votes asked of nodes that are not there yet, split votes, terms that overtake each
 * other, and in the end leaders that have to be moved, each move refusing writes for a moment. Who
 * should lead is known before (the plan of the cluster says it), so nobody has to guess. It is a
 * matter of time only, never of safety: who stands, and when, Raft leaves open; a first leader that
 * does not come costs one wait of {@link #LATE}, once.
 *
 * <p>Ratis has these timeouts once per server, and reads them whenever a replica begins to wait (C:
 * {@code RaftServerImpl.getFirstRandomElectionTimeout}), on that replica's own thread, whose name
 * holds the group's. Should an upgrade name threads otherwise, all wait as the settings say; a test
 * notices.
 */
final class FirstElections extends RaftProperties {
  /**
   * How long the first leader of a group waits: a little, so that groups do not all stand in one
   * instant.
   */
  private static final Duration AT_ONCE_MIN = Duration.ofMillis(10);

  private static final Duration AT_ONCE_MAX = Duration.ofMillis(40);

  /**
   * How much longer than in later elections the others wait: on a busy machine processes that were
   * started together are ready a second apart, and those that make their first replicas some
   * seconds.
   */
  private static final int LATE = 2;

  private static final int LATE_WHILE_FORMING = 5;

  private final Map<String, Boolean> isFirst = new HashMap<>();
  private final RaftSettings settings;
  private final int late;

  /**
   * Properties for a node.
   *
   * @param firstLeaders who should lead a group at first; groups that are not there wait as the
   *     settings say
   * @param forming whether the cluster is being formed, so that the replicas are still to be made
   */
  FirstElections(
      RaftProperties base,
      RaftSettings settings,
      NodeId self,
      Map<GroupId, NodeId> firstLeaders,
      boolean forming) {
    super(base);
    this.late = forming ? LATE_WHILE_FORMING : LATE;
    this.settings = settings;
    firstLeaders.forEach((group, first) ->
        isFirst.put(RaftGroupId.valueOf(group.uuid()).toString(), first.equals(self)));
  }

  @Override
  public TimeDuration getTimeDuration(String name, TimeDuration otherwise, TimeUnit unit) {
    boolean min = name.equals(Rpc.FIRST_ELECTION_TIMEOUT_MIN_KEY);
    if (min || name.equals(Rpc.FIRST_ELECTION_TIMEOUT_MAX_KEY)) {
      Boolean first = isFirst.get(groupOf(Thread.currentThread().getName()));
      if (first != null) {
        Duration timeout =
            first
                ? (min ? AT_ONCE_MIN : AT_ONCE_MAX)
                : (min ? settings.electionTimeoutMin() : settings.electionTimeoutMax())
                    .multipliedBy(late);
        return TimeDuration.valueOf(timeout.toMillis(), TimeUnit.MILLISECONDS);
      }
    }
    return super.getTimeDuration(name, otherwise, unit);
  }

  /**
   * The group in the name of a thread of Ratis, as in {@code
   * NODE@group-0123456789AB-FollowerState}.
   */
  static String groupOf(String threadName) {
    int from = threadName.indexOf('@') + 1;
    int to = threadName.lastIndexOf('-');
    return from > 0 && to > from ? threadName.substring(from, to) : "";
  }
}
