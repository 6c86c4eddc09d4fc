package io.flotilla.node.proposal;

import io.flotilla.node.proposal.ShardLog.LeaderHint;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Linearizable reads on a replica that does not lead: it asks the leader for a confirmed read
 * index, applies up to it, and reads (ARCHITECTURE §4).
 *
 * <p>One question of a shard is under way at a time; what arrives meanwhile waits for the next,
 * whose index is confirmed after it was asked. An answer that gets lost is asked for again until
 * the deadline, at whoever is then said to lead. Where this replica leads, the reads take the
 * leader's road.
 *
 * <p>Threads: the home loop only.
 */
final class ReplicaReads {
  private final ShardLog log;
  private final ShardReader reader;
  private final ReadRounds rounds;
  private final ReadRounds.Queue queue;
  private final ConfirmationPeers peers;
  private final long incarnation;
  private final LongSupplier numbers;
  private final LongSupplier nanoTime;
  private final ProposalSettings settings;
  private final ProposalCounters counters;

  private List<Share> waiting = new ArrayList<>(2);
  private List<Share> asked = List.of();
  private long number;
  private long askedNanos;
  private long deadlineNanos;

  ReplicaReads(
      ShardLog log,
      ShardReader reader,
      ReadRounds rounds,
      ReadRounds.Queue queue,
      ConfirmationPeers peers,
      long incarnation,
      LongSupplier numbers,
      Clocks clocks,
      ProposalSettings settings,
      ProposalCounters counters) {
    this.log = log;
    this.reader = reader;
    this.rounds = rounds;
    this.queue = queue;
    this.peers = peers;
    this.incarnation = incarnation;
    this.numbers = numbers;
    this.nanoTime = clocks.nanoTime();
    this.settings = settings;
    this.counters = counters;
  }

  void read(Share share) {
    if (log.isLeader()) {
      rounds.read(queue, share);
      return;
    }
    ReadBatch.gather(waiting, share);
    maybeAsk();
  }

  private void maybeAsk() {
    if (!asked.isEmpty() || waiting.isEmpty()) {
      return;
    }
    asked = waiting;
    waiting = new ArrayList<>(2);
    number = numbers.getAsLong();
    deadlineNanos = nanoTime.getAsLong() + settings.roundDeadlineNanos();
    ask();
  }

  private void ask() {
    askedNanos = nanoTime.getAsLong();
    LeaderHint leader = log.leader();
    if (leader == null || leader.node().equals(log.self())) {
      fail(new Failure.NotLeader(leader));
      return;
    }
    peers.askIndex(leader.node(), new IndexAsk(incarnation, number, log.group()));
    peers.flush();
  }

  /** The leader's answer; one that answers nothing open is ignored. */
  void answered(IndexAnswer answer) {
    if (asked.isEmpty() || answer.number() != number) {
      return;
    }
    if (answer.index() == IndexAnswer.REFUSED) {
      fail(new Failure.NotLeader(log.leader()));
      return;
    }
    ReadBatch batch =
        new ReadBatch(
            asked, answer.index(), nanoTime.getAsLong() + settings.readDeadlineNanos(), false);
    asked = List.of();
    counters.confirmed(batch.count());
    reader.read(batch);
    maybeAsk();
  }

  private void fail(Failure why) {
    List<Share> failed = asked;
    asked = List.of();
    for (Share share : failed) {
      counters.unconfirmed(share.count);
      share.settle(why);
      share.goBack();
    }
    maybeAsk();
  }

  /** Asks again, or gives up; every so often. */
  void tick(long nowNanos) {
    if (asked.isEmpty()) {
      return;
    }
    if (nowNanos - deadlineNanos >= 0) {
      fail(new Failure.Unconfirmed("the shard's leader did not answer in time"));
    } else if (nowNanos - askedNanos >= settings.roundResendNanos()) {
      ask();
    }
  }
}
