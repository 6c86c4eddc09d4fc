package io.flotilla.node.proposal;

import io.flotilla.statemachine.metadata.NodeId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Drives the {@link ConfirmationRounds} of this node: queues what wants to be confirmed, begins
 * rounds, and sends what was confirmed on its way.
 *
 * <p>A round begins from a task posted to the home loop, so that one pass over all ready sockets
 * forms it, and only when the groups that wait have none open. Where several connections are busy
 * it lingers as {@link Gathering} says: a round's frames cost each node some 20 to 30 µs of CPU,
 * however many reads they carry.
 *
 * <p>Threads: the home loop only.
 */
final class ReadRounds implements ConfirmationRounds.Driver {
  /** How often open rounds are looked after; well below the time after which frames are resent. */
  private static final long TICK_NANOS = 10_000_000;

  private final ConnectionLoop home;
  private final ConfirmationPeers peers;
  private final LongSupplier nanoTime;
  private final ProposalCounters counters;
  private final ConfirmationRounds rounds;
  private final Gathering gather;
  private final List<Queue> waiting = new ArrayList<>();
  private final List<Queue> open = new ArrayList<>();
  private boolean beginPosted;
  private boolean timerArmed;
  private boolean ticking;

  ReadRounds(
      NodeId self,
      long incarnation,
      ConnectionLoop home,
      ConfirmationPeers peers,
      ProposalSettings settings,
      Clocks clocks,
      ProposalCounters counters) {
    this.home = home;
    this.peers = peers;
    this.nanoTime = clocks.nanoTime();
    this.counters = counters;
    this.rounds =
        new ConfirmationRounds(
            self,
            incarnation,
            settings.roundDeadlineNanos(),
            settings.roundResendNanos(),
            ReadPoint::take,
            this);
    this.gather = new Gathering(settings.readLingerNanos(), nanoTime.getAsLong());
  }

  /** A round, to {@link Gathering}: answered when all of its groups are. */
  private static final class Begun {
    long sinceNanos;
    int gathered;
    int open;
  }

  /** What waits for one group's next round, and what its open round will settle. */
  static final class Queue {
    private final ShardLog log;
    private final @Nullable ShardReader reader;
    private final long readDeadlineNanos;
    private List<Share> shares = new ArrayList<>(2);
    private List<LongConsumer> askers = new ArrayList<>(2);
    private List<Share> askedShares = List.of();
    private List<LongConsumer> askedAskers = List.of();
    private boolean isWaiting;
    private boolean isOpen;
    private Begun begun = new Begun();

    /**
     * A group that has not asked for anything yet.
     *
     * @param reader runs the confirmed reads; null for a group of which only indexes are asked
     */
    Queue(ShardLog log, @Nullable ShardReader reader, ProposalSettings settings) {
      this.log = log;
      this.reader = reader;
      this.readDeadlineNanos = settings.readDeadlineNanos();
    }

    /** What waits goes into a round; what comes from now on must not be settled by it. */
    private void open(Begun round) {
      begun = round;
      isWaiting = false;
      isOpen = true;
      if (!shares.isEmpty()) {
        askedShares = shares;
        shares = new ArrayList<>(2);
      }
      if (!askers.isEmpty()) {
        askedAskers = askers;
        askers = new ArrayList<>(2);
      }
    }
  }

  /** Reads that want a confirmed index, then to run. */
  void read(Queue queue, Share share) {
    for (int i = 0; i < share.count; i++) {
      ShardStrand strand = share.requests[i].strand;
      if (strand != null) {
        gather.join(strand.inReads);
      }
    }
    gather.stirred(nanoTime.getAsLong());
    ReadBatch.gather(queue.shares, share);
    wants(queue);
  }

  /** Replies to confirmed reads have just been written. */
  void served() {
    gather.stirred(nanoTime.getAsLong());
  }

  /** Somebody who wants a confirmed index, or hears {@link IndexAnswer#REFUSED}. */
  void ask(Queue queue, LongConsumer asker) {
    queue.askers.add(asker);
    wants(queue);
  }

