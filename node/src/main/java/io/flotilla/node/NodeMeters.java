package io.flotilla.node;

import io.flotilla.node.admin.CheckCounts;
import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.metrics.Durations;
import io.flotilla.node.metrics.NodeMetrics;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ProposalCounters;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.proposal.ShardReplica;
import io.flotilla.node.raft.GroupStatus;
import io.flotilla.node.raft.RaftCounters;
import io.flotilla.node.raft.RaftHost;
import io.flotilla.node.session.CommandBook;
import io.flotilla.node.session.Counters;
import io.flotilla.statemachine.command.Command;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/** Ties the node's counters to the names under which Prometheus finds them. */
final class NodeMeters implements AutoCloseable {
  private final RunningNode node;
  private final NodeMetrics metrics = new NodeMetrics();
  private final Set<GroupId> registered = new HashSet<>();

  NodeMeters(RunningNode node) {
    this.node = node;
  }

  /** Registers what clients do; once, when the door is open. */
  void clients(ClientDoor door) {
    Counters c = door.front().counters();
    metrics.gauge("flotilla.client.connections", "Clients that are connected.", door::connections);
    metrics.counter("flotilla.client.connections.opened", "Connections taken.", c.connections::sum);
    metrics.counter(
        "flotilla.client.connections.rejected", "Connections refused.", c.rejectedConnections::sum);
    metrics.counter("flotilla.client.received.bytes", "Bytes read from clients.", c.bytesIn::sum);
    metrics.counter("flotilla.client.sent.bytes", "Bytes sent to clients.", c.bytesOut::sum);
    metrics.counter("flotilla.client.error.replies", "Error replies.", c.errorReplies::sum);
    parking(door);
    Map<String, ToLongFunction<String>> families = new TreeMap<>();
    for (CommandBook.Entry entry : door.front().book().entries()) {
      families.put(entry.command().group(), f -> 0);
    }
    for (String family : families.keySet()) {
      metrics.counter(
          "flotilla.commands",
          "Commands run, by family.",
          () -> sum(door, family, CommandBook.Entry::calls),
          "family",
          family);
      metrics.counter(
          "flotilla.commands.failed",
          "Commands that answered an error, by family.",
          () -> sum(door, family, CommandBook.Entry::failedCalls),
          "family",
          family);
      metrics.counter(
          "flotilla.commands.rejected",
          "Commands refused before they ran, by family.",
          () -> sum(door, family, CommandBook.Entry::rejectedCalls),
          "family",
          family);
    }
    Map<String, List<Durations>> durations = new TreeMap<>();
    for (CommandBook.Entry entry : door.front().book().entries()) {
      durations
          .computeIfAbsent(entry.command().group(), f -> new ArrayList<>())
          .add(entry.durations());
    }
    metrics.durations(
        "flotilla_command_duration_seconds",
        "What clients waited for commands, from arrival to reply, by family; nothing for those inside a transaction.",
        "family",
        durations);
  }

  /** Registers what waits for leaders; once. */
  private void parking(ClientDoor door) {
    Counters counters = door.front().counters();
    metrics.gauge(
        "flotilla.commands.parked.now",
        "Commands that wait for their shard to have a leader that serves.",
        () -> door.front().parkedNow());
    metrics.counter(
        "flotilla.commands.parked",
        "Commands that had to wait for their shard to have a leader that serves.",
        counters.parked::sum);
    metrics.counter(
        "flotilla.commands.parked.in.vain",
        "Commands that heard CLUSTERDOWN after such a wait.",
        counters.parkedInVain::sum);
  }

  private static long sum(ClientDoor door, String family, ToLongFunction<CommandBook.Entry> what) {
    long sum = 0;
    for (CommandBook.Entry entry : door.front().book().entries()) {
      Command command = entry.command();
      sum += command.group().equals(family) ? what.applyAsLong(entry) : 0;
    }
    return sum;
  }

