package io.flotilla.node.metadata;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardReplica;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Migration;
import io.flotilla.proto.metadata.OwnedSlots;
import io.flotilla.proto.metadata.Setting;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.metadata.MetadataLimits;
import io.flotilla.statemachine.metadata.MetadataMachine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what the metadata group has decided into the logs of the shards that this node leads:
 * beginning, slots, settings, feature level.
 *
 * <p>It runs on every node for the shards that it leads, not on the leader of the metadata group
 * for all: each node follows the metadata anyway, so the entry goes straight into the local log,
 * and no shard waits for a call between two leaders. A node that follows late feeds late, never
 * wrongly: every entry carries its version or epochs, and the machine ignores what is not newer.
 *
 * <p>Slots that take part in a migration are left alone: they come and go by its own entries.
 *
 * <p>One thread drives it ({@link #tick}); outcomes come back on the shards' loops.
 */
public final class ShardFeeder {
  private static final Logger log = LoggerFactory.getLogger(ShardFeeder.class);

  /**
   * What a machine has been given: nothing needs to be done while leadership and metadata stay the
   * same.
   */
  private record Fed(long term, long version) {}

  /** What a machine holds of all this. */
  private record Holding(
      boolean begun, List<Entry.SlotRange> owned, long settingsVersion, int featureLevel) {}

  /**
   * How long one feeding may take before it is given up and made anew: far above a few commits on a
   * busy disk. Without it a feeding whose end is never told would be the shard's last.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final MetadataGroup metadata;
  private final Map<GroupId, Fed> fed = new ConcurrentHashMap<>();
  private final Map<GroupId, Feeding> busy = new ConcurrentHashMap<>();

  /** A feeding under way; compared by identity. */
  private static final class Feeding {
    private final Fed what;
    private final long sinceNanos;

    private Feeding(Fed what, long sinceNanos) {
      this.what = what;
      this.sinceNanos = sinceNanos;
    }
  }

  public ShardFeeder(MetadataGroup metadata) {
    this.metadata = metadata;
  }

  /**
   * Looks at these shards, and feeds those that need it; the time is monotonic. Cheap where nothing
   * has changed.
   */
  public void tick(Collection<ShardReplica> shards, long nowNanos) {
    MetadataState state = metadata.state();
    if (state.getClusterId().isEmpty()) {
      return;
    }
    for (ShardReplica replica : shards) {
      GroupId group = replica.group();
      if (!replica.isLeading()) {
        fed.remove(group);
        continue;
      }
      var leader = replica.leader();
      Fed now = new Fed(leader == null ? -1 : leader.term(), state.getVersion());
      Feeding before = busy.get(group);
      if (before != null && nowNanos - before.sinceNanos >= PATIENCE.toNanos()) {
        log.info("group {}: nothing was heard of its feeding in {}", group, PATIENCE);
        busy.remove(group, before);
        before = null;
      }
      if (!now.equals(fed.get(group)) && before == null) {
        Feeding feeding = new Feeding(now, nowNanos);
        busy.put(group, feeding);
        feed(replica, state, feeding);
      }
    }
  }

  private void feed(ShardReplica replica, MetadataState state, Feeding feeding) {
    GroupId group = replica.group();
    Shard shard = shardOf(state, group);
    CompletableFuture<?> unused =
        replica
            .onLoop(
                m -> new Holding(m.hasBegun(), m.owned(), m.settingsVersion(), m.featureLevel()))
            .thenCompose(holding -> {
              CompletableFuture<?> last = CompletableFuture.completedFuture(null);
              for (Need need : shard == null ? List.<Need>of() : needs(state, shard, holding)) {
                log.info(
                    "shard {} of group {}: feeds {}",
                    shard == null ? -1 : shard.getNumber(),
                    group,
                    need.what());
                last = last.thenCompose(before -> replica.propose(need.entry()));
              }
              return last;
            })
            .whenComplete((done, e) -> {
              if (e != null) {
                log.info("group {}: could not be fed, will be again: {}", group, String.valueOf(e));
              } else if (feeding.equals(busy.get(group))) {
                fed.put(group, feeding.what);
              }
              busy.remove(group, feeding);
            });
  }

  private record Need(String what, LongFunction<Entry> entry) {}

  private static @Nullable Shard shardOf(MetadataState state, GroupId group) {
    for (Shard shard : state.getShardsList()) {
      if (shard.getGroupId().equals(group.toString())) {
        return shard;
      }
    }
    return null;
  }

  private static List<Need> needs(MetadataState state, Shard shard, Holding holding) {
    List<Need> needs = new ArrayList<>();
    if (!holding.begun()) {
      SipHash hash = new SipHash(state.getHashKey0(), state.getHashKey1());
      needs.add(new Need("its beginning", stamp -> new Entry.Genesis(stamp, hash)));
    }
    if (state.getFeatureLevel() > holding.featureLevel()) {
      int level = state.getFeatureLevel();
      needs.add(new Need("feature level " + level, stamp -> new Entry.Raise(stamp, level)));
    }
    if (state.getSettingsVersion() > holding.settingsVersion()) {
      SortedMap<String, String> settings = new TreeMap<>();
      for (Setting setting : state.getSettingsList()) {
        settings.put(setting.getName(), setting.getValue());
      }
      long version = state.getSettingsVersion();
      Map<String, String> values = Collections.unmodifiableSortedMap(settings);
      needs.add(
          new Need(
              "settings of version " + version, stamp -> new Entry.Settle(stamp, version, values)));
    }
    List<Entry.SlotRange> missing = missing(state, shard, holding.owned());
    if (!missing.isEmpty()) {
      int slots = missing.stream().mapToInt(r -> r.last() - r.first() + 1).sum();
      needs.add(new Need(slots + " slots", stamp -> new Entry.Own(stamp, missing)));
    }
    return needs;
  }

  /** The slots that the shard owns by the metadata and does not serve yet at that epoch. */
  static List<Entry.SlotRange> missing(
      MetadataState state, Shard shard, List<Entry.SlotRange> owned) {
    long[] has = new long[MetadataLimits.SLOTS];
    for (Entry.SlotRange range : owned) {
      java.util.Arrays.fill(has, range.first(), range.last() + 1, range.epoch());
    }
    for (Migration migration : state.getMigrationsList()) {
      migration
          .getSlotsList()
          .forEach(r -> java.util.Arrays.fill(has, r.getFirst(), r.getLast() + 1, Long.MAX_VALUE));
    }
    List<Entry.SlotRange> missing = new ArrayList<>();
    for (OwnedSlots wanted : state.getSlotsList()) {
      if (wanted.getShardNumber() != shard.getNumber()) {
        continue;
      }
      for (int slot = wanted.getRange().getFirst(); slot <= wanted.getRange().getLast(); slot++) {
        if (has[slot] >= wanted.getEpoch()) {
          continue;
        }
        Entry.SlotRange last = missing.isEmpty() ? null : missing.getLast();
        if (last != null && last.last() == slot - 1 && last.epoch() == wanted.getEpoch()) {
          missing.set(missing.size() - 1, new Entry.SlotRange(last.first(), slot, last.epoch()));
        } else {
          missing.add(new Entry.SlotRange(slot, slot, wanted.getEpoch()));
        }
      }
    }
    return missing;
  }

  static {
    // One number for both machines: the metadata's level is what shards are raised to.
    if (MetadataMachine.FEATURE_LEVEL
        != io.flotilla.statemachine.apply.ShardMachine.FEATURE_LEVEL) {
      throw new AssertionError("the two machines know different feature levels");
    }
  }
}