  private void wants(Queue queue) {
    if (!queue.isWaiting) {
      queue.isWaiting = true;
      waiting.add(queue);
    }
    if (!queue.isOpen) {
      postBegin();
    }
  }

  private void postBegin() {
    if (!beginPosted) {
      beginPosted = true;
      home.execute(this::maybeBegin);
    }
  }

  private void maybeBegin() {
    beginPosted = false;
    List<ShardLog> asked = null;
    Begun begun = new Begun();
    long now = nanoTime.getAsLong();
    for (int i = 0; i < waiting.size(); ) {
      Queue queue = waiting.get(i);
      if (queue.isOpen) {
        i++;
        continue;
      }
      if (asked == null) {
        long wait = gather.waitNanos(now);
        if (wait > 0) {
          armTimer(wait);
          return;
        }
        asked = new ArrayList<>(waiting.size());
      }
      waiting.remove(i);
      queue.open(begun);
      open.add(queue);
      asked.add(queue.log);
    }
    if (asked == null) {
      return;
    }
    begun.sinceNanos = now;
    begun.gathered = gather.left();
    begun.open = asked.size();
    counters.round();
    rounds.begin(asked, now);
    peers.flush();
    if (rounds.isWaiting() && !ticking) {
      ticking = true;
      home.schedule(this::tick, TICK_NANOS);
    }
  }

  private void armTimer(long waitNanos) {
    if (!timerArmed) {
      timerArmed = true;
      home.schedule(
          () -> {
            timerArmed = false;
            maybeBegin();
          },
          waitNanos);
    }
  }

  private void tick() {
    ticking = false;
    rounds.tick(nanoTime.getAsLong());
    peers.flush();
    if (rounds.isWaiting()) {
      ticking = true;
      home.schedule(this::tick, TICK_NANOS);
    }
  }

  /** An answer has arrived. */
  void answered(NodeId from, Confirmed answer) {
    rounds.answered(from, answer);
  }

  // ------------------------------------------------------------------------------ outcomes

  @Override
  public void send(NodeId to, Confirm frame) {
    counters.frameSent();
    peers.confirm(to, frame);
  }

  @Override
  public void confirmed(ShardLog log, long term, long readIndex) {
    Queue queue = close(log);
    List<Share> shares = queue.askedShares;
    List<LongConsumer> askers = queue.askedAskers;
    queue.askedShares = List.of();
    queue.askedAskers = List.of();
    long now = nanoTime.getAsLong();
    counters.rounded().record(now - queue.begun.sinceNanos);
    if (!shares.isEmpty() && queue.reader != null) {
      ReadBatch batch = new ReadBatch(shares, readIndex, now + queue.readDeadlineNanos, true);
      counters.confirmed(batch.count());
      queue.reader.read(batch);
    }
    for (LongConsumer asker : askers) {
      asker.accept(readIndex);
    }
  }

  @Override
  public void failed(ShardLog log, Failure why) {
    Queue queue = close(log);
    List<Share> shares = queue.askedShares;
    List<LongConsumer> askers = queue.askedAskers;
    queue.askedShares = List.of();
    queue.askedAskers = List.of();
    for (Share share : shares) {
      counters.unconfirmed(share.count);
      share.settle(why);
      share.goBack();
    }
    for (LongConsumer asker : askers) {
      asker.accept(IndexAnswer.REFUSED);
    }
  }

  /** The group's round is over; what came meanwhile may begin the next one. */
  private Queue close(ShardLog log) {
    for (int i = 0; i < open.size(); i++) {
      Queue queue = open.get(i);
      if (queue.log.equals(log)) {
        open.remove(i);
        queue.isOpen = false;
        if (--queue.begun.open == 0) {
          gather.answered(queue.begun.gathered, nanoTime.getAsLong());
        }
        if (queue.isWaiting) {
          postBegin();
        }
        return queue;
      }
    }
    throw new AssertionError("a round ended that was not open for " + log.group());
  }
}
