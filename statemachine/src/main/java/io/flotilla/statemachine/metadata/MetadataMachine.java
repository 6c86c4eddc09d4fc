package io.flotilla.statemachine.metadata;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.metadata.AddShard;
import io.flotilla.proto.metadata.BeginMigration;
import io.flotilla.proto.metadata.ChangeMetadataVoter;
import io.flotilla.proto.metadata.DecideMigration;
import io.flotilla.proto.metadata.EndMigration;
import io.flotilla.proto.metadata.FormCluster;
import io.flotilla.proto.metadata.Library;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Migration;
import io.flotilla.proto.metadata.MigrationPhase;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.OwnedSlots;
import io.flotilla.proto.metadata.PreferLeaders;
import io.flotilla.proto.metadata.PutLibrary;
import io.flotilla.proto.metadata.PutSetting;
import io.flotilla.proto.metadata.PutUser;
import io.flotilla.proto.metadata.RaiseFeatureLevel;
import io.flotilla.proto.metadata.RecordLeader;
import io.flotilla.proto.metadata.RegisterNode;
import io.flotilla.proto.metadata.ReplaceReplica;
import io.flotilla.proto.metadata.RetireNode;
import io.flotilla.proto.metadata.Setting;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.proto.metadata.SlotRange;
import io.flotilla.proto.metadata.UpdateNode;
import io.flotilla.proto.metadata.User;
import io.flotilla.statemachine.bytes.SipHash;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The machine of the metadata group: the only authority on which nodes and shards there are, and
 * which shard owns which slot.
 *
 * <p>It keeps the law of all machines here (ARCHITECTURE §2): the verdict on entry <i>i</i> and the
 * state after it are a pure function of the state before and the bytes of the entry. It reads no
 * clock and no dice; ids and group names are chosen by who proposes, and checked here for not
 * having been used before.
 *
 * <pre>
 *   cluster id, feature level
 *   epoch ────────── grows by one with every change of an owner or of a recorded leader
 *   nodes            id → names and endpoints          retired: ids that never come back
 *   shards           number → id, group, replicas, preferred and recorded leader, epoch
 *   owner[16384]     slot → shard number               ownerEpoch[16384]: since when
 *   migrations       id → slots, from, to, COPY | COMMITTED | ABORTED
 *   settings, users, libraries
 * </pre>
 *
 * <p><b>Change.</b> An entry is one change. It is checked wholly, then done wholly, and answers a
 * {@link Verdict}. Every change is idempotent: asked again it is {@code Already}; where two
 * proposers may want different things it is a compare-and-set, on the object (owner = from, phase =
 * COPY, replica = old) or on the whole state ({@code if_version}).
 *
 * <p><b>Invariants</b> are in {@link MetadataInvariants}, and are asserted after every step in
 * tests.
 *
 * <p>One thread: the metadata group's loop.
 */
public final class MetadataMachine {
  /** The highest feature level that this program knows. */
  public static final int FEATURE_LEVEL = 1;

  /** Hears what CHECK entries find, while they are applied. */
  @FunctionalInterface
  public interface Checks {
    /**
     * The digest of the state after exactly this entry.
     *
     * @param digest hexadecimal digits, equal on replicas whose states are equal
     */
    void found(long checkId, long index, String digest);
  }

  private final Checks checks;
  private String clusterId = "";
  private long version;
  private long epoch;
  private int featureLevel;
  private long hashKey0;
  private long hashKey1;
  private final NavigableMap<String, Node> nodes = new TreeMap<>();
  private final SortedSet<String> retiredNodes = new TreeSet<>();
  private final NavigableMap<Integer, Shard> shards = new TreeMap<>();
  private final SlotOwners slots = new SlotOwners();
  private final NavigableMap<String, Migration> migrations = new TreeMap<>();
  private final LinkedHashSet<String> endedMigrations = new LinkedHashSet<>();
  private final NavigableMap<String, String> settings = new TreeMap<>();
  private long settingsVersion;
  private final NavigableMap<String, User> users = new TreeMap<>();
  private final NavigableMap<String, Library> libraries = new TreeMap<>();

  /** A machine before the cluster is formed, whose checks nobody hears. */
  public MetadataMachine() {
    this((checkId, index, digest) -> {});
  }

  /** A machine before the cluster is formed. */
  public MetadataMachine(Checks checks) {
    this.checks = checks;
  }

