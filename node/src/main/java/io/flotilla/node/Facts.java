package io.flotilla.node;

import io.flotilla.node.commands.NodeFacts;
import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.proposal.ShardReplica;
import io.flotilla.proto.admin.NodePhase;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.PutSetting;
import io.flotilla.statemachine.apply.ShardMachine;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.metadata.Verdict;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the node's commands are told of the node. */
final class Facts implements NodeFacts {
  /** How long CONFIG SET waits for the metadata group: several elections. */
  private static final Duration CHANGE_TIMEOUT = Duration.ofSeconds(10);

  /** Between two looks whether a change is in force: well within a shard's own commit. */
  private static final Executor SOON = CompletableFuture.delayedExecutor(5, TimeUnit.MILLISECONDS);

  private final RunningNode node;
  private final AtomicLong peakBytes = new AtomicLong();

  /** What the machines said last; asked again with every look, and by who wants to be exact. */
  private final Map<GroupId, Counts> counts = new ConcurrentHashMap<>();

  private record Counts(
      long keys,
      long keysWithDeadline,
      long changesSinceSnapshot,
      long expiredKeys,
      long keyspaceHits,
      long keyspaceMisses,
      long machineTimeMillis) {
    static Counts of(ShardMachine machine) {
      return new Counts(
          machine.keys(),
          machine.keysWithDeadline(),
          machine.changesSinceSnapshot(),
          machine.expiredKeys(),
          machine.keyspaceHits(),
          machine.keyspaceMisses(),
          machine.machineTimeMillis());
    }
  }

  private static final Counts NOTHING = new Counts(0, 0, 0, 0, 0, 0, 0);

  Facts(RunningNode node) {
    this.node = node;
  }

  @Override
  public NodeId self() {
    return new NodeId(node.self().getId());
  }

  @Override
  public String version() {
    return RunningNode.VERSION;
  }

  @Override
  public long startedMillis() {
    return node.startedMillis();
  }

  @Override
  public String configFile() {
    return node.config().source();
  }

  @Override
  public boolean isLoading() {
    return node.phase() == NodePhase.NODE_PHASE_LOADING;
  }

  @Override
  public Health health(NodeId other) {
    if (other.equals(self())) {
      return isLoading() ? Health.LOADING : Health.ONLINE;
    }
    return node.isAlive(other) ? Health.ONLINE : Health.FAIL;
  }

  @Override
  public long lastHeardMillis(NodeId other) {
    return node.lastHeardMillis(other);
  }

  @Override
  public List<Link> links() {
    return node.peerLinks();
  }

  @Override
  public List<Replica> replicas() {
    RunningNode.Member member = node.member();
    List<Replica> replicas = new ArrayList<>();
    if (member == null) {
      return replicas;
    }
    for (ClusterView.Shard shard : node.views().get().shards()) {
      ShardReplica replica = member.shards().shard(shard.group());
      ShardLog log = member.raft().log(shard.group());
      if (replica == null || log == null) {
        continue;
      }
      CompletableFuture<?> unused = refresh(shard, replica);
      Counts c = counts.getOrDefault(shard.group(), NOTHING);
      replicas.add(
          new Replica(
              shard.id(),
              shard.number(),
              replica.isLeading(),
              log.currentTerm(),
              log.committedIndex(),
              log.lastApplied().index(),
              c.keys(),
              c.keysWithDeadline(),
              c.changesSinceSnapshot(),
              c.expiredKeys(),
              c.keyspaceHits(),
              c.keyspaceMisses(),
              c.machineTimeMillis()));
    }
    return replicas;
  }

  private CompletableFuture<?> refresh(ClusterView.Shard shard, ShardReplica replica) {
    return replica.onLoop(Counts::of).thenAccept(c -> counts.put(shard.group(), c));
  }

  @Override
  public CompletableFuture<?> refresh() {
    return ofAll(this::refresh);
  }

  @Override
  public CompletableFuture<?> resetCounts() {
    return ofAll((shard, replica) ->
        replica
            .onLoop(machine -> {
              machine.resetCounts();
              return Counts.of(machine);
            })
            .thenAccept(c -> counts.put(shard.group(), c)));
  }

