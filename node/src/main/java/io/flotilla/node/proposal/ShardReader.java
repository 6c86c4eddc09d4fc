package io.flotilla.node.proposal;

import io.flotilla.statemachine.apply.Laps;
import io.flotilla.statemachine.apply.ShardMachine;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs reads on one shard's machine: the part of a read's way that lies on the shard's loop.
 *
 * <p>A batch of reads waits until its read index is applied. Then all of it runs at one point of
 * the log and with one <i>now</i>, the later of machine time and the leader's. A read that meets a
 * deadline between the two would answer by a time that no replica has agreed on: under a slower
 * clock the key could come back. Such reads wait, together, until machine time has reached their
 * now (a time entry is proposed for it, unless other entries are sooner), and run once more
 * (ARCHITECTURE §2). Later reads of the same connection wait behind them, those of others do not.
 *
 * <p>Threads: the shard's loop, but where a method says otherwise.
 */
final class ShardReader {
  private final ShardReplica shard;
  private final ShardLoop loop;
  private final ShardMachine machine;
  private final LongSupplier nanoTime;
  private final ProposalCounters counters;
  private final SplittableRandom dice = new SplittableRandom();

  /** Confirmed, but not yet applied far enough. */
  private final List<ReadBatch> behind = new ArrayList<>();

  /** Reads that wait for machine time to reach the batch's now; null if there are none. */
  private @Nullable ReadBatch late;

  private boolean advancing;

  /** Whether {@link #late} is set, told to the home loop, whose tick then asks after it. */
  private volatile boolean hasLate;

  /** Batches that did not run at once, oldest first, for their deadlines. Any thread. */
  private final Queue<ReadBatch> outstanding = new ConcurrentLinkedQueue<>();

  ShardReader(
      ShardReplica shard,
      ShardLoop loop,
      ShardMachine machine,
      LongSupplier nanoTime,
      ProposalCounters counters) {
    this.shard = shard;
    this.loop = loop;
    this.machine = machine;
    this.nanoTime = nanoTime;
    this.counters = counters;
  }

  /**
   * Runs the batch as soon as its index is applied; any thread. Where the loop is idle it runs on
   * the caller's thread, and its replies go back without a change of thread.
   */
  void read(ReadBatch batch) {
    if (loop.tryRun(() -> run(batch, false))) {
      if (batch.isTaken()) {
        batch.goBack();
      } else {
        outstanding.add(batch);
      }
      return;
    }
    outstanding.add(batch);
    try {
      loop.execute(() -> run(batch, true));
    } catch (RejectedExecutionException e) {
      if (batch.take()) {
        batch.fail(Refusals.failure(Proposal.Refusal.CLOSED, null));
      }
    }
  }

  private void run(ReadBatch batch, boolean goBack) {
    if (batch.readIndex > machine.appliedIndex()) {
      behind.add(batch);
    } else if (batch.take()) {
      answer(batch, batch.byLeaderTime ? shard.readersNowMillis() : 0);
      if (goBack) {
        batch.goBack();
      }
    }
  }

  private void answer(ReadBatch batch, long nowMillis) {
    Laps laps = Stopwatch.of(nanoTime, batch.shares);
    for (Share share : batch.shares) {
      @Nullable Reply[] replies = new Reply[share.count];
      Share lateShare = null;
      for (int i = 0; i < share.count; i++) {
        if (i % ShardMachine.LOOK_AHEAD == 0) {
          lookAhead(share, i);
        }
        Request request = share.requests[i];
        ShardStrand strand = request.strand;
        if (strand == null || strand.waitingForTime == 0) {
          replies[i] = machine.read(request.command(), request.argv(), nowMillis, dice.nextLong());
        }
        laps.answered();
        if (replies[i] == null) {
          lateShare = lateShare == null ? new Share(share.lane) : lateShare;
          lateShare.add(request);
          if (strand != null) {
            strand.waitingForTime++;
          }
        }
      }
      share.settle(replies, 0);
      if (lateShare != null) {
        lateShare.bytes = 0; // they are counted in the share that they came with
        awaitTime(lateShare, nowMillis, batch.deadlineNanos);
      }
    }
  }