  /**
   * Applies the entry at this index.
   *
   * @throws IllegalStateException if the entry is of a kind that this program does not know: the
   *     feature level should have kept it out of the log, so this replica must not go on
   */
  public Verdict apply(long index, ByteBuffer entry) {
    MetadataEntry decoded;
    try {
      decoded = MetadataEntry.parseFrom(entry);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(
          "metadata entry " + index + " cannot be read: " + e.getMessage(), e);
    }
    return apply(index, decoded);
  }

  /** Applies a decoded entry; see {@link #apply(long, ByteBuffer)}. */
  public Verdict apply(long index, MetadataEntry entry) {
    if (entry.getIfVersion() != 0 && entry.getIfVersion() != version) {
      return conflict(
          "the metadata has changed: version " + version + ", not " + entry.getIfVersion());
    }
    return switch (entry.getChangeCase()) {
      case BARRIER -> already();
      case CHECK -> check(index, entry.getCheck().getId());
      case FORM_CLUSTER -> form(index, entry.getFormCluster());
      case REGISTER_NODE -> formed() ? register(index, entry.getRegisterNode()) : unformed();
      case UPDATE_NODE -> formed() ? update(index, entry.getUpdateNode()) : unformed();
      case REPLACE_REPLICA ->
          formed() ? replaceReplica(index, entry.getReplaceReplica()) : unformed();
      case CHANGE_METADATA_VOTER ->
          formed() ? changeVoter(index, entry.getChangeMetadataVoter()) : unformed();
      case RETIRE_NODE -> formed() ? retire(index, entry.getRetireNode()) : unformed();
      case ADD_SHARD -> formed() ? addShard(index, entry.getAddShard()) : unformed();
      case RECORD_LEADER -> formed() ? recordLeader(index, entry.getRecordLeader()) : unformed();
      case PREFER_LEADERS -> formed() ? preferLeaders(index, entry.getPreferLeaders()) : unformed();
      case PUT_SETTING -> formed() ? putSetting(index, entry.getPutSetting()) : unformed();
      case RAISE_FEATURE_LEVEL ->
          formed() ? raiseLevel(index, entry.getRaiseFeatureLevel()) : unformed();
      case BEGIN_MIGRATION ->
          formed() ? beginMigration(index, entry.getBeginMigration()) : unformed();
      case DECIDE_MIGRATION ->
          formed() ? decideMigration(index, entry.getDecideMigration()) : unformed();
      case END_MIGRATION -> formed() ? endMigration(index, entry.getEndMigration()) : unformed();
      case PUT_USER -> formed() ? putUser(index, entry.getPutUser()) : unformed();
      case PUT_LIBRARY -> formed() ? putLibrary(index, entry.getPutLibrary()) : unformed();
      case CHANGE_NOT_SET ->
          throw new IllegalStateException(
              "metadata entry "
                  + index
                  + " is of a kind that feature level "
                  + FEATURE_LEVEL
                  + " does not know");
    };
  }

  private Verdict check(long index, long checkId) {
    checks.found(checkId, index, MetadataSnapshot.digest(state()));
    return already();
  }

  // Formation

