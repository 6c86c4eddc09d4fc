package io.flotilla.cli;

import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.GetConfigResponse;
import io.flotilla.proto.admin.GroupStatus;
import io.flotilla.proto.admin.ListSlotsResponse;
import io.flotilla.proto.admin.NodeStatus;
import io.flotilla.proto.admin.ReplicaDigest;
import io.flotilla.proto.admin.ReplicaRole;
import io.flotilla.proto.admin.ReplicaStatus;
import io.flotilla.proto.admin.Setting;
import io.flotilla.proto.admin.SettingScope;
import io.flotilla.proto.admin.ShardStatus;
import io.flotilla.proto.admin.ShardVerification;
import io.flotilla.proto.admin.SlotOwner;
import io.flotilla.proto.admin.SnapshotResult;
import io.flotilla.proto.admin.TakeSnapshotResponse;
import io.flotilla.proto.admin.VerifyResponse;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * What people see of each answer of the admin API. Pure: a message and a terminal in, text out.
 *
 * <p>Whole ids are only shown on request ({@code id} shortens them): names are for people.
 */
final class Pages {
  /** n2 before n10: shorter names first, then by letters. */
  private static final Comparator<NodeStatus> BY_NAME =
      Comparator.comparingInt((NodeStatus n) -> n.getName().length())
          .thenComparing(NodeStatus::getName);

  private final Terminal terminal;
  private final UnaryOperator<String> id;

  Pages(Terminal terminal, UnaryOperator<String> id) {
    this.terminal = terminal;
    this.id = id;
  }

  String status(ClusterStatus status) {
    StringBuilder page = new StringBuilder();
    Table.Cell health = Words.health(status.getHealth());
    page.append("Cluster ")
        .append(id.apply(status.getClusterId()))
        .append(": ")
        .append(health.style().paint(health.text(), terminal.colours()))
        .append('\n');
    page.append(
        String.format(
            Locale.ROOT,
            "Slots: %d assigned, %d served. Epoch %d, feature level %d. Metadata leader: %s.%n",
            status.getSlotsAssigned(),
            status.getSlotsServed(),
            status.getEpoch(),
            status.getFeatureLevel(),
            status.getMetadata().getLeaderName().isEmpty()
                ? "none"
                : status.getMetadata().getLeaderName()));
    for (String problem : status.getProblemsList()) {
      page.append(health.style().paint("! ", terminal.colours())).append(problem).append('\n');
    }
    page.append('\n').append(nodes(status.getNodesList()));
    page.append('\n').append(shards(status.getShardsList()));
    return page.toString();
  }

  String nodes(List<NodeStatus> nodes) {
    Table table =
        new Table()
            .column("NODE", 0)
            .column("ID", 6)
            .column("STATE", 0)
            .column("CLIENT", 1)
            .column("ADMIN", 7)
            .column("LEADS", 2)
            .column("REPLICA OF", 8)
            .column("METADATA", 10)
            .number("CLIENTS", 4)
            .number("HEAP", 3)
            .number("DISK FREE", 5)
            .number("UPTIME", 9)
            .column("VERSION", 11);
    for (NodeStatus node : nodes.stream().sorted(BY_NAME).toList()) {
      boolean known = node.getReachable();
      table.row(
          node.getName(),
          id.apply(node.getNodeId()),
          Words.phase(node),
          Words.endpoint(node.hasClient(), node.getClient()),
          Words.endpoint(node.hasAdmin(), node.getAdmin()),
          Words.numbers(node.getLeadsList()),
          Words.numbers(node.getReplicaOfList()),
          node.getMetadataVoter() ? "voter" : "listener",
          known ? node.getClientConnections() : Words.NOTHING,
          known
              ? Words.bytes(node.getHeapUsedBytes()) + " of " + Words.bytes(node.getHeapMaxBytes())
              : Words.NOTHING,
          known ? Words.bytes(node.getDiskFreeBytes()) : Words.NOTHING,
          known ? DurationText.ofSeconds(node.getUptimeSeconds()) : Words.NOTHING,
          Words.orNothing(node.getVersion()));
    }
    return table.render(terminal);
  }

