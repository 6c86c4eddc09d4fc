package io.flotilla.node.metadata;

import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.metadata.Barrier;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.PreferLeaders;
import io.flotilla.proto.metadata.RaiseFeatureLevel;
import io.flotilla.proto.metadata.RecordLeader;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.statemachine.metadata.MetadataMachine;
import io.flotilla.statemachine.metadata.NodeId;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the leader of the metadata group does by itself: forms the cluster, writes down who leads,
 * spreads preferred leaders over the nodes that live, and raises the feature level when all know
 * it.
 *
 * <p>Stateless but for what it has seen of the nodes' health: each {@link #tick} looks at the state
 * and proposes at most one change, the most urgent; the next waits for its outcome, or after an
 * unknown one for a barrier, so that it is decided on a state that has seen it. A new leader starts
 * from the state alone. Every change is a compare-and-set, so two drivers that both think they lead
 * do no harm.
 *
 * <p>One thread: the metadata executor.
 */
public final class MetadataDriver {
  private static final Logger log = LoggerFactory.getLogger(MetadataDriver.class);

  private static final MetadataEntry BARRIER =
      MetadataEntry.newBuilder().setBarrier(Barrier.getDefaultInstance()).build();

  /** How often it looks: well below a failover, so that the epoch that is shown follows soon. */
  public static final Duration PERIOD = Duration.ofMillis(200);

  /**
   * How long a node must be silent before its shards prefer others; elections are much faster and
   * do not wait for this.
   */
  private static final Duration GONE_AFTER = Duration.ofSeconds(3);

  /**
   * How long a node must be there again before it is preferred: a node that comes and goes should
   * not drag leaders along.
   */
  private static final Duration BACK_AFTER = Duration.ofSeconds(3);

  /**
   * How long the outcome of a proposal is waited for: far above a commit on a busy disk. A proposal
   * may never hear of its outcome (see {@link io.flotilla.node.proposal.Proposal}).
   */
  static final Duration OUTCOME_PATIENCE = Duration.ofSeconds(10);

  private final MetadataGroup group;
  private final LeaderHints hints;
  private final Predicate<NodeId> isAlive;
  private final @Nullable FormationPlan plan;
  private final Map<String, Seen> seen = new HashMap<>();

  /** The proposal whose outcome is awaited; taken out by whoever concludes it first. */
  private final AtomicReference<@Nullable Pending> pending = new AtomicReference<>();

  /** Whether something proposed earlier may still be applied: next, a barrier is put behind it. */
  private volatile boolean unsure;

  /** A proposal on its way; compared by identity, for two may be of the same entry. */
  private static final class Pending {
    private final MetadataEntry entry;
    private final long sinceNanos;

    Pending(MetadataEntry entry, long sinceNanos) {
      this.entry = entry;
      this.sinceNanos = sinceNanos;
    }
  }

  /** Whether a node counts as usable, and since when it has looked otherwise (or -1). */
  private static final class Seen {
    private boolean usable = true;
    private long otherwiseSinceNanos = -1;
  }

  /**
   * A driver.
   *
   * @param isAlive whether a node answers now
   * @param plan how the cluster is formed, on its initial members
   */
  public MetadataDriver(
      MetadataGroup group,
      LeaderHints hints,
      Predicate<NodeId> isAlive,
      @Nullable FormationPlan plan) {
    this.group = group;
    this.hints = hints;
    this.isAlive = isAlive;
    this.plan = plan;
  }

  /** Looks, and proposes what is most urgent; the time is monotonic. */
  public void tick(long nowNanos) {
    if (!group.log().isLeaderReady()) {
      seen.clear();
      pending.set(null);
      return;
    }
    watchHealth(group.state(), nowNanos);
    Pending waits = pending.get();
    if (waits != null) {
      if (nowNanos - waits.sinceNanos >= OUTCOME_PATIENCE.toNanos()) {
        concluded(waits, new MetadataGroup.Outcome.Unknown("no outcome in " + OUTCOME_PATIENCE));
      }
      return;
    }
    MetadataEntry next = unsure ? BARRIER : next(group.state());
    if (next != null) {
      Pending proposed = new Pending(next, nowNanos);
      pending.set(proposed);
      group.propose(next, outcome -> concluded(proposed, outcome));
    }
  }