  private Verdict form(long index, FormCluster ask) {
    if (formed()) {
      return clusterId.equals(ask.getClusterId())
          ? already()
          : conflict("this is cluster " + clusterId + " already, not " + ask.getClusterId());
    }
    if (!isId(ask.getClusterId())) {
      return invalid("a cluster id is 40 lower-case hexadecimal digits");
    }
    if (ask.getNodesCount() == 0 || ask.getNodesCount() > MetadataLimits.MAX_NODES) {
      return invalid("a cluster is formed of 1 to " + MetadataLimits.MAX_NODES + " nodes");
    }
    Set<String> ids = new LinkedHashSet<>();
    Set<String> names = new LinkedHashSet<>();
    int voters = 0;
    for (Node node : ask.getNodesList()) {
      String bad = badNode(node);
      if (bad != null) {
        return invalid(bad);
      }
      if (!ids.add(node.getId()) || !names.add(node.getName())) {
        return invalid("two nodes have one id or one name");
      }
      voters += node.getMetadataVoter() ? 1 : 0;
    }
    if (voters == 0 || voters > MetadataLimits.MAX_METADATA_VOTERS) {
      return invalid(
          "the metadata group has 1 to " + MetadataLimits.MAX_METADATA_VOTERS + " voters");
    }
    if (ask.getShardsCount() == 0 || ask.getShardsCount() > MetadataLimits.MAX_SHARDS) {
      return invalid("a cluster is formed of 1 to " + MetadataLimits.MAX_SHARDS + " shards");
    }
    Set<Integer> numbers = new LinkedHashSet<>();
    Set<String> shardIds = new LinkedHashSet<>();
    for (Shard shard : ask.getShardsList()) {
      String bad = badShard(shard, ids);
      if (bad != null) {
        return invalid(bad);
      }
      if (!numbers.add(shard.getNumber())
          || !shardIds.add(shard.getId())
          || !shardIds.add(shard.getGroupId())) {
        return invalid("two shards have one id, one number or one group");
      }
    }
    SlotOwners owners = new SlotOwners();
    for (OwnedSlots owned : ask.getSlotsList()) {
      SlotRange range = owned.getRange();
      if (badRange(range) || !numbers.contains(owned.getShardNumber())) {
        return invalid(
            "slots "
                + range.getFirst()
                + " to "
                + range.getLast()
                + " have no such shard, or are no slots");
      }
      if (!owners.isFree(range)) {
        return invalid("slots " + range.getFirst() + " to " + range.getLast() + " have two owners");
      }
      owners.assign(range, owned.getShardNumber(), 1);
    }
    if (owners.assigned() != MetadataLimits.SLOTS) {
      return invalid(
          "only " + owners.assigned() + " of " + MetadataLimits.SLOTS + " slots have an owner");
    }
    if (ask.getFeatureLevel() < 1
        || ask.getNodesList().stream().anyMatch(n -> n.getFeatureLevel() < ask.getFeatureLevel())) {
      return invalid("the feature level is above a node's");
    }

    clusterId = ask.getClusterId();
    epoch = 1;
    featureLevel = ask.getFeatureLevel();
    hashKey0 = ask.getHashKey0();
    hashKey1 = ask.getHashKey1();
    ask.getNodesList().forEach(n -> nodes.put(n.getId(), n));
    ask.getShardsList()
        .forEach(s ->
            shards.put(
                s.getNumber(), s.toBuilder().setEpoch(1).clearLeader().clearLeaderTerm().build()));
    slots.copyFrom(owners);
    return applied(index);
  }

  // Nodes

  private Verdict register(long index, RegisterNode ask) {
    Node node = ask.getNode().toBuilder().setMetadataVoter(false).build();
    String bad = badNode(node);
    if (bad != null) {
      return invalid(bad);
    }
    if (retiredNodes.contains(node.getId())) {
      return conflict("node id " + node.getId() + " is retired and never used again");
    }
    Node known = nodes.get(node.getId());
    if (known != null) {
      return known.toBuilder().setMetadataVoter(false).build().equals(node)
          ? already()
          : conflict("node " + node.getId() + " is registered with other names or endpoints");
    }
    String namesake = nodeNamed(node.getName());
    if (!node.getReplaces().isEmpty() && !nodes.containsKey(node.getReplaces())) {
      return conflict("no node " + node.getReplaces() + " to replace");
    }
    for (Node other : nodes.values()) {
      if (!node.getReplaces().isEmpty() && other.getReplaces().equals(node.getReplaces())) {
        return conflict("node " + other.getName() + " replaces " + node.getReplaces() + " already");
      }
    }
    if (namesake != null && !namesake.equals(node.getReplaces())) {
      return conflict("the name " + node.getName() + " is taken by node " + namesake);
    }
    if (nodes.size() >= MetadataLimits.MAX_NODES) {
      return conflict("a cluster has at most " + MetadataLimits.MAX_NODES + " nodes");
    }
    if (node.getFeatureLevel() < featureLevel) {
      return conflict(
          "the node knows feature level "
              + node.getFeatureLevel()
              + ", the cluster is at "
              + featureLevel);
    }
    if (namesake != null) {
      Node old = requireNode(namesake);
      String name = old.getName() + "~" + old.getId().substring(0, 8);
      nodes.put(old.getId(), old.toBuilder().setName(name).build());
    }
    nodes.put(node.getId(), node);
    return applied(index);
  }

  private Verdict update(long index, UpdateNode ask) {
    Node node = ask.getNode();
    String bad = badNode(node);
    if (bad != null) {
      return invalid(bad);
    }
    Node known = nodes.get(node.getId());
    if (known == null) {
      return conflict("no node " + node.getId());
    }
    Node next =
        node.toBuilder()
            .setMetadataVoter(known.getMetadataVoter())
            .setReplaces(known.getReplaces())
            .build();
    if (next.equals(known)) {
      return already();
    }
    String holder = nodeNamed(node.getName());
    if (holder != null && !holder.equals(node.getId())) {
      return conflict("the name " + node.getName() + " is taken by node " + holder);
    }
    if (node.getFeatureLevel() < featureLevel) {
      return conflict(
          "the node knows feature level "
              + node.getFeatureLevel()
              + ", the cluster is at "
              + featureLevel);
    }
    nodes.put(node.getId(), next);
    return applied(index);
  }