  String shards(List<ShardStatus> shards) {
    Table table =
        new Table()
            .column("SHARD", 0)
            .column("ID", 8)
            .column("HEALTH", 0)
            .column("LEADER", 1)
            .column("REPLICAS", 2)
            .number("TERM", 5)
            .number("COMMITTED", 6)
            .number("SNAPSHOT", 9)
            .number("SLOTS", 3)
            .column("RANGES", 7)
            .number("KEYS", 4)
            .number("EPOCH", 10);
    for (ShardStatus shard : shards) {
      table.row(
          shard.getNumber(),
          id.apply(shard.getShardId()),
          Words.health(shard.getHealth()),
          Words.leader(shard.getGroup().getLeaderName()),
          replicaNames(shard.getGroup()),
          shard.getGroup().getTerm(),
          Words.index(committed(shard.getGroup())),
          Words.index(snapshot(shard.getGroup())),
          shard.getSlotCount(),
          Words.ranges(shard.getSlotsList()),
          shard.getKeys(),
          shard.getEpoch());
    }
    return table.render(terminal);
  }

  /** One line per replica: for whoever looks at one shard closely. */
  String replicas(List<ShardStatus> shards) {
    Table table =
        new Table()
            .column("SHARD", 0)
            .column("REPLICA", 0)
            .column("ROLE", 0)
            .column("VOTES", 6)
            .number("TERM", 4)
            .number("COMMITTED", 2)
            .number("APPLIED", 1)
            .number("SNAPSHOT", 3)
            .number("KEYS", 5);
    for (ShardStatus shard : shards) {
      for (ReplicaStatus replica : shard.getGroup().getReplicasList()) {
        boolean known = replica.getReachable();
        table.row(
            shard.getNumber(),
            replica.getNodeName(),
            known ? role(replica.getRole()) : new Table.Cell("unreachable", Style.BAD),
            known ? (replica.getVoter() ? "yes" : "no") : Words.NOTHING,
            known ? replica.getTerm() : Words.NOTHING,
            known ? Words.index(replica.getCommittedIndex()) : Words.NOTHING,
            known ? Words.index(replica.getAppliedIndex()) : Words.NOTHING,
            known ? Words.index(replica.getSnapshotIndex()) : Words.NOTHING,
            known ? replica.getKeys() : Words.NOTHING);
      }
    }
    return table.render(terminal);
  }

  private static Table.Cell role(ReplicaRole role) {
    return new Table.Cell(
        MessageJson.word(role.getValueDescriptor()),
        role == ReplicaRole.REPLICA_ROLE_LEADER ? Style.STRONG : Style.PLAIN);
  }

  private static String replicaNames(GroupStatus group) {
    return Words.orNothing(
        String.join(
            ",",
            group.getReplicasList().stream()
                .map(r -> r.getNodeName() + (r.getReachable() ? "" : "(!)"))
                .toList()));
  }

  private static long committed(GroupStatus group) {
    return group.getReplicasList().stream()
        .filter(ReplicaStatus::getReachable)
        .mapToLong(ReplicaStatus::getCommittedIndex)
        .max()
        .orElse(-1);
  }

  /** The oldest of the replicas' snapshots: from there on logs are kept. */
  private static long snapshot(GroupStatus group) {
    return group.getReplicasList().stream()
        .filter(ReplicaStatus::getReachable)
        .mapToLong(ReplicaStatus::getSnapshotIndex)
        .min()
        .orElse(-1);
  }

