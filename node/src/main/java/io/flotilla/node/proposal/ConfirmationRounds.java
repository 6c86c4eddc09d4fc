package io.flotilla.node.proposal;

import io.flotilla.statemachine.metadata.NodeId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The confirmation rounds of one node, by which its reads become linearizable without the log
 * (ARCHITECTURE §4): the protocol alone, without clock, network or threads.
 *
 * <pre>
 *   begin ──► a {@link ReadPoint} per group ──► one {@link Confirm} per peer
 *                                                   │
 *   outcome.confirmed(group, read index) ◄── a majority of {@link Confirmed} at the same term
 *   outcome.failed(group, why)           ◄── one answer at a higher term · the round's deadline
 * </pre>
 *
 * <p>Ratis' own read path is not used: it was seen to serve stale reads from a cut-off leader
 * (ARCHITECTURE §6). A round costs no fsync and no entry, and each node answers it from a volatile
 * field.
 *
 * <p>A round asks for many groups in one frame per peer, and every group is decided by itself: a
 * group whose voters are gone does not hold up the others. A group has at most one open question;
 * reads that arrive meanwhile wait for its next round. A lost frame is sent again under the same
 * round number, and that is sound: what counts is that the answer was given after the round began.
 *
 * <p>Invariants: a round number is used once per incarnation. An answer is counted for its own
 * round only. A point is confirmed only by a strict majority of the current voters and, in a joint
 * configuration, of the old ones too; self counts where it is a voter; listeners are in neither
 * set. Each group of {@link #begin} gets exactly one outcome.
 *
 * <p>Not thread safe: one loop drives it.
 */
final class ConfirmationRounds {

  /** What the rounds ask of the world and tell it; called from within the methods of the rounds. */
  interface Driver {
    /** Sends the frame once; it may get lost, be late, or arrive twice. */
    void send(NodeId to, Confirm frame);

    /** No later leader had been elected when the read index was taken. */
    void confirmed(ShardLog log, long term, long readIndex);

    /** Nothing is known about the group's reads; they have had no effect. */
    void failed(ShardLog log, Failure why);
  }

  private final NodeId self;
  private final long incarnation;
  private final long deadlineNanos;
  private final long resendNanos;
  private final ReadPoint.Taker taker;
  private final Driver driver;

  /** The rounds with open questions, oldest first. */
  private final Map<Long, Round> rounds = new LinkedHashMap<>();

  private long lastRound;

  /**
   * No rounds yet.
   *
   * @param incarnation this process of the node: never the same for two processes
   * @param deadlineNanos how long a round may take
   * @param resendNanos how long an answer is waited for before the frame is sent again
   */
  ConfirmationRounds(
      NodeId self,
      long incarnation,
      long deadlineNanos,
      long resendNanos,
      ReadPoint.Taker taker,
      Driver driver) {
    this.self = self;
    this.incarnation = incarnation;
    this.deadlineNanos = deadlineNanos;
    this.resendNanos = resendNanos;
    this.taker = taker;
    this.driver = driver;
  }

  /** Begins a round for these groups, none of which has an open question. */
  void begin(Collection<? extends ShardLog> logs, long nowNanos) {
    Round round = new Round(++lastRound, nowNanos + deadlineNanos, nowNanos + resendNanos);
    for (ShardLog log : logs) {
      switch (taker.take(log)) {
        case ReadPoint.None none -> driver.failed(log, none.why());
        case ReadPoint.Point point -> {
          Question question = new Question(log, point, self);
          if (question.isAnswered()) {
            driver.confirmed(log, point.term(), point.readIndex());
          } else {
            round.open.add(question);
          }
        }
      }
    }
    if (round.open.isEmpty()) {
      return;
    }
    rounds.put(round.number, round);
    round.ask();
  }

  /** Takes an answer in; one that answers nothing open is ignored. */
  void answered(NodeId from, Confirmed answer) {
    if (answer.incarnation() != incarnation) {
      return;
    }
    Round round = rounds.get(answer.round());
    if (round == null) {
      return;
    }
    for (GroupTerm theirs : answer.groups()) {
      round.answered(from, theirs);
    }
    if (round.open.isEmpty()) {
      rounds.remove(round.number);
    }
  }

  /** Sends again what got no answer, and fails what is over its deadline. */
  void tick(long nowNanos) {
    for (Iterator<Round> it = rounds.values().iterator(); it.hasNext(); ) {
      Round round = it.next();
      if (nowNanos - round.deadline >= 0) {
        it.remove();
        for (Question question : round.open) {
          driver.failed(
              question.log,
              new Failure.Unconfirmed("no majority of the shard's voters confirmed its leader"));
        }
      } else if (nowNanos - round.resendAt >= 0) {
        round.resendAt = nowNanos + resendNanos;
        round.ask();
      }
    }
  }

  /** Whether a question is open, so that {@link #tick} is of use. */
  boolean isWaiting() {
    return !rounds.isEmpty();
  }

  /** The questions of one {@link #begin} that are still open. */
  private final class Round {
    final long number;
    final long deadline;
    long resendAt;
    final List<Question> open = new ArrayList<>(4);

    Round(long number, long deadline, long resendAt) {
      this.number = number;
      this.deadline = deadline;
      this.resendAt = resendAt;
    }

    /** Sends each peer the questions that it may still help to answer. */
    void ask() {
      Map<NodeId, List<GroupTerm>> byPeer = new LinkedHashMap<>();
      for (Question question : open) {
        question.ask(byPeer);
      }
      byPeer.forEach((peer, groups) -> driver.send(peer, new Confirm(incarnation, number, groups)));
    }

    void answered(NodeId from, GroupTerm theirs) {
      for (int i = 0; i < open.size(); i++) {
        Question question = open.get(i);
        if (question.log.group().equals(theirs.group())) {
          if (theirs.term() > question.point.term()) {
            open.remove(i);
            driver.failed(question.log, new Failure.NotLeader(question.log.leader()));
          } else if (theirs.term() == question.point.term() && question.vouched(from)) {
            open.remove(i);
            driver.confirmed(question.log, question.point.term(), question.point.readIndex());
          }
          return;
        }
      }
    }
  }

  /** One group's point, and who has vouched for it. */
  private static final class Question {
    final ShardLog log;
    final ReadPoint.Point point;
    private final GroupTerm term;
    private final Majority current;
    private final Majority old;

    Question(ShardLog log, ReadPoint.Point point, NodeId self) {
      this.log = log;
      this.point = point;
      this.term = new GroupTerm(log.group(), point.term());
      this.current = new Majority(point.voters().current());
      this.old = new Majority(point.voters().old());
      // Self's answer is the last step of the point: its term was still the point's.
      vouched(self);
    }

    /** Counts the voter; true if the point is now confirmed. */
    boolean vouched(NodeId voter) {
      current.add(voter);
      old.add(voter);
      return isAnswered();
    }

    boolean isAnswered() {
      return !current.voters.isEmpty()
          && current.isReached()
          && (old.voters.isEmpty() || old.isReached());
    }

    /** Adds this question to the frames of the voters that have not vouched yet. */
    void ask(Map<NodeId, List<GroupTerm>> byPeer) {
      for (NodeId peer : current.voters) {
        if (!current.vouched.contains(peer)) {
          byPeer.computeIfAbsent(peer, p -> new ArrayList<>(4)).add(term);
        }
      }
      for (NodeId peer : old.voters) {
        if (!old.vouched.contains(peer) && !current.voters.contains(peer)) {
          byPeer.computeIfAbsent(peer, p -> new ArrayList<>(4)).add(term);
        }
      }
    }
  }

  /** A set of voters of which more than half must vouch. */
  private static final class Majority {
    final Set<NodeId> voters;
    final List<NodeId> vouched = new ArrayList<>(4);

    Majority(Set<NodeId> voters) {
      this.voters = voters;
    }

    void add(NodeId voter) {
      if (voters.contains(voter) && !vouched.contains(voter)) {
        vouched.add(voter);
      }
    }

    boolean isReached() {
      return vouched.size() * 2 > voters.size();
    }
  }
}