  private Verdict changeVoter(long index, ChangeMetadataVoter ask) {
    Node known = nodes.get(ask.getNode());
    if (known == null) {
      return conflict("no node " + ask.getNode());
    }
    if (known.getMetadataVoter() == ask.getVoter()) {
      return already();
    }
    long voters = nodes.values().stream().filter(Node::getMetadataVoter).count();
    if (ask.getVoter() && voters >= MetadataLimits.MAX_METADATA_VOTERS) {
      return conflict("the metadata group has " + voters + " voters already");
    }
    if (!ask.getVoter() && voters == 1) {
      return conflict("the metadata group cannot lose its last voter");
    }
    nodes.put(known.getId(), known.toBuilder().setMetadataVoter(ask.getVoter()).build());
    return applied(index);
  }

  private Verdict retire(long index, RetireNode ask) {
    if (retiredNodes.contains(ask.getNode())) {
      return already();
    }
    Node known = nodes.get(ask.getNode());
    if (known == null) {
      return conflict("no node " + ask.getNode());
    }
    if (known.getMetadataVoter()) {
      return conflict("node " + known.getName() + " votes in the metadata group");
    }
    for (Shard shard : shards.values()) {
      if (shard.getReplicasList().contains(known.getId())) {
        return conflict("node " + known.getName() + " is a replica of shard " + shard.getNumber());
      }
    }
    nodes.remove(known.getId());
    retiredNodes.add(known.getId());
    return applied(index);
  }

  // Shards

  private Verdict addShard(long index, AddShard ask) {
    Shard shard = ask.getShard().toBuilder().clearLeader().clearLeaderTerm().clearEpoch().build();
    String bad = badShard(shard, nodes.keySet());
    if (bad != null) {
      return invalid(bad);
    }
    for (Shard known : shards.values()) {
      boolean sameId = known.getId().equals(shard.getId());
      boolean sameGroup = known.getGroupId().equals(shard.getGroupId());
      boolean sameNumber = known.getNumber() == shard.getNumber();
      if (sameId && sameGroup && sameNumber) {
        return already();
      }
      if (sameId || sameGroup || sameNumber) {
        return conflict("shard " + known.getNumber() + " has that id, number or group");
      }
    }
    if (shards.size() >= MetadataLimits.MAX_SHARDS) {
      return conflict("a cluster has at most " + MetadataLimits.MAX_SHARDS + " shards");
    }
    epoch++;
    shards.put(shard.getNumber(), shard.toBuilder().setEpoch(epoch).build());
    return applied(index);
  }

  private Verdict replaceReplica(long index, ReplaceReplica ask) {
    Shard shard = shardOfId(ask.getShard());
    if (shard == null) {
      return conflict("no shard " + ask.getShard());
    }
    if (!nodes.containsKey(ask.getNewNode())) {
      return conflict("no node " + ask.getNewNode());
    }
    boolean hasOld = shard.getReplicasList().contains(ask.getOldNode());
    boolean hasNew = shard.getReplicasList().contains(ask.getNewNode());
    if (!hasOld && hasNew) {
      return already();
    }
    if (!hasOld || hasNew) {
      return conflict("shard " + shard.getNumber() + " does not stand between these two replicas");
    }
    Shard.Builder next = shard.toBuilder();
    next.setReplicas(shard.getReplicasList().indexOf(ask.getOldNode()), ask.getNewNode());
    if (shard.getPreferredLeader().equals(ask.getOldNode())) {
      next.setPreferredLeader(ask.getNewNode());
    }
    if (shard.getLeader().equals(ask.getOldNode())) {
      epoch++;
      next.clearLeader().setEpoch(epoch);
    }
    shards.put(shard.getNumber(), next.build());
    return applied(index);
  }

  private Verdict recordLeader(long index, RecordLeader ask) {
    Shard shard = shardOfId(ask.getShard());
    if (shard == null) {
      return conflict("no shard " + ask.getShard());
    }
    if (!shard.getReplicasList().contains(ask.getNode())) {
      return conflict("node " + ask.getNode() + " is no replica of shard " + shard.getNumber());
    }
    if (ask.getTerm() < shard.getLeaderTerm()) {
      return conflict("term " + shard.getLeaderTerm() + " is recorded already");
    }
    if (ask.getTerm() == shard.getLeaderTerm() && !shard.getLeader().isEmpty()) {
      return ask.getNode().equals(shard.getLeader())
          ? already()
          : conflict("another leader is recorded for term " + ask.getTerm());
    }
    Shard.Builder next = shard.toBuilder().setLeader(ask.getNode()).setLeaderTerm(ask.getTerm());
    if (!ask.getNode().equals(shard.getLeader())) {
      epoch++;
      next.setEpoch(epoch);
    }
    shards.put(shard.getNumber(), next.build());
    return applied(index);
  }

