package io.flotilla.node.proposal;

import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.statemachine.apply.Check;
import io.flotilla.statemachine.apply.Laps;
import io.flotilla.statemachine.apply.ShardMachine;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.EntryCodec;
import io.flotilla.statemachine.reply.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One shard's replica on this node: its machine between the log, which drives it, and the
 * connections, which ask it.
 *
 * <pre>
 *   connections ─► strand ─► lane ─┬─ writes ─► proposer ─► log ══► apply ─► replies ─► lane ─► connections
 *                                  └─ reads ──► rounds ───────────► reader ─► replies ─┘
 * </pre>
 *
 * <p>The machine is touched on the shard's loop only: by {@link #apply} and its kin, by the {@link
 * ShardReader}, by a snapshot's steps.
 */
public final class ShardReplica implements ReplicatedMachine, LocalShard {
  private static final Logger logger = LoggerFactory.getLogger(ShardReplica.class);

  /** What a CHECK digests between two turns of the loop: some 100 µs. */
  private static final int CHECK_STEP_BYTES = 64 * 1024;

  final ConnectionLoop home;
  final LeaderClock clock;

  private final LocalShards node;
  private final ShardLog log;
  private final ShardLoop loop;
  private final ShardMachine machine;
  private final ProposalSettings settings;
  private final ProposalCounters counters;
  private final ShardProposer proposer;
  private final ShardReader reader;
  private final ReadRounds rounds;
  private final ReadRounds.Queue queue;
  private final ReplicaReads replicaReads;
  private final Pressure pressure;
  private final ConcurrentMap<ConnectionLoop, Lane> lanes = new ConcurrentHashMap<>();

  // Touched on the loop only.
  private boolean leading;
  private volatile boolean checking; // read anywhere
  private long sweptNanos;
  private volatile boolean sweeping;

  ShardReplica(
      LocalShards node,
      ShardLog log,
      ShardLoop loop,
      CommandTable table,
      long groupSeed,
      Consumer<Check> checks,
      ReadRounds rounds) {
    this.node = node;
    this.log = log;
    this.loop = loop;
    this.home = node.home;
    this.settings = node.settings;
    this.counters = node.counters;
    this.rounds = rounds;
    this.machine =
        new ShardMachine(
            table,
            groupSeed,
            check -> {
              checking = false;
              checks.accept(check);
            });
    this.clock =
        new LeaderClock(
            node.clocks.nanoTime(),
            node.clocks.wallMillis(),
            ahead ->
                logger.warn(
                    "group {}: the leader's time is {} ms ahead of this node's clock (negative: behind);"
                        + " it is slewed, see that the clocks of all nodes are set",
                    log.group(),
                    ahead));
    this.proposer =
        new ShardProposer(this, log, settings, node::entryBytesMax, node.clocks, counters);
    this.reader = new ShardReader(this, loop, machine, node.clocks.nanoTime(), counters);
    this.queue = new ReadRounds.Queue(log, reader, settings);
    this.replicaReads =
        new ReplicaReads(
            log,
            reader,
            rounds,
            queue,
            node.peers,
            node.incarnation,
            node::nextQuestion,
            node.clocks,
            settings,
            counters);
    this.pressure =
        new Pressure(
            settings.queuedBytesLow(),
            settings.queuedBytesHigh(),
            settings.queuedBytesMax(),
            () -> lanes.values().forEach(lane -> lane.loop.execute(lane::relieve)));
  }

  // ------------------------------------------------------------------------------ connections

  @Override
  public GroupId group() {
    return log.group();
  }

  @Override
  public Strand strand(ConnectionLoop connectionLoop, Asker asker) {
    return new ShardStrand(lanes.computeIfAbsent(connectionLoop, l -> new Lane(this, l)), asker);
  }

  @Override
  public boolean isLeading() {
    return log.isLeaderReady();
  }

  /** Whether a digest is being made here. */
  public boolean isChecking() {
    return checking;
  }

  @Override
  public long term() {
    return log.currentTerm();
  }

  @Override
  public int replicasHolding(long index) {
    int promised = index > 0 ? log.voters().current().size() / 2 : 0;
    return Math.max(promised, log.followersHolding(index));
  }

  @Override
  public @Nullable LeaderHint leader() {
    return log.leader();
  }

  void pourWrites(Share share) {
    if (held(share)) {
      proposer.pour(share);
    }
  }

