package io.flotilla.node.proposal;

import io.flotilla.statemachine.apply.Check;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All shards of which this node holds a replica, and what they share: the confirmation rounds, the
 * numbers of batches, the ticks, and the frames that come from other nodes.
 *
 * <p>Wiring: make one per node; let the Raft host's machine factory call {@link #open}; let the
 * peer mesh bring frames to {@link #onConfirm} and its kin; {@link #start} once, {@link #close} at
 * the end. Groups that are no shards (the metadata group) take part by {@link #answerFor}.
 *
 * <p>Threads: any, unless a method says otherwise. The <i>home</i> loop is where rounds are driven;
 * best the loop (or one of the loops) on which the connections live, and the peers' sockets too:
 * then a read at P = 1 changes threads nowhere but in the kernel.
 */
public final class LocalShards implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LocalShards.class);

  /** How often deadlines are looked at; the grain of all deadlines of seconds. */
  private static final long TICK_NANOS = 50_000_000;

  final NodeId self;
  final long incarnation;
  final ConnectionLoop home;
  final ConfirmationPeers peers;
  final ProposalSettings settings;
  final Clocks clocks;
  final ProposalCounters counters = new ProposalCounters();

  private final ReadRounds rounds;
  private final AtomicLong batches = new AtomicLong();
  private final AtomicLong questions = new AtomicLong();
  private final ConcurrentMap<GroupId, ShardReplica> shards = new ConcurrentHashMap<>();

  /** Every group that this node has a replica of, shard or not: it answers for its term. */
  private final ConcurrentMap<GroupId, ReadRounds.Queue> queues = new ConcurrentHashMap<>();

  private final ConcurrentMap<GroupId, ShardLog> logs = new ConcurrentHashMap<>();
  private volatile int longestEntryOfPeers = Integer.MAX_VALUE;
  private volatile boolean closed;

  /**
   * No shards yet.
   *
   * @param incarnation this process of the node; never the same for two processes
   * @param home where rounds are driven
   */
  public LocalShards(
      NodeId self,
      long incarnation,
      ConnectionLoop home,
      ConfirmationPeers peers,
      ProposalSettings settings,
      Clocks clocks) {
    this.self = self;
    this.incarnation = incarnation;
    this.home = home;
    this.peers = peers;
    this.settings = settings;
    this.clocks = clocks;
    this.rounds = new ReadRounds(self, incarnation, home, peers, settings, clocks, counters);
  }

  // ------------------------------------------------------------------------------ groups

  /**
   * Opens a shard's replica over its log: for the Raft host's machine factory.
   *
   * @param checks hears what CHECK entries find here, on the shard's loop
   */
  public ShardReplica open(
      ShardLog log, ShardLoop loop, CommandTable table, BiConsumer<GroupId, Check> checks) {
    GroupId group = log.group();
    long seed = group.uuid().getMostSignificantBits() * 31 + group.uuid().getLeastSignificantBits();
    ShardReplica shard =
        new ShardReplica(
            this, log, loop, table, seed, check -> checks.accept(group, check), rounds);
    shards.put(group, shard);
    queues.put(group, shard.queue());
    logs.put(group, log);
    return shard;
  }

  /** A group that is no shard takes part in rounds: this node answers for its term, and may ask. */
  public void answerFor(ShardLog log) {
    queues.put(log.group(), new ReadRounds.Queue(log, null, settings));
    logs.put(log.group(), log);
  }

  /** The replica of this group is no more. */
  public void forget(GroupId group) {
    queues.remove(group);
    logs.remove(group);
    ShardReplica shard = shards.remove(group);
    if (shard != null) {
      shard.close();
    }
  }

  /**
   * Bounds the entries of all shards by what other nodes take: one that a follower's log has no
   * room for would never be committed there, and all that comes after it would wait.
   */
  public void longestEntryOfPeers(int bytes) {
    int own = settings.entryBytesMax();
    if (bytes < own && bytes != longestEntryOfPeers) {
      log.warn(
          "a peer takes entries of {} bytes at most, this node {}: the least counts."
              + " Set write.max-command-mebibytes alike on all nodes",
          bytes,
          own);
    }
    longestEntryOfPeers = bytes;
  }

  /** The size above which a command is refused: the least of what the nodes' logs take. */
  int entryBytesMax() {
    return Math.min(settings.entryBytesMax(), longestEntryOfPeers);
  }

  /** The shard of this group; null if this node has no replica of it. */
  public @Nullable ShardReplica shard(GroupId group) {
    return shards.get(group);
  }

  /** All shards that have a replica here. */
  public Collection<ShardReplica> shards() {
    return Collections.unmodifiableCollection(shards.values());
  }

  /** What they have done so far. */
  public ProposalCounters counters() {
    return counters;
  }

  BatchId nextBatchId() {
    return new BatchId(self, incarnation, batches.incrementAndGet());
  }

  long nextQuestion() {
    return questions.incrementAndGet();
  }

  /**
   * A read index of the group that a round confirmed after this call: whoever has applied it has
   * all that was acknowledged before the call. Fails with {@link ProposalException} where this node
   * does not lead, or cannot confirm that it does. Completed on the home loop.
   */
  public CompletableFuture<Long> confirmedIndex(GroupId group) {
    CompletableFuture<Long> index = new CompletableFuture<>();
    onHome(() -> ask(group, answer -> complete(index, answer)));
    return index;
  }

  void complete(CompletableFuture<Long> index, long answer) {
    if (answer == IndexAnswer.REFUSED) {
      index.completeExceptionally(
          new ProposalException(
              "no index was confirmed", new Failure.Unconfirmed("this node does not lead")));
    } else {
      index.complete(answer);
    }
  }

  private void ask(GroupId group, LongConsumer asker) {
    ReadRounds.Queue queue = queues.get(group);
    if (queue == null) {
      asker.accept(IndexAnswer.REFUSED);
    } else {
      rounds.ask(queue, asker);
    }
  }

  // ------------------------------------------------------------------------------ frames

  /** Another node's question: the terms of those of its groups that this node has. */
  public Confirmed onConfirm(Confirm question) {
    counters.frameAnswered();
    List<GroupTerm> terms = new ArrayList<>(question.groups().size());
    for (GroupTerm asked : question.groups()) {
      ShardLog log = logs.get(asked.group());
      if (log != null) {
        terms.add(new GroupTerm(asked.group(), log.currentTerm()));
      }
    }
    return new Confirmed(question.incarnation(), question.round(), terms);
  }

  /** The answer to a question of this node. */
  public void onConfirmed(NodeId from, Confirmed answer) {
    onHome(() -> rounds.answered(from, answer));
  }

  /** Another node's replica wants a read index; the answer is given later, on the home loop. */
  public void onIndexAsked(IndexAsk question, IndexReply reply) {
    onHome(() ->
        ask(
            question.group(),
            index ->
                reply.answer(new IndexAnswer(question.incarnation(), question.number(), index))));
  }

  /** Where an {@link IndexAnswer} goes. */
  public interface IndexReply {
    void answer(IndexAnswer answer);
  }

  /** The answer to a question of a replica of this node. */
  public void onIndexAnswered(IndexAnswer answer) {
    if (answer.incarnation() == incarnation) {
      onHome(() -> shards.values().forEach(shard -> shard.indexAnswered(answer)));
    }
  }

  private void onHome(Runnable task) {
    if (home.isOnLoop()) {
      task.run();
    } else {
      home.execute(task);
    }
  }

  // ------------------------------------------------------------------------------ life

  /** Begins to look at deadlines and to sweep. */
  public void start() {
    home.schedule(this::tick, TICK_NANOS);
  }

  private void tick() {
    if (closed) {
      return;
    }
    long now = clocks.nanoTime().getAsLong();
    for (ShardReplica shard : shards.values()) {
      shard.tick(now);
    }
    home.schedule(this::tick, TICK_NANOS);
  }

  /** Fails all that waits: what was not handed to a log certainly, the rest as unknown. */
  @Override
  public void close() {
    closed = true;
    for (GroupId group : List.copyOf(shards.keySet())) {
      forget(group);
    }
  }
}