  private Verdict preferLeaders(long index, PreferLeaders ask) {
    List<Shard> next = new ArrayList<>();
    Set<String> seen = new LinkedHashSet<>();
    for (PreferLeaders.Preference preference : ask.getPreferencesList()) {
      Shard shard = shardOfId(preference.getShard());
      if (shard == null) {
        return conflict("no shard " + preference.getShard());
      }
      if (!shard.getReplicasList().contains(preference.getNode())) {
        return conflict(
            "node " + preference.getNode() + " is no replica of shard " + shard.getNumber());
      }
      if (!seen.add(shard.getId())) {
        return invalid("shard " + shard.getNumber() + " is named twice");
      }
      if (!shard.getPreferredLeader().equals(preference.getNode())) {
        next.add(shard.toBuilder().setPreferredLeader(preference.getNode()).build());
      }
    }
    if (next.isEmpty()) {
      return already();
    }
    next.forEach(s -> shards.put(s.getNumber(), s));
    return applied(index);
  }

  // Settings, level, users, libraries

  private Verdict putSetting(long index, PutSetting ask) {
    List<PutSetting> changes = new ArrayList<>();
    changes.add(ask);
    changes.addAll(ask.getMoreList());
    boolean same = true;
    int added = 0;
    for (PutSetting change : changes) {
      if (badName(change.getName()) || bytes(change.getValue()) > MetadataLimits.MAX_VALUE_BYTES) {
        return invalid("the setting's name or value is empty or too long");
      }
      String now = settings.get(change.getName());
      same &= change.hasValue() ? change.getValue().equals(now) : now == null;
      added += change.hasValue() && now == null ? 1 : 0;
    }
    if (same) {
      return already();
    }
    if (ask.getIfSettingsVersion() != 0 && ask.getIfSettingsVersion() != settingsVersion) {
      return conflict(
          "the settings have changed: version "
              + settingsVersion
              + ", not "
              + ask.getIfSettingsVersion());
    }
    if (added > 0 && settings.size() + added > MetadataLimits.MAX_OBJECTS) {
      return conflict("there are " + settings.size() + " settings already");
    }
    for (PutSetting change : changes) {
      if (change.hasValue()) {
        settings.put(change.getName(), change.getValue());
      } else {
        settings.remove(change.getName());
      }
    }
    settingsVersion = index;
    return applied(index);
  }

  private Verdict raiseLevel(long index, RaiseFeatureLevel ask) {
    if (ask.getLevel() <= featureLevel) {
      return already();
    }
    for (Node node : nodes.values()) {
      if (node.getFeatureLevel() < ask.getLevel()) {
        return conflict(
            "node " + node.getName() + " knows feature level " + node.getFeatureLevel() + " only");
      }
    }
    featureLevel = ask.getLevel();
    return applied(index);
  }

  private Verdict putUser(long index, PutUser ask) {
    if (badName(ask.getName()) || ask.getRules().size() > MetadataLimits.MAX_VALUE_BYTES) {
      return invalid("the user's name is empty, or its name or rules are too long");
    }
    User now = users.get(ask.getName());
    boolean same =
        ask.hasRules() ? now != null && now.getRules().equals(ask.getRules()) : now == null;
    if (same) {
      return already();
    }
    if (ask.getIfUserVersion() != 0
        && (now == null || ask.getIfUserVersion() != now.getVersion())) {
      return conflict("the user has changed since version " + ask.getIfUserVersion());
    }
    if (now == null && users.size() >= MetadataLimits.MAX_OBJECTS) {
      return conflict("there are " + users.size() + " users already");
    }
    if (ask.hasRules()) {
      users.put(
          ask.getName(),
          User.newBuilder()
              .setName(ask.getName())
              .setRules(ask.getRules())
              .setVersion(index)
              .build());
    } else {
      users.remove(ask.getName());
    }
    return applied(index);
  }