  /** Done when this is done with each replica of this node. */
  private CompletableFuture<?> ofAll(
      BiFunction<ClusterView.Shard, ShardReplica, CompletableFuture<?>> each) {
    RunningNode.Member member = node.member();
    if (member == null) {
      return CompletableFuture.completedFuture(null);
    }
    List<CompletableFuture<?>> all = new ArrayList<>();
    for (ClusterView.Shard shard : node.views().get().shards()) {
      ShardReplica replica = member.shards().shard(shard.group());
      if (replica != null) {
        all.add(each.apply(shard, replica));
      }
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
  }

  @Override
  public Memory memory() {
    long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    long peak = peakBytes.accumulateAndGet(used, Math::max);
    MemoryGuard guard = node.memory();
    return new Memory(
        used,
        peak,
        residentBytes(),
        guard.maxMemoryBytes(),
        guard.liveBytes(),
        guard.markBytes(),
        guard.isFull());
  }

  /** What Linux counts; elsewhere what the JVM has taken. */
  private static long residentBytes() {
    try {
      String[] words =
          Files.readString(Path.of("/proc/self/statm"), StandardCharsets.US_ASCII).split(" ", 3);
      return Long.parseLong(words[1]) * 4096;
    } catch (IOException | NumberFormatException e) {
      return Runtime.getRuntime().totalMemory();
    }
  }

  @Override
  public void changeSettings(Map<String, String> changes, Consumer<@Nullable String> done) {
    RunningNode.Member member = node.member();
    if (member == null) {
      done.accept("the node belongs to no cluster yet");
      return;
    }
    PutSetting.Builder all = PutSetting.newBuilder();
    boolean first = true;
    for (Map.Entry<String, String> change : changes.entrySet()) {
      PutSetting.Builder one = first ? all : PutSetting.newBuilder();
      one.setName(change.getKey()).setValue(change.getValue());
      if (!first) {
        all.addMore(one);
      }
      first = false;
    }
    MetadataEntry entry = MetadataEntry.newBuilder().setPutSetting(all).build();
    CompletableFuture<?> unused =
        member
            .client()
            .change(entry, CHANGE_TIMEOUT)
            .handle((verdict, e) -> {
              String problem = e == null ? problem(verdict) : String.valueOf(e.getMessage());
              if (problem == null) {
                awaitInForce(member, verdict.version(), System.nanoTime(), done);
              } else {
                done.accept(problem);
              }
              return null;
            });
  }

  /**
   * Waits until every shard of this node goes by the settings of this version. What is committed in
   * the metadata group reaches a shard by an entry of its own log, some moments later; who has been
   * told that a setting is in force must not see his next command answered by the old one. A
   * replica that has applied the entry shows that it is committed, and so before whatever the
   * shard's leader takes from now on, wherever that is.
   */
  private void awaitInForce(
      RunningNode.Member member, long version, long sinceNanos, Consumer<@Nullable String> done) {
    CompletableFuture<?> unused =
        isInForce(member, version)
            .handle((yes, e) -> {
              if (e == null && yes) {
                done.accept(null);
              } else if (System.nanoTime() - sinceNanos > CHANGE_TIMEOUT.toNanos()) {
                done.accept("it is committed, but not yet in force on every shard of this node");
              } else {
                SOON.execute(() -> awaitInForce(member, version, sinceNanos, done));
              }
              return null;
            });
  }

  private CompletableFuture<Boolean> isInForce(RunningNode.Member member, long version) {
    ClusterView view = node.views().get();
    CompletableFuture<Boolean> all = CompletableFuture.completedFuture(view.version() >= version);
    long settings = view.settings().version();
    for (ClusterView.Shard shard : view.shards()) {
      ShardReplica replica = member.shards().shard(shard.group());
      if (replica != null) {
        all =
            all.thenCombine(
                replica.onLoop(ShardMachine::settingsVersion),
                (before, has) -> before && has >= settings);
      }
    }
    return all;
  }

  private static @Nullable String problem(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Applied a -> null;
      case Verdict.Already a -> null;
      case Verdict.Conflict c -> c.why();
      case Verdict.Invalid i -> i.why();
    };
  }

  @Override
  public void shutDown(boolean drain) {
    node.requestStop(drain ? "a client asked for it" : "a client asked for it, at once");
  }
}
