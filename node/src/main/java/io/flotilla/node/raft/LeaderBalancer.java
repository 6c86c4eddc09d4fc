package io.flotilla.node.raft;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.statemachine.metadata.NodeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings leaders to the nodes that should lead, gently: at the start, and again after a failure.
 *
 * <p>Who should lead is given: the metadata group spreads the shards evenly over the nodes that
 * live, and changes as little as it can. Each node looks after the groups that it leads itself, so
 * no two nodes move the same one. It hands a group over only when the preferred node is a follower
 * that answers and has nearly all of the log, when it has led the group for a while (an election
 * settles first), one group at a time with a pause in between, and after a failed try the group is
 * left alone for longer. A transfer refuses writes for a fraction of a second, so moving seldom
 * matters more than being even at once.
 *
 * <p>Priorities of Ratis are not used: with an unreachable peer of higher priority each candidate
 * waits a whole timeout (RATIS.md).
 */
public final class LeaderBalancer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LeaderBalancer.class);

  /** How often it looks. */
  private static final Duration PERIOD = Duration.ofSeconds(1);

  /**
   * How long after its start a node is quick: nobody is served yet, or everybody has just been
   * interrupted, so leaders had better be where they belong before clients learn where they are.
   */
  static final Duration START = Duration.ofSeconds(20);

  /** How often it looks then, how long a group stays, and the pause between two transfers. */
  private static final Duration START_PERIOD = Duration.ofMillis(200);

  static final Duration START_SETTLED = Duration.ofMillis(500);
  static final Duration START_PAUSE = Duration.ofMillis(300);

  /** How long a group stays where it was elected before it is moved. */
  static final Duration SETTLED = Duration.ofSeconds(3);

  /** The pause between two transfers that a node begins. */
  static final Duration PAUSE = Duration.ofSeconds(2);

  /** How long a group is left alone after a transfer of it failed. */
  static final Duration AFTER_FAILURE = Duration.ofSeconds(30);

  /** How far the preferred node may be behind: what a transfer can wait for. */
  static final long LAG_ENTRIES_MAX = 100;

  private final RaftHost host;
  private final Supplier<Map<GroupId, NodeId>> preferred;
  private final Plan plan;
  private final ScheduledExecutorService thread;
  private final long startEnds;
  private long lookedAt;

  /** What a node knows of a group that it leads. */
  record Led(GroupId group, List<GroupStatus.Follower> followers, long committed, long ledMillis) {}

  /** A transfer to begin. */
  record Move(GroupId group, NodeId to) {}

  /**
   * Begins to balance.
   *
   * @param preferred who should lead each group, as known now; asked each time, may be empty;
   *     groups that this node does not lead may stand in it
   */
  public LeaderBalancer(
      RaftHost host, RaftSettings settings, Supplier<Map<GroupId, NodeId>> preferred) {
    this.host = host;
    this.preferred = preferred;
    this.startEnds = nowMillis() + START.toMillis();
    this.plan = new Plan(host.self(), settings.electionTimeoutMax().toMillis(), startEnds);
    this.thread =
        Executors.newSingleThreadScheduledExecutor(task -> {
          Thread t = new Thread(task, "flotilla-leader-balancer-" + host.self().brief());
          t.setDaemon(true);
          return t;
        });
    var unused =
        thread.scheduleWithFixedDelay(
            this::maybeLook,
            START_PERIOD.toMillis(),
            START_PERIOD.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private void maybeLook() {
    long now = nowMillis();
    if (now < startEnds || now - lookedAt >= PERIOD.toMillis()) {
      lookedAt = now;
      look();
    }
  }

  private void look() {
    try {
      Map<GroupId, NodeId> wanted = preferred.get();
      List<Led> led = new ArrayList<>();
      for (GroupId group : host.groups()) {
        GroupStatus status = wanted.containsKey(group) ? host.status(group) : null;
        if (status != null && status.role() == GroupStatus.Role.LEADER) {
          led.add(new Led(group, status.followers(), status.committed(), status.roleMillis()));
        }
      }
      plan.next(wanted, led, nowMillis()).ifPresent(this::begin);
    } catch (RuntimeException e) {
      log.error("the leader balancer of node {} failed", host.self().brief(), e);
    }
  }

  private static long nowMillis() {
    return System.nanoTime() / 1_000_000;
  }

  private void begin(Move move) {
    log.info(
        "group {}: hands its leadership to {}, who should lead it", move.group, move.to.brief());
    host.counters().balancingTransfers.increment();
    var unused =
        host.transferLeadership(move.group, move.to)
            .exceptionally(e -> {
              log.info("group {}: was not handed over: {}", move.group, e.getMessage());
              plan.failed(move.group, nowMillis());
              return null;
            });
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  /**
   * The decisions, without clock or cluster: facts and the time come in, at most one move goes out.
   */
  static final class Plan {
    private final NodeId self;
    private final long silenceMillisMax;
    private final long startEnds;
    private final Map<GroupId, Long> leaveAloneUntil = new HashMap<>();
    private long pauseUntil = Long.MIN_VALUE;

    Plan(NodeId self, long silenceMillisMax, long startEnds) {
      this.self = self;
      this.silenceMillisMax = silenceMillisMax;
      this.startEnds = startEnds;
    }

    /** The transfer to begin now, if any; the caller begins it. */
    synchronized Optional<Move> next(
        Map<GroupId, NodeId> preferred, List<Led> led, long nowMillis) {
      if (nowMillis < pauseUntil) {
        return Optional.empty();
      }
      boolean starting = nowMillis < startEnds;
      Duration settled = starting ? START_SETTLED : SETTLED;
      for (Led one : led) {
        NodeId to = preferred.get(one.group);
        if (to != null
            && !to.equals(self)
            && one.ledMillis >= settled.toMillis()
            && nowMillis >= leaveAloneUntil.getOrDefault(one.group, Long.MIN_VALUE)
            && isReady(one, to)) {
          pauseUntil = nowMillis + (starting ? START_PAUSE : PAUSE).toMillis();
          return Optional.of(new Move(one.group, to));
        }
      }
      return Optional.empty();
    }

    private boolean isReady(Led one, NodeId to) {
      return one.followers.stream()
          .anyMatch(f ->
              f.node().equals(to)
                  && f.silentMillis() <= silenceMillisMax
                  && f.matched() >= one.committed - LAG_ENTRIES_MAX);
    }

    /** A transfer did not work out. */
    synchronized void failed(GroupId group, long nowMillis) {
      leaveAloneUntil.put(group, nowMillis + AFTER_FAILURE.toMillis());
    }
  }
}
