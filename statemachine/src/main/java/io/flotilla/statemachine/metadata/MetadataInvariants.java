package io.flotilla.statemachine.metadata;

import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Migration;
import io.flotilla.proto.metadata.MigrationPhase;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.OwnedSlots;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.proto.metadata.SlotRange;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * All that must hold of the metadata, in one place: of every state, and between a state and the
 * next.
 *
 * <p>Tests run it after every step, and {@link MetadataSnapshot} before it trusts a snapshot. It
 * works on the message of a state, not on the machine, so it shares no code with what it checks.
 */
public final class MetadataInvariants {
  private MetadataInvariants() {}

  /** Thrown when the metadata contradicts itself. */
  public static final class Broken extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    Broken(String what) {
      super(what);
    }
  }

  /** Checks one state. */
  public static void check(MetadataState state) {
    if (state.getClusterId().isEmpty()) {
      need(
          state.equals(MetadataState.getDefaultInstance()),
          "an unformed cluster has something in it");
      return;
    }
    need(state.getEpoch() >= 1, "epoch " + state.getEpoch());
    need(state.getFeatureLevel() >= 1, "feature level " + state.getFeatureLevel());
    need(state.getSettingsVersion() <= state.getVersion(), "the settings are newer than the state");

    Set<String> retired = new LinkedHashSet<>(state.getRetiredNodesList());
    need(retired.size() == state.getRetiredNodesCount(), "a retired id stands twice");
    Set<String> nodes = new LinkedHashSet<>();
    Set<String> names = new LinkedHashSet<>();
    int voters = 0;
    for (Node node : state.getNodesList()) {
      need(nodes.add(node.getId()), "node id " + node.getId() + " stands twice");
      need(names.add(node.getName()), "node name " + node.getName() + " stands twice");
      need(!retired.contains(node.getId()), "retired id " + node.getId() + " has come back");
      need(
          node.getFeatureLevel() >= state.getFeatureLevel(),
          "node " + node.getName() + " is below the feature level");
      voters += node.getMetadataVoter() ? 1 : 0;
    }
    need(voters >= 1 && voters <= MetadataLimits.MAX_METADATA_VOTERS, voters + " metadata voters");

    Map<Integer, Shard> shards = new LinkedHashMap<>();
    Map<String, Shard> shardsById = new LinkedHashMap<>();
    Set<String> groups = new LinkedHashSet<>();
    for (Shard shard : state.getShardsList()) {
      String name = "shard " + shard.getNumber();
      need(shards.put(shard.getNumber(), shard) == null, name + " stands twice");
      need(shardsById.put(shard.getId(), shard) == null, name + " has another's id");
      need(groups.add(shard.getGroupId()), name + " has another's group");
      need(shard.getReplicasCount() >= 1, name + " has no replica");
      need(
          new LinkedHashSet<>(shard.getReplicasList()).size() == shard.getReplicasCount(),
          name + " has a replica twice");
      need(nodes.containsAll(shard.getReplicasList()), name + " has a replica on no node");
      need(
          shard.getPreferredLeader().isEmpty()
              || shard.getReplicasList().contains(shard.getPreferredLeader()),
          name + " prefers a stranger");
      need(
          shard.getLeader().isEmpty() || shard.getReplicasList().contains(shard.getLeader()),
          name + " is led by a stranger");
      need(
          shard.getEpoch() >= 1 && shard.getEpoch() <= state.getEpoch(),
          name + " has epoch " + shard.getEpoch());
    }

    int next = 0;
    for (OwnedSlots owned : state.getSlotsList()) {
      SlotRange range = owned.getRange();
      need(range.getFirst() == next, "slot " + next + " has no owner, or two");
      need(range.getLast() >= range.getFirst(), "an empty range at slot " + range.getFirst());
      need(
          shards.containsKey(owned.getShardNumber()),
          "slot " + range.getFirst() + " is owned by no shard");
      need(
          owned.getEpoch() >= 1 && owned.getEpoch() <= state.getEpoch(),
          "slot epoch " + owned.getEpoch());
      next = range.getLast() + 1;
    }
    need(
        next == MetadataLimits.SLOTS,
        "slots from " + next + " on have no owner, or there are too many");

    Set<String> ended = new LinkedHashSet<>(state.getEndedMigrationsList());
    int[] owners = owners(state);
    Set<Integer> moving = new LinkedHashSet<>();
    for (Migration migration : state.getMigrationsList()) {
      String name = "migration " + migration.getId();
      need(!ended.contains(migration.getId()), name + " has ended and goes on");
      Shard from = shardsById.get(migration.getFromShard());
      Shard to = shardsById.get(migration.getToShard());
      if (from == null || to == null || from.equals(to)) {
        throw new Broken(name + " has no two shards");
      }
      int owner =
          migration.getPhase() == MigrationPhase.MIGRATION_PHASE_COMMITTED
              ? to.getNumber()
              : from.getNumber();
      for (SlotRange range : migration.getSlotsList()) {
        for (int slot = range.getFirst(); slot <= range.getLast(); slot++) {
          need(moving.add(slot), "slot " + slot + " is in two migrations");
          need(owners[slot] == owner, name + " does not fit the owner of slot " + slot);
        }
      }
    }
  }

  /** Checks what may change from one state to the next. */
  public static void checkStep(MetadataState before, MetadataState after) {
    check(after);
    need(after.getVersion() >= before.getVersion(), "the version went back");
    need(
        after.equals(before) == (after.getVersion() == before.getVersion()),
        "a change without a new version, or none with");
    need(after.getEpoch() >= before.getEpoch(), "the epoch went back");
    need(after.getFeatureLevel() >= before.getFeatureLevel(), "the feature level went back");
    need(
        before.getClusterId().isEmpty() || before.getClusterId().equals(after.getClusterId()),
        "the cluster id changed");
    need(
        new LinkedHashSet<>(after.getRetiredNodesList()).containsAll(before.getRetiredNodesList()),
        "a retired id was forgotten");

    Set<String> gone = new LinkedHashSet<>();
    before.getNodesList().forEach(n -> gone.add(n.getId()));
    after.getNodesList().forEach(n -> gone.remove(n.getId()));
    need(after.getRetiredNodesList().containsAll(gone), "a node left without being retired");

    Map<String, Shard> shards = new LinkedHashMap<>();
    after.getShardsList().forEach(s -> shards.put(s.getId(), s));
    for (Shard was : before.getShardsList()) {
      Shard is = shards.get(was.getId());
      if (is == null) {
        throw new Broken("shard " + was.getNumber() + " has vanished");
      }
      need(
          is.getNumber() == was.getNumber() && is.getGroupId().equals(was.getGroupId()),
          "a shard changed its names");
      need(is.getEpoch() >= was.getEpoch(), "the epoch of shard " + was.getNumber() + " went back");
      need(
          is.getLeaderTerm() >= was.getLeaderTerm(),
          "the term of shard " + was.getNumber() + " went back");
      need(
          is.getLeader().equals(was.getLeader()) || is.getEpoch() > was.getEpoch(),
          "shard " + was.getNumber() + " changed its leader within an epoch");
    }
    if (before.getClusterId().isEmpty()) {
      return;
    }
    int[] ownersBefore = owners(before);
    int[] ownersAfter = owners(after);
    for (int slot = 0; slot < MetadataLimits.SLOTS; slot++) {
      need(
          ownersBefore[slot] == ownersAfter[slot] || after.getEpoch() > before.getEpoch(),
          "slot " + slot + " changed its owner within an epoch");
    }
  }

  private static int[] owners(MetadataState state) {
    int[] owners = new int[MetadataLimits.SLOTS];
    for (OwnedSlots owned : state.getSlotsList()) {
      for (int slot = owned.getRange().getFirst(); slot <= owned.getRange().getLast(); slot++) {
        owners[slot] = owned.getShardNumber();
      }
    }
    return owners;
  }

  private static void need(boolean holds, String otherwise) {
    if (!holds) {
      throw new Broken(otherwise);
    }
  }
}
