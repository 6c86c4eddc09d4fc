package io.flotilla.node.raft;

import io.flotilla.node.proposal.ShardLog.Voters;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.util.LifeCycle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What looks after a node's replicas from outside, because Ratis does not.
 *
 * <ul>
 *   <li><b>Isolated leaders.</b> Ratis checks a leader's contact to a majority only when its event
 *       queue has been empty for a whole election timeout, so with writes coming it leads for ever
 *       (reproduced). Here: every {@link #PERIOD_MILLIS}, a leader that a majority has not answered
 *       for longer than the longest election timeout steps down. Its reads and writes then fail at
 *       once instead of waiting for their deadlines. Two ticks in a row must agree, and a tick that
 *       itself came late does not count: after a pause of the whole process the answers are there,
 *       only unread.
 *   <li><b>Leaders that do not commit</b> what they and a majority hold step down: the next
 *       leader's first entry commits it. One was seen whose shard took no write any more; why Ratis
 *       had not looked is not known. Where Ratis does not even step down, its thread for both has
 *       ended, and the node halts: the others keep from electing while it sends heartbeats.
 *   <li><b>Dead servers.</b> Ratis closes itself after a long pause, and a group after a failure of
 *       its log or apply thread, while the process lives on. A node that does not serve must not
 *       look alive: it halts.
 *   <li><b>Lost leaders.</b> Ratis tells of a new leader, not of the loss of one.
 *   <li><b>Durability markers</b> are raised here, on a thread of their own, since that waits for
 *       the disk.
 * </ul>
 */
final class Watchdog implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Watchdog.class);

  /** How often it looks: a fifth of the shortest election timeout that is advised. */
  static final long PERIOD_MILLIS = 100;

  /** A tick so much after its time follows a pause of the process. */
  private static final long LATE_MILLIS = PERIOD_MILLIS;

  /**
   * How long Ratis may take to put a received snapshot in place and load it before the replica
   * counts as stuck.
   */
  private static final long PAUSED_MILLIS_MAX = 600_000;

  /**
   * How long a closed division may take to say that it was closed because this node is no member
   * any more.
   */
  private static final long OVER_MILLIS_MAX = 2_000;

  /** How long a leader may not commit what a majority holds; it takes less than a millisecond. */
  private static final long WITHHELD_MILLIS_MIN = 2_000;

  /** How often it is asked to step down in one term before the node halts. */
  private static final int STEP_DOWNS_MOST = 3;

  private final RaftHost host;
  private final long silenceMillisMax;
  private final long withheldMillisMax;
  private final ScheduledExecutorService looks;
  private final ScheduledExecutorService marks;
  private final Map<Replica, Integer> isolatedTicks = new ConcurrentHashMap<>();
  private final Map<Replica, CommitWatch> commits = new ConcurrentHashMap<>();
  private final Map<Replica, Asked> asked = new ConcurrentHashMap<>();
  private final Map<Replica, Long> overSince = new ConcurrentHashMap<>();
  private final Map<Replica, Long> pausedSince = new ConcurrentHashMap<>();
  private final Map<Replica, Long> termsOnDisk = new ConcurrentHashMap<>();
  private long lastTick;

  Watchdog(RaftHost host, RaftSettings settings) {
    this.host = host;
    this.silenceMillisMax = settings.electionTimeoutMax().toMillis();
    this.withheldMillisMax = Math.max(WITHHELD_MILLIS_MIN, 2 * silenceMillisMax);
    this.looks = thread("flotilla-raft-watchdog-" + host.self().brief());
    this.marks = thread("flotilla-raft-markers-" + host.self().brief());
  }

  private static ScheduledExecutorService thread(String name) {
    return Executors.newSingleThreadScheduledExecutor(task -> {
      Thread t = new Thread(task, name);
      t.setDaemon(true);
      return t;
    });
  }

  void start() {
    lastTick = System.nanoTime();
    var unusedLooks =
        looks.scheduleWithFixedDelay(
            this::look, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    var unusedMarks =
        marks.scheduleWithFixedDelay(
            this::raiseMarkers,
            DurabilityMarker.REFRESH_MILLIS,
            DurabilityMarker.REFRESH_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      long now = System.nanoTime();
      boolean late = TimeUnit.NANOSECONDS.toMillis(now - lastTick) > PERIOD_MILLIS + LATE_MILLIS;
      lastTick = now;
      lookAtServer();
      for (Replica replica : host.replicas()) {
        replica.forgetLostLeader();
        lookAtDivision(replica);
        if (!late) {
          lookAtContact(replica);
        }
        lookAtCommit(replica, late);
      }
      for (Map<Replica, ?> known :
          List.of(isolatedTicks, commits, asked, overSince, pausedSince, termsOnDisk)) {
        known.keySet().retainAll(host.replicas());
      }
    } catch (RuntimeException e) {
      log.error("the watchdog of node {} failed", host.self().brief(), e);
    }
  }

  private void lookAtServer() {
    LifeCycle.State state = host.serverState();
    if (!host.isClosing() && isOver(state)) {
      host.halt().halt("Ratis has closed its server (" + state + ")", null);
    }
  }

  private void lookAtDivision(Replica replica) {
    RaftServer.Division d = replica.division();
    if (d == null || replica.isClosing() || host.isClosing()) {
      return;
    }
    LifeCycle.State state = d.getInfo().getLifeCycleState();
    if (isOver(state) && isStillMember(replica)) {
      if (elapsedMillis(overSince, replica) > OVER_MILLIS_MAX) {
        replica.stopFor("Ratis has closed it (" + state + ")", null);
      }
      return;
    }
    overSince.remove(replica);
    if (d.getStateMachine().getLifeCycleState() == LifeCycle.State.PAUSED) {
      if (elapsedMillis(pausedSince, replica) > PAUSED_MILLIS_MAX) {
        replica.stopFor("a received snapshot was not put in place", null);
      }
    } else {
      pausedSince.remove(replica);
    }
  }

  private static long elapsedMillis(Map<Replica, Long> since, Replica replica) {
    return TimeUnit.NANOSECONDS.toMillis(
        System.nanoTime() - since.computeIfAbsent(replica, r -> System.nanoTime()));
  }

  private static boolean isOver(LifeCycle.State state) {
    return state == LifeCycle.State.CLOSING
        || state == LifeCycle.State.CLOSED
        || state == LifeCycle.State.EXCEPTION;
  }

  private static boolean isStillMember(Replica replica) {
    Voters voters = replica.voters();
    RaftServer.Division d = replica.division();
    return !replica.isRemoved()
        && (voters.current().contains(replica.self())
            || voters.old().contains(replica.self())
            || (d != null && d.getRaftConf().getPeer(d.getId()) != null));
  }

  private void lookAtContact(Replica replica) {
    RaftServer.Division d = replica.division();
    if (d == null || !replica.isLeader()) {
      isolatedTicks.remove(replica);
      return;
    }
    RoleInfoProto role = d.getInfo().getRoleInfoProto();
    if (!role.hasLeaderInfo() || role.getRoleElapsedTimeMs() <= silenceMillisMax) {
      isolatedTicks.remove(replica);
      return;
    }
    Set<NodeId> heard = new HashSet<>();
    heard.add(replica.self());
    for (ServerRpcProto follower : role.getLeaderInfo().getFollowerInfoList()) {
      if (follower.getLastRpcElapsedTimeMs() <= silenceMillisMax) {
        heard.add(new NodeId(follower.getId().getId().toStringUtf8()));
      }
    }
    Voters voters = replica.voters();
    if (isMajority(voters.current(), heard)
        && (voters.old().isEmpty() || isMajority(voters.old(), heard))) {
      isolatedTicks.remove(replica);
      return;
    }
    if (isolatedTicks.merge(replica, 1, Integer::sum) == 2) {
      host.counters().watchdogStepDowns.increment();
      replica.stepDown("no majority has answered for " + silenceMillisMax + " ms");
    }
  }

  /** Whether those heard are more than half of the voters. */
  static boolean isMajority(Set<NodeId> voters, Set<NodeId> heard) {
    long answered = voters.stream().filter(heard::contains).count();
    return 2 * answered > voters.size();
  }

  /** How often a leader of a term was asked to step down because it does not commit. */
  private record Asked(long term, int times) {}

  private void lookAtCommit(Replica replica, boolean late) {
    RaftServer.Division d = replica.division();
    if (d == null || !replica.isLeader() || isOver(d.getInfo().getLifeCycleState())) {
      commits.remove(replica);
      return;
    }
    RaftLog raftLog = d.getRaftLog();
    long committed = raftLog.getLastCommittedIndex();
    long last = raftLog.getNextIndex() - 1;
    long held = last > committed ? heldByMajority(replica, d) : committed;
    CommitWatch watch = commits.computeIfAbsent(replica, r -> new CommitWatch());
    long now = System.nanoTime();
    watch.look(committed, held, last, now);
    if (late || watch.withholdsMillis(now) <= withheldMillisMax) {
      return;
    }
    commits.remove(replica); // Once more only after as long.
    long term = replica.currentTerm();
    Asked before = asked.get(replica);
    int times = before != null && before.term == term ? before.times + 1 : 1;
    if (times > STEP_DOWNS_MOST) {
      replica.stopFor(
          "it leads term "
              + term
              + ", commits nothing of what a majority holds, and does not step down",
          null);
      return;
    }
    asked.put(replica, new Asked(term, times));
    host.counters().watchdogStepDowns.increment();
    replica.stepDown(
        "it has not committed entry "
            + held
            + ", which it and a majority hold, for "
            + withheldMillisMax
            + " ms: its commit index is "
            + committed
            + ", its log ends with "
            + raftLog.getLastEntryTermIndex()
            + " in term "
            + term);
  }

  /** The last entry that is on disk here and held by a majority of each configuration. */
  private static long heldByMajority(Replica replica, RaftServer.Division d) {
    long flushed = d.getRaftLog().getFlushIndex();
    Map<NodeId, Long> indexes = new HashMap<>();
    Replica.followers(d, d.getInfo().getRoleInfoProto())
        .forEach(f -> indexes.put(f.node(), f.matched()));
    indexes.put(replica.self(), flushed);
    Voters voters = replica.voters();
    long held = Math.min(flushed, CommitWatch.heldByMajority(voters.current(), indexes));
    return voters.old().isEmpty()
        ? held
        : Math.min(held, CommitWatch.heldByMajority(voters.old(), indexes));
  }

  /**
   * For how long entries of a leader's log have waited while none was committed, in milliseconds; 0
   * if none does, and for whom does not lead. Any thread.
   */
  long waitsMillis(Replica replica) {
    CommitWatch watch = commits.get(replica);
    return watch == null ? 0 : watch.waitsMillis(System.nanoTime());
  }

  // ------------------------------------------------------------------------------------------------------------------- markers

  private void raiseMarkers() {
    host.replicas().stream().filter(r -> !r.isClosing()).forEach(this::raiseMarker);
  }

  /**
   * Writes down how far a replica's log is durable, and in which term; a failure of the disk ends
   * the process.
   */
  void raiseMarker(Replica replica) {
    RaftServer.Division d = replica.division();
    if (d == null || replica.isRemoved()) {
      return;
    }
    try {
      RaftLog raftLog = d.getRaftLog();
      long term = raftLog.loadMetadata().getTerm();
      Long known = termsOnDisk.put(replica, term);
      if (known == null || known != term) {
        // Ratis renames its vote file into place and does not fsync the folder.
        Disk.syncFolder(host.logFolder(replica));
      }
      host.marker(replica).raiseTo(raftLog.getFlushIndex(), term);
    } catch (IOException e) {
      if (!replica.isClosing()) {
        replica.stopFor("its durability marker cannot be written", e);
      }
    } catch (RuntimeException e) {
      log.error("group {}: its durability marker was not raised", replica.group(), e);
    }
  }

  @Override
  public void close() {
    looks.shutdownNow();
    marks.shutdown();
    try {
      if (!marks.awaitTermination(DurabilityMarker.REFRESH_MILLIS * 4, TimeUnit.MILLISECONDS)) {
        log.warn("node {}: a durability marker is still being written", host.self().brief());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