  String slots(ListSlotsResponse slots) {
    Table table =
        new Table()
            .column("SLOTS", 0)
            .number("COUNT", 3)
            .column("SHARD", 0)
            .column("SHARD ID", 4)
            .column("LEADER", 1)
            .number("EPOCH", 2)
            .column("MOVING TO", 5);
    for (SlotOwner owner : slots.getOwnersList()) {
      table.row(
          Words.range(owner.getRange()),
          owner.getRange().getLast() - owner.getRange().getFirst() + 1,
          owner.getShardNumber(),
          id.apply(owner.getShardId()),
          Words.leader(owner.getLeaderName()),
          owner.getEpoch(),
          Words.orNothing(id.apply(owner.getMovingToShardId())));
    }
    String unassigned =
        slots.getUnassigned() == 0
            ? ""
            : Style.BAD.paint(slots.getUnassigned() + " slots have no owner", terminal.colours())
                + "\n";
    return table.render(terminal) + unassigned;
  }

  String snapshots(TakeSnapshotResponse response) {
    Table table =
        new Table()
            .column("SHARD", 0)
            .column("NODE", 0)
            .number("INDEX", 1)
            .number("TOOK", 2)
            .column("RESULT", 0);
    for (SnapshotResult result : response.getResultsList()) {
      table.row(
          result.getShard(),
          result.getNodeName(),
          Words.index(result.getIndex()),
          result.getTookMillis() + " ms",
          result.getError().isEmpty()
              ? new Table.Cell("durable", Style.GOOD)
              : new Table.Cell(result.getError(), Style.BAD));
    }
    return table.render(terminal);
  }

  String verification(VerifyResponse response) {
    Table table =
        new Table()
            .column("SHARD", 0)
            .number("TERM", 4)
            .number("INDEX", 3)
            .column("REPLICA", 0)
            .column("DIGEST", 0)
            .column("VERDICT", 1);
    if (response.hasMetadata()) {
      verification(table, "metadata", response.getMetadata());
    }
    for (ShardVerification shard : response.getShardsList()) {
      verification(table, shard.getShardNumber(), shard);
    }
    return table.render(terminal);
  }

  private void verification(Table table, Object name, ShardVerification shard) {
    Table.Cell verdict =
        switch (shard.getVerdict()) {
          case VERIFY_VERDICT_AGREE -> new Table.Cell("agree", Style.GOOD);
          case VERIFY_VERDICT_INCOMPLETE -> new Table.Cell("incomplete", Style.WARNING);
          case VERIFY_VERDICT_DIFFER -> new Table.Cell("DIFFER", Style.BAD);
          case VERIFY_VERDICT_UNSPECIFIED, UNRECOGNIZED -> new Table.Cell("unknown", Style.WARNING);
        };
    if (shard.getReplicasList().isEmpty()) {
      table.row(name, Words.NOTHING, Words.NOTHING, Words.NOTHING, shard.getError(), verdict);
    }
    for (ReplicaDigest replica : shard.getReplicasList()) {
      table.row(
          name,
          shard.getTerm(),
          shard.getIndex(),
          replica.getNodeName(),
          replica.getDigest().isEmpty()
              ? new Table.Cell(
                  replica.getError().isEmpty() ? "no report in time" : replica.getError(),
                  Style.BAD)
              : Table.Cell.of(digest(replica.getDigest())),
          verdict);
    }
  }

  /** Enough of a digest for an eye to compare; the node has compared all of it. */
  private String digest(String digest) {
    int enough = 16;
    return digest.length() <= enough || id.apply(digest).equals(digest)
        ? digest
        : digest.substring(0, enough);
  }

  String config(GetConfigResponse response) {
    Table table =
        new Table()
            .column("NAME", 0)
            .column("VALUE", 0)
            .column("SCOPE", 1)
            .column("DEFAULT", 2)
            .column("MEANING", 3);
    for (Setting setting : response.getSettingsList()) {
      boolean changed = !setting.getValue().equals(setting.getDefaultValue());
      table.row(
          setting.getName(),
          new Table.Cell(setting.getValue(), changed ? Style.STRONG : Style.PLAIN),
          setting.getScope() == SettingScope.SETTING_SCOPE_CLUSTER ? "cluster" : "node",
          setting.getDefaultValue(),
          setting.getDescription());
    }
    return table.render(terminal);
  }
}
