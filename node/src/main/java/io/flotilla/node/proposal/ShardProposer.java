package io.flotilla.node.proposal;

import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Gathers one shard's writes into log entries, and brings every one of them exactly one outcome
 * (ARCHITECTURE §3, whose table is the contract).
 *
 * <p><b>Group commit.</b> What a log costs it costs per entry. So while entries are in flight, what
 * arrives gathers in the next batch; when a place is free, the batch leaves as {@link Gathering}
 * says. One place is best where the round trip is short: the batch in the making grows by all who
 * wait for the one that is under way.
 *
 * <p><b>Order.</b> Batches are proposed one at a time, in the order in which they were gathered, by
 * whichever thread finds one due: a loop that has just poured, the shard's loop that has just
 * applied, a timer. {@link #proposing} keeps it to one at a time without holding the lock
 * meanwhile; who comes second leaves it to the first, who looks again.
 *
 * <p><b>Outcomes.</b> Nothing is ever submitted twice. A batch that was handed over stays in {@link
 * #open} until it is applied, by this leader's word or a later one's, or refused, or overtaken in
 * the log; at the deadline its clients are told that the outcome is unknown.
 *
 * <p>Threads: any; the lock is held for a few dozen instructions per pass or batch, never while the
 * log or a loop is called.
 */
final class ShardProposer {
  private final ShardReplica shard;
  private final ShardLog log;
  private final ProposalSettings settings;
  private final IntSupplier entryBytesMax;
  private final LongSupplier nanoTime;
  private final ProposalCounters counters;

  private final Object lock = new Object();

  // All below is guarded by the lock.
  private final Gathering gather;
  private @Nullable WriteBatch gathering;
  private final ArrayDeque<WriteBatch> full = new ArrayDeque<>();
  private final ArrayDeque<ControlProposal> controls = new ArrayDeque<>();
  private final Map<Long, WriteBatch> open = new HashMap<>();
  private int inFlight;
  private boolean proposing;
  private boolean timerArmed;
  private boolean closed;

  ShardProposer(
      ShardReplica shard,
      ShardLog log,
      ProposalSettings settings,
      IntSupplier entryBytesMax,
      Clocks clocks,
      ProposalCounters counters) {
    this.shard = shard;
    this.log = log;
    this.settings = settings;
    this.entryBytesMax = entryBytesMax;
    this.nanoTime = clocks.nanoTime();
    this.counters = counters;
    this.gather = new Gathering(settings.lingerNanos(), nanoTime.getAsLong());
  }

  // ------------------------------------------------------------------------------ in

  /** Takes in what a pass over a loop's sockets brought; on that loop. */
  void pour(Share share) {
    if (!log.isLeader()) {
      share.settle(new Failure.NotLeader(log.leader()));
      share.goBack();
      return;
    }
    if (!log.isLeaderReady()) { // said at once: behind a refusal that comes later, reads would pass
      share.settle(Refusals.failure(Proposal.Refusal.NOT_READY, null));
      share.goBack();
      return;
    }
    int longestEntry = entryBytesMax.getAsInt();
    Share tooLarge = null;
    boolean refused;
    synchronized (lock) {
      refused = closed;
      long now = nanoTime.getAsLong();
      for (int i = 0; i < share.count && !refused; i++) {
        Request request = share.requests[i];
        if (request.entryBytes > longestEntry) {
          tooLarge = tooLarge == null ? new Share(share.lane) : tooLarge;
          tooLarge.add(request);
          continue;
        }
        WriteBatch batch = gathering;
        if (batch != null
            && (batch.count >= settings.entryCommands()
                || batch.entryBytes + request.entryBytes > settings.entryBytes())) {
          full.add(batch);
          batch.gathered = gather.left();
          batch = null;
        }
        if (batch == null) {
          batch = new WriteBatch(this, now);
          gathering = batch;
        }
        batch.add(share.lane, request);
        if (request.strand != null) {
          gather.join(request.strand.inWrites);
        }
      }
      gather.stirred(now);
    }
    if (refused) {
      share.settle(Refusals.failure(Proposal.Refusal.CLOSED, null));
      share.goBack();
      return;
    }
    if (tooLarge != null) {
      tooLarge.settle(
          new Failure.Overloaded(
              "a command of more than "
                  + longestEntry
                  + " bytes fits no log entry (write.max-command-mebibytes)"));
      tooLarge.goBack();
    }
    propose();
  }

  /** Replies to a batch's share have just been written. */
  void served() {
    synchronized (lock) {
      gather.stirred(nanoTime.getAsLong());
    }
  }

  /** Takes in an entry that no client asked for; any thread. */
  void propose(ControlProposal control) {
    boolean refused;
    synchronized (lock) {
      refused = closed;
      if (!refused) {
        controls.add(control);
      }
    }
    if (refused) {
      control.refused(Proposal.Refusal.CLOSED);
    } else {
      propose();
    }
  }

  // ------------------------------------------------------------------------------ to the log

  /** Hands to the log what is due; any thread. */
  void propose() {
    while (true) {
      ControlProposal control;
      WriteBatch batch = null;
      synchronized (lock) {
        if (proposing) {
          return;
        }
        control = controls.poll();
        if (control == null) {
          batch = nextBatch();
          if (batch == null) {
            return;
          }
        }
        proposing = true;
      }
      try {
        if (control != null) {
          control.seal(shard.clock.nowMillis());
          log.propose(control);
        } else if (batch != null) {
          batch.seal(shard.clock.nowMillis());
          counters.batch(batch.count, batch.entry().remaining());
          log.propose(batch);
        }
      } catch (RuntimeException | Error e) {
        if (batch != null) {
          unknown(batch);
        }
        throw e;
      } finally {
        synchronized (lock) {
          proposing = false;
        }
      }
    }
  }

  /** The batch that is due, named and counted in flight; null if none is. Under the lock. */
  private @Nullable WriteBatch nextBatch() {
    if (inFlight >= settings.entriesInFlight()) {
      return null;
    }
    WriteBatch batch = full.poll();
    if (batch == null) {
      batch = gathering;
      if (batch == null) {
        return null;
      }
      long wait = gather.waitNanos(nanoTime.getAsLong());
      if (wait > 0) {
        armTimer(wait);
        return null;
      }
      gathering = null;
      batch.gathered = gather.left();
    }
    batch.name(shard.nextBatchId());
    batch.proposedNanos = nanoTime.getAsLong();
    batch.deadlineNanos = batch.proposedNanos + settings.outcomeDeadlineNanos();
    counters.gathered().record(batch.proposedNanos - batch.gatheredNanos);
    batch.inFlight = true;
    inFlight++;
    open.put(batch.number(), batch);
    return batch;
  }

  private void armTimer(long waitNanos) {
    if (!timerArmed) {
      timerArmed = true;
      shard.home.schedule(
          () -> {
            synchronized (lock) {
              timerArmed = false;
            }
            propose();
          },
          waitNanos);
    }
  }

  // ------------------------------------------------------------------------------ outcomes

  /** The batch of this node and incarnation with this number, if its fate is open. */
  @Nullable WriteBatch open(long number) {
    synchronized (lock) {
      return open.get(number);
    }
  }

  /** Applied, whoever leads by now; on the shard's loop. */
  void applied(WriteBatch batch, Reply[] replies) {
    if (ended(batch)) {
      counters.replicated().record(batch.landedNanos - batch.proposedNanos);
      batch.answer(replies);
    }
    propose();
  }

  /**
   * Certainly did not reach the log. Where there is no leader yet or any more, what was gathered
   * meanwhile fails with it: those commands came later, and a leader that is ready in the next
   * moment would run them before the refused ones, which could then not be tried again.
   */
  void refused(WriteBatch batch, Proposal.Refusal why) {
    boolean first = ended(batch);
    Failure failure = Refusals.failure(why, log.leader());
    List<WriteBatch> later =
        why == Proposal.Refusal.NOT_READY || why == Proposal.Refusal.NOT_LEADER
            ? takeWaiting()
            : List.of();
    if (first) {
      batch.fail(failure);
    }
    for (WriteBatch each : later) {
      each.fail(failure);
    }
    propose();
  }

  /** Another entry took its place in the log. */
  void overtaken(WriteBatch batch) {
    if (ended(batch)) {
      batch.fail(new Failure.NotLeader(log.leader()));
    }
    propose();
  }

  /** It may or may not be applied later: its clients wait on, but nobody waits behind it. */
  void unknown(WriteBatch batch) {
    synchronized (lock) {
      landed(batch);
    }
    propose();
  }

  /** The batch's fate is known; whether its clients are still to be told. */
  private boolean ended(WriteBatch batch) {
    synchronized (lock) {
      open.remove(batch.number());
      landed(batch);
      boolean first = !batch.settled;
      batch.settled = true;
      return first;
    }
  }

  private void landed(WriteBatch batch) {
    if (batch.inFlight) {
      batch.inFlight = false;
      inFlight--;
      batch.landedNanos = nanoTime.getAsLong();
      gather.answered(batch.gathered, batch.landedNanos);
    }
  }

  /** Tells those whose deadline has passed; on the home loop, every so often. */
  void tick(long nowNanos) {
    List<WriteBatch> unknown = new ArrayList<>();
    List<WriteBatch> waitedTooLong = new ArrayList<>();
    synchronized (lock) {
      for (Iterator<WriteBatch> it = open.values().iterator(); it.hasNext(); ) {
        WriteBatch batch = it.next();
        if (nowNanos - batch.deadlineNanos >= 0) {
          it.remove();
          batch.settled = true;
          unknown.add(batch);
        }
      }
      while (!full.isEmpty() && hasWaitedTooLong(full.peek(), nowNanos)) {
        waitedTooLong.add(full.poll());
      }
      if (full.isEmpty() && gathering != null && hasWaitedTooLong(gathering, nowNanos)) {
        waitedTooLong.add(gathering);
        gathering.gathered = gather.left();
        gathering = null;
      }
      for (WriteBatch batch : waitedTooLong) {
        gather.answered(batch.gathered, nowNanos);
      }
    }
    for (WriteBatch batch : unknown) {
      counters.unknown(batch.count);
      batch.fail(new Failure.Unknown("not applied here in time"));
    }
    for (WriteBatch batch : waitedTooLong) {
      batch.fail(new Failure.NotReady("the shard's log took nothing in time"));
    }
  }

  private boolean hasWaitedTooLong(WriteBatch batch, long nowNanos) {
    return nowNanos - batch.gatheredNanos >= settings.waitDeadlineNanos();
  }

  /** Leadership is lost: what was not handed to the log will not be. */
  void leadershipLost() {
    failWaiting(new Failure.NotLeader(log.leader()), false);
  }

  /** The replica closes: what is open will not be learnt here any more. */
  void close() {
    failWaiting(Refusals.failure(Proposal.Refusal.CLOSED, null), true);
    List<WriteBatch> unknown = new ArrayList<>();
    synchronized (lock) {
      for (WriteBatch batch : open.values()) {
        batch.settled = true;
        unknown.add(batch);
      }
      open.clear();
    }
    for (WriteBatch batch : unknown) {
      counters.unknown(batch.count);
      batch.fail(new Failure.Unknown("the node closes"));
    }
  }

  /** Takes all batches that were not handed to the log, in the order in which they came. */
  private List<WriteBatch> takeWaiting() {
    synchronized (lock) {
      List<WriteBatch> waiting = new ArrayList<>(full);
      full.clear();
      if (gathering != null) {
        waiting.add(gathering);
        gathering.gathered = gather.left();
        gathering = null;
      }
      for (WriteBatch batch : waiting) {
        gather.answered(batch.gathered, nanoTime.getAsLong());
      }
      return waiting;
    }
  }

  private void failWaiting(Failure why, boolean forEver) {
    List<WriteBatch> waiting;
    List<ControlProposal> unasked;
    synchronized (lock) {
      closed |= forEver;
      waiting = takeWaiting();
      unasked = new ArrayList<>(controls);
      controls.clear();
    }
    for (WriteBatch batch : waiting) {
      batch.fail(why);
    }
    for (ControlProposal control : unasked) {
      control.failed(why);
    }
  }

  /** How many entries are in flight, for people. */
  int entriesInFlight() {
    synchronized (lock) {
      return inFlight;
    }
  }
}