  /** Registers what the groups do; once, when the node belongs to a cluster. */
  void groups(RunningNode.Member member) {
    ProposalCounters p = member.shards().counters();
    metrics.counter("flotilla.batches", "Entries proposed for clients.", p::batches);
    metrics.counter("flotilla.batched.commands", "Commands in these entries.", p::batchedCommands);
    metrics.counter("flotilla.batched.bytes", "Bytes of these entries.", p::batchedBytes);
    metrics.counter(
        "flotilla.outcomes.unknown",
        "Commands whose outcome was told to be unknown.",
        p::unknownOutcomes);
    metrics.counter(
        "flotilla.overloads", "Commands refused because too much was waiting.", p::overloads);
    metrics.counter("flotilla.read.rounds", "Confirmation rounds begun.", p::rounds);
    metrics.counter(
        "flotilla.read.frames.sent", "Frames sent for confirmation rounds.", p::framesSent);
    metrics.counter("flotilla.reads.confirmed", "Reads that a round confirmed.", p::readsConfirmed);
    metrics.counter(
        "flotilla.reads.unconfirmed",
        "Reads that no round confirmed in time.",
        p::readsUnconfirmed);
    metrics.durations(
        "flotilla_stage_duration_seconds",
        "How long entries and rounds took: gather (first command to log), replicate (log to applied), confirm (a read's round).",
        "stage",
        Map.of(
            "gather", List.of(p.gathered()),
            "replicate", List.of(p.replicated()),
            "confirm", List.of(p.rounded())));
    metrics.counter("flotilla.keys.swept", "Expired keys removed by sweeps.", p::sweptKeys);

    RaftCounters r = member.raft().counters();
    metrics.counter("flotilla.raft.entries.applied", "Entries applied.", r.entriesApplied::sum);
    metrics.counter(
        "flotilla.raft.applied.bytes", "Bytes of entries applied.", r.bytesApplied::sum);
    metrics.counter("flotilla.raft.proposals", "Entries handed to Raft.", r.proposals::sum);
    metrics.counter(
        "flotilla.raft.proposals.refused", "Entries that Raft refused.", r.proposalsRefused::sum);
    metrics.gauge(
        "flotilla.raft.proposals.in.flight",
        "Entries without an outcome.",
        r.proposalsInFlight::sum);
    metrics.counter(
        "flotilla.raft.elections.won",
        "Times that a replica here became leader.",
        r.elections::sum);
    metrics.counter(
        "flotilla.raft.leaderships.lost",
        "Times that a replica here ceased to lead.",
        r.leadershipsLost::sum);
    metrics.counter(
        "flotilla.raft.watchdog.step.downs",
        "Leaders stepped down that heard no majority, or did not commit what one holds.",
        r.watchdogStepDowns::sum);
    metrics.counter("flotilla.snapshots.taken", "Snapshots written.", r.snapshotsTaken::sum);
    metrics.counter(
        "flotilla.snapshots.failed",
        "Snapshots that could not be written.",
        r.snapshotsFailed::sum);
    metrics.counter(
        "flotilla.snapshots.installed",
        "Snapshots received and loaded.",
        r.snapshotsInstalled::sum);
  }

  /** Registers the replicas that are here and not registered yet; again at each new view. */
  synchronized void shards(RunningNode.Member member, ClusterView view) {
    for (ClusterView.Shard shard : view.shards()) {
      if (member.shards().shard(shard.group()) != null && registered.add(shard.group())) {
        shard(member, shard);
      }
    }
  }

  private void shard(RunningNode.Member member, ClusterView.Shard shard) {
    String number = Integer.toString(shard.number());
    RaftHost raft = member.raft();
    metrics.gauge(
        "flotilla.shard.leading",
        "1 on the shard's leader.",
        () -> leading(raft, shard),
        "shard",
        number);
    metrics.gauge(
        "flotilla.shard.term",
        "The shard's Raft term here.",
        () -> log(raft, shard, ShardLog::currentTerm),
        "shard",
        number);
    metrics.gauge(
        "flotilla.shard.committed.index",
        "Highest index known committed.",
        () -> log(raft, shard, ShardLog::committedIndex),
        "shard",
        number);
    metrics.gauge(
        "flotilla.shard.applied.index",
        "Last index applied.",
        () -> log(raft, shard, l -> l.lastApplied().index()),
        "shard",
        number);
    metrics.gauge(
        "flotilla.shard.snapshot.index",
        "Index of the newest snapshot.",
        () -> snapshot(raft, shard),
        "shard",
        number);
    metrics.gauge(
        "flotilla.shard.commit.wait.seconds",
        "On the shard's leader: for how long entries have waited while none was committed.",
        () -> raft.waitsMillis(shard.group()) / 1000,
        "shard",
        number);
    checks(node.detector().counts(shard.group()), number);
    KeyCount keys = new KeyCount(member, shard);
    metrics.gauge("flotilla.shard.keys", "Keys in this replica.", keys::last, "shard", number);
  }