  private Verdict putLibrary(long index, PutLibrary ask) {
    if (badName(ask.getName()) || ask.getCode().size() > MetadataLimits.MAX_LIBRARY_BYTES) {
      return invalid("the library's name is empty, or its name or code is too long");
    }
    Library now = libraries.get(ask.getName());
    boolean same = ask.hasCode() ? now != null && now.getCode().equals(ask.getCode()) : now == null;
    if (same) {
      return already();
    }
    if (ask.getIfLibraryVersion() != 0
        && (now == null || ask.getIfLibraryVersion() != now.getVersion())) {
      return conflict("the library has changed since version " + ask.getIfLibraryVersion());
    }
    if (now == null && libraries.size() >= MetadataLimits.MAX_OBJECTS) {
      return conflict("there are " + libraries.size() + " libraries already");
    }
    if (ask.hasCode()) {
      libraries.put(
          ask.getName(),
          Library.newBuilder()
              .setName(ask.getName())
              .setCode(ask.getCode())
              .setVersion(index)
              .build());
    } else {
      libraries.remove(ask.getName());
    }
    return applied(index);
  }

  // Migrations (ARCHITECTURE §9, steps 1, 7 and 10)

  private Verdict beginMigration(long index, BeginMigration ask) {
    if (ask.getId().isEmpty() || bytes(ask.getId()) > MetadataLimits.MAX_MIGRATION_ID_BYTES) {
      return invalid(
          "a migration's id has 1 to " + MetadataLimits.MAX_MIGRATION_ID_BYTES + " bytes");
    }
    Migration known = migrations.get(ask.getId());
    if (known != null) {
      boolean same =
          known.getSlotsList().equals(ask.getSlotsList())
              && known.getFromShard().equals(ask.getFromShard())
              && known.getToShard().equals(ask.getToShard());
      return same ? already() : conflict("migration " + ask.getId() + " moves other slots");
    }
    if (endedMigrations.contains(ask.getId())) {
      return conflict("migration " + ask.getId() + " has ended; its id is not used again");
    }
    Shard from = shardOfId(ask.getFromShard());
    Shard to = shardOfId(ask.getToShard());
    if (from == null || to == null) {
      return conflict("no shard " + (from == null ? ask.getFromShard() : ask.getToShard()));
    }
    if (from.getNumber() == to.getNumber() || ask.getSlotsCount() == 0) {
      return invalid("a migration moves at least one slot to another shard");
    }
    boolean[] named = new boolean[MetadataLimits.SLOTS];
    for (SlotRange range : ask.getSlotsList()) {
      if (badRange(range)) {
        return invalid("slots " + range.getFirst() + " to " + range.getLast() + " are no slots");
      }
      for (int slot = range.getFirst(); slot <= range.getLast(); slot++) {
        if (named[slot]) {
          return invalid("slot " + slot + " is named twice");
        }
        named[slot] = true;
        if (slots.owner(slot) != from.getNumber()) {
          return conflict("slot " + slot + " is not owned by shard " + from.getNumber());
        }
      }
    }
    for (Migration other : migrations.values()) {
      for (SlotRange range : other.getSlotsList()) {
        for (int slot = range.getFirst(); slot <= range.getLast(); slot++) {
          if (named[slot]) {
            return conflict("slot " + slot + " is in migration " + other.getId());
          }
        }
      }
    }
    if (migrations.size() >= MetadataLimits.MAX_MIGRATIONS) {
      return conflict(migrations.size() + " migrations are under way");
    }
    migrations.put(
        ask.getId(),
        Migration.newBuilder()
            .setId(ask.getId())
            .addAllSlots(ask.getSlotsList())
            .setFromShard(ask.getFromShard())
            .setToShard(ask.getToShard())
            .setPhase(MigrationPhase.MIGRATION_PHASE_COPY)
            .setEpoch(epoch)
            .build());
    return applied(index);
  }

  private Verdict decideMigration(long index, DecideMigration ask) {
    Migration known = migrations.get(ask.getId());
    if (known == null) {
      return conflict("no migration " + ask.getId() + " is under way");
    }
    MigrationPhase asked =
        ask.getCommit()
            ? MigrationPhase.MIGRATION_PHASE_COMMITTED
            : MigrationPhase.MIGRATION_PHASE_ABORTED;
    if (known.getPhase() == asked) {
      return already();
    }
    if (known.getPhase() != MigrationPhase.MIGRATION_PHASE_COPY) {
      return conflict("migration " + ask.getId() + " is decided otherwise");
    }
    if (ask.getCommit()) {
      Shard from = requireShard(known.getFromShard());
      Shard to = requireShard(known.getToShard());
      epoch++;
      for (SlotRange range : known.getSlotsList()) {
        slots.assign(range, to.getNumber(), epoch);
      }
      shards.put(from.getNumber(), from.toBuilder().setEpoch(epoch).build());
      shards.put(to.getNumber(), to.toBuilder().setEpoch(epoch).build());
    }
    migrations.put(ask.getId(), known.toBuilder().setPhase(asked).setEpoch(epoch).build());
    return applied(index);
  }