  void pourReads(Share share) {
    if (held(share)) {
      onHome(() -> rounds.read(queue, share));
    }
  }

  void pourReplicaReads(Share share) {
    if (held(share)) {
      onHome(() -> replicaReads.read(share));
    }
  }

  void pourStaleReads(Share share) {
    if (held(share)) {
      List<Share> shares = new ArrayList<>(1);
      shares.add(share);
      reader.read(
          new ReadBatch(
              shares,
              ReadBatch.ANY_INDEX,
              node.clocks.nanoTime().getAsLong() + settings.readDeadlineNanos(),
              false));
    }
  }

  private void onHome(Runnable task) {
    if (home.isOnLoop()) {
      task.run();
    } else {
      home.execute(task);
    }
  }

  private boolean held(Share share) {
    if (pressure.tryHold(share.bytes)) {
      return true;
    }
    counters.overloaded(share.count);
    share.bytes = 0;
    share.settle(
        new Failure.Overloaded("more than " + settings.queuedBytesMax() + " bytes wait here"));
    share.goBack();
    return false;
  }

  /** The replies to these have been written; on their connections' loop. */
  void served(Request.Kind kind, boolean riding) {
    if (riding) {
      proposer.served();
    } else if (kind == Request.Kind.READ && home.isOnLoop()) {
      rounds.served();
    }
  }

  void released(Share share) {
    pressure.release(share.bytes);
  }

  boolean isPressed() {
    return pressure.isPressed();
  }

  // ------------------------------------------------------------------------------ proposals

  BatchId nextBatchId() {
    return node.nextBatchId();
  }

  void propose(ControlProposal control) {
    proposer.propose(control);
  }

  /**
   * Proposes an entry that no client asked for; any thread.
   *
   * @param maker makes the entry under the leader's time
   * @return the entry's position once it is applied here, completed on the shard's loop, so whoever
   *     goes on from it must not block; fails with {@link ProposalException}
   */
  public CompletableFuture<LogPosition> propose(LongFunction<Entry> maker) {
    Asked asked = new Asked(maker);
    proposer.propose(asked);
    return asked.outcome;
  }

  /** A confirmed read index: whoever has applied it has all that was acknowledged by now. */
  public CompletableFuture<Long> confirmedIndex() {
    CompletableFuture<Long> index = new CompletableFuture<>();
    onHome(() -> rounds.ask(queue, answer -> node.complete(index, answer)));
    return index;
  }

  /** Somebody's entry, and their future. */
  private static final class Asked extends ControlProposal {
    private final LongFunction<Entry> maker;
    final CompletableFuture<LogPosition> outcome = new CompletableFuture<>();

    Asked(LongFunction<Entry> maker) {
      this.maker = maker;
    }

    @Override
    Entry make(long stampMillis) {
      return maker.apply(stampMillis);
    }

    @Override
    void applied(LogPosition position) {
      outcome.complete(position);
    }

    @Override
    void failed(Failure why) {
      outcome.completeExceptionally(new ProposalException("the entry was not applied", why));
    }
  }

  /** Removes what has expired. */
  private final class Removal extends ControlProposal {
    private final List<byte[]> keys;
    private final boolean more;

    Removal(List<byte[]> keys, boolean more) {
      this.keys = keys;
      this.more = more;
    }

    @Override
    Entry make(long stampMillis) {
      return new Entry.Sweep(stampMillis, keys);
    }

    @Override
    void applied(LogPosition position) {
      counters.swept(keys.size());
      sweeping = false;
      if (more) {
        maybeSweep();
      }
    }

    @Override
    void failed(Failure why) {
      sweeping = false;
    }
  }

  private void maybeSweep() {
    if (!leading || sweeping) {
      return;
    }
    long now = clock.nowMillis();
    long first = machine.firstDeadlineMillis();
    if (first < 0 || first > now) {
      return;
    }
    List<byte[]> due = machine.due(now, settings.sweepKeys());
    List<byte[]> keys = new ArrayList<>(due.size());
    long bytes = 0;
    for (byte[] key : due) {
      bytes += key.length;
      if (!keys.isEmpty() && bytes > settings.entryBytes()) {
        break;
      }
      keys.add(key);
    }
    if (!keys.isEmpty()) {
      sweeping = true;
      propose(new Removal(keys, due.size() == settings.sweepKeys() || keys.size() < due.size()));
    }
  }

