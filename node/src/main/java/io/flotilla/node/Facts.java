package io.flotilla.node;

import io.flotilla.node.commands.NodeFacts;
import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.proposal.ShardReplica;
import io.flotilla.proto.admin.NodePhase;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.PutSetting;
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
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the node's commands are told of the node. */
final class Facts implements NodeFacts {
  /** How long CONFIG SET waits for the metadata group: several elections. */
  private static final Duration CHANGE_TIMEOUT = Duration.ofSeconds(10);

  private final RunningNode node;
  private final AtomicLong peakBytes = new AtomicLong();

  /** What the machines said last; asked again with every look, so it is a moment old. */
  private final Map<GroupId, Counts> counts = new ConcurrentHashMap<>();

  private record Counts(long keys, long keysWithDeadline, long machineTimeMillis) {}

  private static final Counts NOTHING = new Counts(0, 0, 0);

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
      CompletableFuture<?> unused =
          replica
              .onLoop(m -> new Counts(m.keys(), m.keysWithDeadline(), m.machineTimeMillis()))
              .thenAccept(c -> counts.put(shard.group(), c));
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
              c.machineTimeMillis()));
    }
    return replicas;
  }

  @Override
  public Memory memory() {
    long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    long peak = peakBytes.accumulateAndGet(used, Math::max);
    return new Memory(used, peak, residentBytes(), maxMemory());
  }

  private long maxMemory() {
    String value = node.views().get().settings().values().get("maxmemory");
    try {
      return value == null ? 0 : Long.parseLong(value);
    } catch (NumberFormatException e) {
      return 0;
    }
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
              done.accept(e == null ? problem(verdict) : String.valueOf(e.getMessage()));
              return null;
            });
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