  private Verdict endMigration(long index, EndMigration ask) {
    if (endedMigrations.contains(ask.getId())) {
      return already();
    }
    Migration known = migrations.get(ask.getId());
    if (known == null) {
      return conflict("no migration " + ask.getId() + " is under way");
    }
    if (known.getPhase() == MigrationPhase.MIGRATION_PHASE_COPY) {
      return conflict("migration " + ask.getId() + " is not decided");
    }
    migrations.remove(ask.getId());
    endedMigrations.add(ask.getId());
    if (endedMigrations.size() > MetadataLimits.MAX_ENDED_MIGRATIONS) {
      endedMigrations.removeFirst();
    }
    return applied(index);
  }

  // What stands

  /** Whether a cluster has been formed. */
  public boolean formed() {
    return !clusterId.isEmpty();
  }

  /** The cluster's id; empty before it is formed. */
  public String clusterId() {
    return clusterId;
  }

  /** The index of the last entry that changed anything. */
  public long version() {
    return version;
  }

  /** The cluster's current epoch. */
  public long epoch() {
    return epoch;
  }

  /** The feature level that the cluster has switched to. */
  public int featureLevel() {
    return featureLevel;
  }

  /** The key of the hash by which all shards place their keys; fixed at formation. */
  public SipHash hash() {
    return new SipHash(hashKey0, hashKey1);
  }

  /** Nodes by id. */
  public NavigableMap<String, Node> nodes() {
    return Collections.unmodifiableNavigableMap(nodes);
  }

  /** The ids that never come back. */
  public SortedSet<String> retiredNodes() {
    return Collections.unmodifiableSortedSet(retiredNodes);
  }

  /** Shards by number. */
  public NavigableMap<Integer, Shard> shards() {
    return Collections.unmodifiableNavigableMap(shards);
  }

  /** The owner of each slot. */
  public SlotOwners slots() {
    return slots;
  }

  /** Migrations under way, by id. */
  public NavigableMap<String, Migration> migrations() {
    return Collections.unmodifiableNavigableMap(migrations);
  }

  /** Settings by name. */
  public NavigableMap<String, String> settings() {
    return Collections.unmodifiableNavigableMap(settings);
  }

  /** The index of the last entry that changed a setting. */
  public long settingsVersion() {
    return settingsVersion;
  }

  /** Users by name. */
  public NavigableMap<String, User> users() {
    return Collections.unmodifiableNavigableMap(users);
  }

  /** Function libraries by name. */
  public NavigableMap<String, Library> libraries() {
    return Collections.unmodifiableNavigableMap(libraries);
  }

  // Snapshots

  /** The whole state in one message, equal states in equal bytes. */
  public MetadataState state() {
    MetadataState.Builder b =
        MetadataState.newBuilder()
            .setClusterId(clusterId)
            .setVersion(version)
            .setEpoch(epoch)
            .setFeatureLevel(featureLevel)
            .setHashKey0(hashKey0)
            .setHashKey1(hashKey1)
            .addAllNodes(nodes.values())
            .addAllShards(shards.values())
            .addAllSlots(slots.ranges())
            .addAllMigrations(migrations.values())
            .setSettingsVersion(settingsVersion)
            .addAllUsers(users.values())
            .addAllLibraries(libraries.values())
            .addAllRetiredNodes(retiredNodes)
            .addAllEndedMigrations(endedMigrations);
    settings.forEach(
        (name, value) -> b.addSettings(Setting.newBuilder().setName(name).setValue(value)));
    return b.build();
  }

  /** A machine in this state; the state must be one that {@link #state} gave. */
  public static MetadataMachine of(MetadataState state) {
    return of(state, (checkId, index, digest) -> {});
  }