  // ------------------------------------------------------------------------------ the log drives

  @Override
  public void apply(long term, long index, ByteBuffer bytes, @Nullable Proposal own) {
    switch (own) {
      case WriteBatch batch -> apply(term, index, batch);
      case ControlProposal control -> {
        applyControl(term, index, control.made());
        control.applied(new LogPosition(term, index));
      }
      case null, default -> {
        Entry entry = EntryCodec.decode(bytes);
        WriteBatch batch = entry instanceof Entry.Batch other ? ownBatch(other.id()) : null;
        if (batch != null) {
          apply(term, index, batch);
        } else {
          applyControl(term, index, entry);
        }
      }
    }
    reader.applied();
  }

  private void apply(long term, long index, WriteBatch batch) {
    Laps laps = Stopwatch.of(node.clocks.nanoTime(), batch.shares);
    Reply[] replies = machine.apply(term, index, batch.batch(), laps);
    batch.index = index;
    proposer.applied(batch, replies);
  }

  private void applyControl(long term, long index, Entry entry) {
    machine.apply(term, index, entry);
    if (entry instanceof Entry.Check && !checking) {
      checking = true;
      loop.execute(this::stepCheck);
    }
  }

  private @Nullable WriteBatch ownBatch(BatchId id) {
    return id.incarnation() == node.incarnation && id.node().equals(log.self())
        ? proposer.open(id.number())
        : null;
  }

  private void stepCheck() {
    if (checking && machine.step(CHECK_STEP_BYTES)) {
      again(this::stepCheck);
    }
  }

  private void again(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The replica closes: nobody waits for this any more.
      return;
    }
  }

  @Override
  public void pass(long term, long index) {
    machine.pass(term, index);
    reader.applied();
  }

  @Override
  public void leaderChanged(@Nullable LeaderHint leader, boolean selfIsLeader) {
    if (selfIsLeader && !leading) {
      clock.elected(machine.machineTimeMillis());
    }
    boolean lost = leading && !selfIsLeader;
    leading = selfIsLeader;
    if (lost) {
      proposer.leadershipLost();
    }
  }

  /** The time that a leader's reads look from; anything early on a replica. On the loop. */
  long readersNowMillis() {
    return leading ? clock.nowMillis() : 0;
  }

  @Override
  public SnapshotCut beginSnapshot() {
    return new ShardSnapshotCut(loop, machine);
  }

  @Override
  public void restore(LogPosition position, InputStream snapshot) throws IOException {
    machine.restore(snapshot);
    if (machine.appliedIndex() != position.index()) {
      throw new IOException(
          "the snapshot of " + position + " says that it is of index " + machine.appliedIndex());
    }
    checking = false;
    reader.applied();
  }

  // ------------------------------------------------------------------------------ life

  /** The machine, for what looks at it on its loop: {@link #onLoop}. */
  public interface Look<T> {
    T at(ShardMachine machine);
  }

  /** Looks at the machine on its loop; the future is completed there. */
  public <T> CompletableFuture<T> onLoop(Look<T> look) {
    CompletableFuture<T> seen = new CompletableFuture<>();
    try {
      loop.execute(() -> {
        try {
          seen.complete(look.at(machine));
        } catch (RuntimeException e) {
          seen.completeExceptionally(e);
        }
      });
    } catch (RejectedExecutionException e) {
      seen.completeExceptionally(e);
    }
    return seen;
  }

  /** Deadlines and sweeps; on the home loop, every so often. */
  void tick(long nowNanos) {
    proposer.tick(nowNanos);
    reader.tick(nowNanos);
    replicaReads.tick(nowNanos);
    if (nowNanos - sweptNanos >= settings.sweepEveryNanos() && log.isLeader()) {
      sweptNanos = nowNanos;
      again(this::maybeSweep);
    }
  }

  void indexAnswered(IndexAnswer answer) {
    replicaReads.answered(answer);
  }

  ReadRounds.Queue queue() {
    return queue;
  }

  /** Fails all that waits here, known or unknown as it is; any thread. */
  void close() {
    proposer.close();
    try {
      loop.execute(reader::close);
    } catch (RejectedExecutionException e) {
      reader.close();
    }
  }

  @Override
  public String toString() {
    return "shard of group " + log.group();
  }
}