  private void checks(CheckCounts c, String shard) {
    Map<String, LongSupplier> outcomes =
        Map.of("agreed", c::agreed, "incomplete", c::incomplete, "disagreed", c::disagreed);
    outcomes.forEach((outcome, count) ->
        metrics.counter(
            "flotilla.shard.checks",
            "Comparisons of the shard's replicas that this node made as its leader: all agreed; some did not tell, the others agreed;"
                + " some disagreed.",
            count,
            "shard",
            shard,
            "outcome",
            outcome));
    metrics.gauge(
        "flotilla.shard.check.agreed.index",
        "Where in the log this node, as leader, last found all replicas alike; 0 if never.",
        c::agreedIndex,
        "shard",
        shard);
    metrics.gauge(
        "flotilla.shard.check.agreed.timestamp.seconds",
        "When that was, in Unix time; 0 if never.",
        () -> c.agreedMillis() / 1000,
        "shard",
        shard);
  }

  private static long leading(RaftHost raft, ClusterView.Shard shard) {
    return log(raft, shard, l -> l.isLeaderReady() ? 1 : 0);
  }

  private static long log(RaftHost raft, ClusterView.Shard shard, ToLongFunction<ShardLog> what) {
    ShardLog l = raft.log(shard.group());
    return l == null ? -1 : what.applyAsLong(l);
  }

  private static long snapshot(RaftHost raft, ClusterView.Shard shard) {
    GroupStatus status = raft.status(shard.group());
    return status == null ? -1 : status.snapshot();
  }

  /** The number that the machine said last; each look asks it anew, so it is one scrape old. */
  private static final class KeyCount {
    private final RunningNode.Member member;
    private final ClusterView.Shard shard;
    private volatile long last;

    KeyCount(RunningNode.Member member, ClusterView.Shard shard) {
      this.member = member;
      this.shard = shard;
    }

    long last() {
      ShardReplica replica = member.shards().shard(shard.group());
      if (replica != null) {
        CompletableFuture<?> unused = replica.onLoop(m -> m.keys()).thenAccept(n -> last = n);
      }
      return last;
    }
  }

  /** Registers what is there from the first moment on. */
  void node() {
    metrics.gauge(
        "flotilla.uptime.seconds", "Seconds since the process began.", node::uptimeSeconds);
    metrics.gauge(
        "flotilla.ready", "1 if clients are served.", () -> node.missing().isEmpty() ? 1 : 0);
    metrics.gauge(
        "flotilla.cluster.epoch",
        "The cluster's epoch as seen here.",
        () -> node.views().get().epoch());
    metrics.gauge(
        "flotilla.disk.total.bytes",
        "Size of the data directory's disk.",
        () -> node.disk().totalBytes());
    metrics.gauge("flotilla.disk.free.bytes", "Free space on it.", () -> node.disk().freeBytes());
    metrics.gauge(
        "flotilla.memory.live.bytes",
        "What the last collection has left of the heap.",
        () -> node.memory().liveBytes());
    metrics.gauge(
        "flotilla.memory.refuse.writes.bytes",
        "What must not be live before writes are refused.",
        () -> node.memory().markBytes());
    metrics.gauge(
        "flotilla.memory.writes.refused",
        "1 while writes are refused because too much is live.",
        () -> node.memory().isFull() ? 1 : 0);
  }

  String scrape() {
    return metrics.scrape();
  }

  @Override
  public void close() {
    metrics.close();
  }
}