  /** A machine with this state. */
  public static MetadataMachine of(MetadataState state, Checks checks) {
    MetadataMachine m = new MetadataMachine(checks);
    m.clusterId = state.getClusterId();
    m.version = state.getVersion();
    m.epoch = state.getEpoch();
    m.featureLevel = state.getFeatureLevel();
    m.hashKey0 = state.getHashKey0();
    m.hashKey1 = state.getHashKey1();
    state.getNodesList().forEach(n -> m.nodes.put(n.getId(), n));
    state.getShardsList().forEach(s -> m.shards.put(s.getNumber(), s));
    state
        .getSlotsList()
        .forEach(o -> m.slots.assign(o.getRange(), o.getShardNumber(), o.getEpoch()));
    state.getMigrationsList().forEach(x -> m.migrations.put(x.getId(), x));
    state.getSettingsList().forEach(s -> m.settings.put(s.getName(), s.getValue()));
    m.settingsVersion = state.getSettingsVersion();
    state.getUsersList().forEach(u -> m.users.put(u.getName(), u));
    state.getLibrariesList().forEach(l -> m.libraries.put(l.getName(), l));
    m.retiredNodes.addAll(state.getRetiredNodesList());
    m.endedMigrations.addAll(state.getEndedMigrationsList());
    return m;
  }

  // Helpers

  private Verdict applied(long index) {
    version = index;
    return new Verdict.Applied(version);
  }

  private Verdict already() {
    return new Verdict.Already(version);
  }

  private Verdict conflict(String why) {
    return new Verdict.Conflict(version, why);
  }

  private Verdict invalid(String why) {
    return new Verdict.Invalid(version, why);
  }

  private Verdict unformed() {
    return conflict("no cluster has been formed yet");
  }

  private @Nullable Shard shardOfId(String id) {
    for (Shard shard : shards.values()) {
      if (shard.getId().equals(id)) {
        return shard;
      }
    }
    return null;
  }

  private Shard requireShard(String id) {
    Shard shard = shardOfId(id);
    if (shard == null) {
      throw new AssertionError("a migration names shard " + id + ", which is not there");
    }
    return shard;
  }

  private Node requireNode(String id) {
    Node node = nodes.get(id);
    if (node == null) {
      throw new AssertionError("node " + id + " is not there");
    }
    return node;
  }

  private @Nullable String nodeNamed(String name) {
    for (Node node : nodes.values()) {
      if (node.getName().equals(name)) {
        return node.getId();
      }
    }
    return null;
  }

  private static @Nullable String badNode(Node node) {
    if (!isId(node.getId())) {
      return "a node id is 40 lower-case hexadecimal digits";
    }
    if (badName(node.getName())) {
      return "a node's name has 1 to " + MetadataLimits.MAX_NAME_BYTES + " bytes";
    }
    for (var e :
        Arrays.asList(
            node.getClient(), node.getRaft(), node.getPeer(), node.getAdmin(), node.getHttp())) {
      if (e.getHost().isEmpty()
          || bytes(e.getHost()) > 255
          || e.getPort() < 1
          || e.getPort() > 65535) {
        return "node " + node.getName() + " has an endpoint without host or port";
      }
    }
    return null;
  }

  private static @Nullable String badShard(Shard shard, Set<String> nodeIds) {
    if (!isId(shard.getId()) || !isGroup(shard.getGroupId())) {
      return "a shard has an id of 40 lower-case hexadecimal digits and a UUID as group";
    }
    if (shard.getNumber() < 0 || shard.getNumber() > Short.MAX_VALUE) {
      return "shard numbers go from 0 to " + Short.MAX_VALUE;
    }
    List<String> replicas = shard.getReplicasList();
    if (replicas.isEmpty() || replicas.size() > MetadataLimits.MAX_REPLICAS) {
      return "a shard has 1 to " + MetadataLimits.MAX_REPLICAS + " replicas";
    }
    if (new LinkedHashSet<>(replicas).size() != replicas.size() || !nodeIds.containsAll(replicas)) {
      return "shard " + shard.getNumber() + " has a replica twice, or on no node";
    }
    if (!shard.getPreferredLeader().isEmpty() && !replicas.contains(shard.getPreferredLeader())) {
      return "shard " + shard.getNumber() + " prefers a leader that is no replica of it";
    }
    return null;
  }

  private static boolean badRange(SlotRange range) {
    return range.getFirst() < 0
        || range.getLast() < range.getFirst()
        || range.getLast() >= MetadataLimits.SLOTS;
  }

  private static boolean badName(String name) {
    return name.isEmpty() || bytes(name) > MetadataLimits.MAX_NAME_BYTES;
  }

  private static int bytes(String text) {
    return ByteString.copyFromUtf8(text).size();
  }

  private static boolean isId(String text) {
    return text.matches("[0-9a-f]{40}");
  }

  private static boolean isGroup(String text) {
    return text.matches("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  }
}