  private void lookAhead(Share share, int from) {
    int to = Math.min(from + ShardMachine.LOOK_AHEAD, share.count);
    for (int i = from; i < to; i++) {
      machine.foresee(share.requests[i].command(), share.requests[i].argv());
    }
    machine.lookAhead();
  }

  private void awaitTime(Share share, long nowMillis, long deadlineNanos) {
    counters.behindTime(share.count);
    ReadBatch waiting = late;
    if (waiting == null) {
      waiting = new ReadBatch(new ArrayList<>(2), ReadBatch.ANY_INDEX, deadlineNanos, true);
      late = waiting;
      hasLate = true;
    }
    ReadBatch.gather(waiting.shares, share);
    waiting.nowMillis = Math.max(waiting.nowMillis, nowMillis);
    advance(waiting.nowMillis);
  }

  private void advance(long toMillis) {
    if (!advancing) {
      advancing = true;
      shard.propose(new TimeEntry(toMillis));
    }
  }

  /** The machine has come further: runs what has waited for it. */
  void applied() {
    if (!behind.isEmpty()) {
      long index = machine.appliedIndex();
      for (int i = 0; i < behind.size(); ) {
        ReadBatch batch = behind.get(i);
        if (batch.readIndex <= index) {
          behind.remove(i);
          run(batch, true);
        } else {
          i++;
        }
      }
    }
    ReadBatch waiting = late;
    if (waiting != null && machine.machineTimeMillis() >= waiting.nowMillis) {
      takeLate(waiting);
      answer(waiting, waiting.nowMillis);
      waiting.goBack();
    }
  }

  private void takeLate(ReadBatch waiting) {
    late = null;
    hasLate = false;
    for (Share share : waiting.shares) {
      for (int i = 0; i < share.count; i++) {
        ShardStrand strand = share.requests[i].strand;
        if (strand != null) {
          strand.waitingForTime--;
        }
      }
    }
  }

  /** Fails what is over its deadline; on the home loop, every so often. */
  void tick(long nowNanos) {
    if (hasLate) {
      onLoop(() -> {
        ReadBatch waiting = late;
        if (waiting != null && nowNanos - waiting.deadlineNanos >= 0) {
          takeLate(waiting);
          expire(waiting);
        }
      });
    }
    while (true) {
      ReadBatch first = outstanding.peek();
      if (first == null || (!first.isTaken() && nowNanos - first.deadlineNanos < 0)) {
        return;
      }
      outstanding.poll();
      if (first.take()) {
        expire(first);
      }
    }
  }

  private void expire(ReadBatch batch) {
    counters.unconfirmed(batch.count());
    batch.fail(
        new Failure.Unconfirmed("the shard's replica did not apply what the read needs in time"));
  }

  /** Fails all that waits: the replica closes. On the shard's loop, or after its end. */
  void close() {
    Failure closing = Refusals.failure(Proposal.Refusal.CLOSED, null);
    ReadBatch batch = late;
    if (batch != null) {
      takeLate(batch);
      batch.fail(closing);
    }
    while ((batch = outstanding.poll()) != null) {
      if (batch.take()) {
        batch.fail(closing);
      }
    }
  }

  private void onLoop(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // Closed: nobody reads here any more.
      return;
    }
  }

  /** Makes machine time reach what the late reads have seen. */
  private final class TimeEntry extends ControlProposal {
    private final long toMillis;

    TimeEntry(long toMillis) {
      this.toMillis = toMillis;
    }

    @Override
    Entry make(long stampMillis) {
      return new Entry.Advance(Math.max(toMillis, stampMillis));
    }

    @Override
    void applied(LogPosition position) {
      advancing = false;
      ReadBatch waiting = late;
      if (waiting != null && machine.machineTimeMillis() < waiting.nowMillis) {
        advance(waiting.nowMillis);
      }
    }

    @Override
    void failed(Failure why) {
      onLoop(() -> {
        advancing = false;
        ReadBatch waiting = late;
        if (waiting != null) {
          takeLate(waiting);
          waiting.fail(
              why.certainlyNotDone()
                  ? why
                  : new Failure.Unconfirmed("the time that the read needs was not agreed on"));
        }
      });
    }
  }
}