  private void concluded(Pending proposed, MetadataGroup.Outcome outcome) {
    if (!pending.compareAndSet(proposed, null)) {
      return; // It was given up, and what came of it is in the state.
    }
    MetadataEntry.ChangeCase what = proposed.entry.getChangeCase();
    switch (outcome) {
      case MetadataGroup.Outcome.Decided d -> {
        unsure = false;
        log.info("metadata: {} {}", what, d.verdict());
      }
      case MetadataGroup.Outcome.NotDone n -> log.info("metadata: {} not done: {}", what, n.why());
      case MetadataGroup.Outcome.Unknown u -> {
        unsure = true;
        log.info("metadata: {} unknown: {}", what, u.why());
      }
    }
  }

  private void watchHealth(MetadataState state, long nowNanos) {
    for (Node node : state.getNodesList()) {
      Seen s = seen.computeIfAbsent(node.getId(), n -> new Seen());
      boolean usableNow = !node.getDraining() && isAlive.test(new NodeId(node.getId()));
      if (usableNow == s.usable) {
        s.otherwiseSinceNanos = -1;
      } else if (s.otherwiseSinceNanos == -1) {
        s.otherwiseSinceNanos = nowNanos;
      } else if (node.getDraining()
          || nowNanos - s.otherwiseSinceNanos >= (s.usable ? GONE_AFTER : BACK_AFTER).toNanos()) {
        s.usable = usableNow;
        s.otherwiseSinceNanos = -1;
        log.info("node {} counts as {}", node.getName(), usableNow ? "usable" : "gone");
      }
    }
  }

  /** The most urgent change; null if all is as it should be. */
  @Nullable MetadataEntry next(MetadataState state) {
    if (state.getClusterId().isEmpty()) {
      return plan == null
          ? null
          : MetadataEntry.newBuilder().setFormCluster(plan.getCluster()).build();
    }
    for (Shard shard : state.getShardsList()) {
      LeaderHint hint = hints.leader(Views.group(shard));
      if (hint != null
          && hint.term() > shard.getLeaderTerm()
          && shard.getReplicasList().contains(hint.node().hex())) {
        return MetadataEntry.newBuilder()
            .setRecordLeader(
                RecordLeader.newBuilder()
                    .setShard(shard.getId())
                    .setTerm(hint.term())
                    .setNode(hint.node().hex()))
            .build();
      }
    }
    Set<String> usable = new LinkedHashSet<>();
    int level = MetadataMachine.FEATURE_LEVEL;
    for (Node node : state.getNodesList()) {
      Seen s = seen.get(node.getId());
      if (s == null || s.usable) {
        usable.add(node.getId());
      }
      level = Math.min(level, node.getFeatureLevel());
    }
    PreferLeaders.Builder preferences = PreferLeaders.newBuilder();
    Map<String, String> spread = PreferredLeaders.spread(state.getShardsList(), usable);
    for (Shard shard : state.getShardsList()) {
      String wanted = spread.get(shard.getId());
      if (wanted != null && !wanted.equals(shard.getPreferredLeader())) {
        preferences.addPreferences(
            PreferLeaders.Preference.newBuilder().setShard(shard.getId()).setNode(wanted));
      }
    }
    if (preferences.getPreferencesCount() > 0) {
      return MetadataEntry.newBuilder()
          .setIfVersion(state.getVersion())
          .setPreferLeaders(preferences)
          .build();
    }
    if (level > state.getFeatureLevel()) {
      return MetadataEntry.newBuilder()
          .setRaiseFeatureLevel(RaiseFeatureLevel.newBuilder().setLevel(level))
          .build();
    }
    return null;
  }
}
