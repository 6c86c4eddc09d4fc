package io.flotilla.node.commands;

import static io.flotilla.statemachine.command.Flag.ADMIN;
import static io.flotilla.statemachine.command.Flag.LOADING;
import static io.flotilla.statemachine.command.Flag.STALE;

import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.metadata.ClusterView.Node;
import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.metadata.ClusterView.SlotRange;
import io.flotilla.node.routing.RouteTable;
import io.flotilla.node.session.CommandBook.Bindings;
import io.flotilla.node.session.Session;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.reply.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * CLUSTER: Flotilla's cluster in the words of Redis Cluster, from which clients learn where the
 * slots are.
 *
 * <p>Redis has nodes that are masters or replicas of one; here a node holds replicas of several
 * shards and leads some of them. So a node that leads any shard is shown as a master with all slots
 * of the shards that it leads, and nowhere as a replica; one that leads none is shown as a replica
 * of whoever leads its first shard, and CLUSTER SLOTS and SHARDS list it under each shard that it
 * holds. Clients keep one role per address: redis-py and node-redis take the last one that they
 * read, so a node told as a master here and a replica there would drop out of their walks over all
 * masters (SCAN, KEYS, DBSIZE) without a word. Everything is a view of {@link RouteTable}, and no
 * command here asks another node.
 */
final class ClusterCommands {
  static final List<Row> ROWS =
      List.of(
          row("CLUSTER HELP", "5.0.0", "Returns helpful text about the different subcommands.")
              .flags(LOADING),
          row("CLUSTER INFO", "3.0.0", "Returns information about the state of a node.")
              .tips("nondeterministic_output"),
          row("CLUSTER KEYSLOT key", "3.0.0", "Returns the hash slot for a key.").keys(),
          row("CLUSTER LINKS", "7.0.0", "Returns a list of all TCP links to and from peer nodes.")
              .tips("nondeterministic_output"),
          row("CLUSTER MYID", "3.0.0", "Returns the ID of a node."),
          row("CLUSTER MYSHARDID", "7.2.0", "Returns the shard ID of a node.")
              .tips("nondeterministic_output"),
          row("CLUSTER NODES", "3.0.0", "Returns the cluster configuration for a node.")
              .tips("nondeterministic_output"),
          row("CLUSTER REPLICAS node-id", "5.0.0", "Lists the replica nodes of a master node.")
              .flags(ADMIN)
              .tips("nondeterministic_output"),
          row("CLUSTER SLAVES node-id", "3.0.0", "Lists the replica nodes of a master node.")
              .flags(ADMIN)
              .tips("nondeterministic_output"),
          row("CLUSTER SHARDS", "7.0.0", "Returns the mapping of cluster slots to shards.")
              .flags(LOADING)
              .tips("nondeterministic_output"),
          row("CLUSTER SLOTS", "3.0.0", "Returns the mapping of cluster slots to nodes.")
              .flags(LOADING)
              .tips("nondeterministic_output"));

  private final NodeFacts facts;

  ClusterCommands(NodeFacts facts) {
    this.facts = facts;
  }

  private static Row row(String reference, String since, String summary) {
    return Row.node(reference)
        .since(since)
        .summary(summary)
        .complexity("O(N) where N is the number of nodes")
        .flags(STALE);
  }

  void bind(Bindings bindings) {
    bindings
        .inTurn("cluster|info", Words.prompt((session, argv) -> Words.text(info(routes(session)))))
        .atOnce(
            "cluster|keyslot", Words.prompt((session, argv) -> Reply.integer(HashSlot.of(argv[2]))))
        .inTurn("cluster|links", Words.prompt((session, argv) -> links()))
        .atOnce("cluster|myid", Words.prompt((session, argv) -> Reply.bulk(facts.self().hex())))
        .inTurn(
            "cluster|myshardid",
            Words.prompt((session, argv) -> Reply.bulk(myShard(routes(session)))))
        .inTurn(
            "cluster|nodes", Words.prompt((session, argv) -> Words.text(nodes(routes(session)))))
        .inTurn("cluster|replicas", Words.prompt(this::replicas))
        .inTurn("cluster|slaves", Words.prompt(this::replicas))
        .inTurn("cluster|shards", Words.prompt((session, argv) -> shards(routes(session))))
        .inTurn("cluster|slots", Words.prompt((session, argv) -> slots(routes(session))));
  }

  private static RouteTable routes(Session session) {
    return session.front().router().table();
  }

  /**
   * Who is shown as the master of a shard: its leader, else the last one that was written down,
   * else any replica.
   */
  private static @Nullable NodeId master(RouteTable routes, Shard shard) {
    NodeId leader = routes.leader(shard);
    if (leader != null && routes.view().node(leader) != null) {
      return leader;
    }
    NodeId recorded = shard.recordedLeader();
    if (recorded != null && shard.replicas().contains(recorded)) {
      return recorded;
    }
    return shard.replicas().isEmpty() ? null : shard.replicas().get(0);
  }

  private static List<Shard> mastered(RouteTable routes, NodeId node) {
    return routes.view().shards().stream()
        .filter(shard -> node.equals(master(routes, shard)))
        .toList();
  }

  /** The master of a shard, then those of its replicas that are master of no other. */
  private static List<Node> members(RouteTable routes, Shard shard) {
    NodeId master = master(routes, shard);
    List<Node> members = new ArrayList<>();
    for (NodeId id : shard.replicas()) {
      Node node = routes.view().node(id);
      if (node == null) {
        continue;
      }
      if (id.equals(master)) {
        members.add(0, node);
      } else if (mastered(routes, id).isEmpty()) {
        members.add(node);
      }
    }
    return members;
  }

  // ------------------------------------------------------------------ SLOTS and SHARDS

  private static Reply slots(RouteTable routes) {
    record Owned(SlotRange range, Shard shard) {}
    List<Owned> all = new ArrayList<>();
    for (Shard shard : routes.view().shards()) {
      shard.slots().forEach(range -> all.add(new Owned(range, shard)));
    }
    all.sort(Comparator.comparingInt(owned -> owned.range().first()));
    List<Reply> rows = new ArrayList<>();
    for (Owned owned : all) {
      List<Reply> row = new ArrayList<>();
      row.add(Reply.integer(owned.range().first()));
      row.add(Reply.integer(owned.range().last()));
      for (Node node : members(routes, owned.shard())) {
        row.add(
            Reply.array(
                Reply.bulk(node.client().host()),
                Reply.integer(node.client().port()),
                Reply.bulk(node.id().hex()),
                Reply.EMPTY_MAP)); // no metadata: never nil, which some clients do not take
      }
      rows.add(Reply.array(row));
    }
    return Reply.array(rows);
  }

  private Reply shards(RouteTable routes) {
    List<Reply> shards = new ArrayList<>();
    for (Shard shard : routes.view().shards()) {
      List<Reply> ranges = new ArrayList<>();
      for (SlotRange range : shard.slots()) {
        ranges.add(Reply.integer(range.first()));
        ranges.add(Reply.integer(range.last()));
      }
      NodeId master = master(routes, shard);
      List<Reply> nodes = new ArrayList<>();
      for (Node node : members(routes, shard)) {
        nodes.add(
            new Reply.Map(
                List.of(
                    Reply.bulk("id"), Reply.bulk(node.id().hex()),
                    Reply.bulk("port"), Reply.integer(node.client().port()),
                    Reply.bulk("ip"), Reply.bulk(node.client().host()),
                    Reply.bulk("endpoint"), Reply.bulk(node.client().host()),
                    Reply.bulk("role"), Reply.bulk(node.id().equals(master) ? "master" : "replica"),
                    Reply.bulk("replication-offset"), Reply.integer(offset(node.id(), shard)),
                    Reply.bulk("health"), Reply.bulk(health(node.id())))));
      }
      shards.add(
          new Reply.Map(
              List.of(
                  Reply.bulk("slots"),
                  Reply.array(ranges),
                  Reply.bulk("nodes"),
                  Reply.array(nodes))));
    }
    return Reply.array(shards);
  }

  private String health(NodeId node) {
    NodeFacts.Health health =
        node.equals(facts.self())
            ? (facts.isLoading() ? NodeFacts.Health.LOADING : NodeFacts.Health.ONLINE)
            : facts.health(node);
    return health.name().toLowerCase(java.util.Locale.ROOT);
  }

  /**
   * How far this node's replica of the shard has applied the log; of other nodes it is not known
   * here.
   */
  private long offset(NodeId node, Shard shard) {
    if (!node.equals(facts.self())) {
      return 0;
    }
    return facts.replicas().stream()
        .filter(replica -> replica.shard().equals(shard.id()))
        .mapToLong(NodeFacts.Replica::appliedIndex)
        .findFirst()
        .orElse(0);
  }

  // ------------------------------------------------------------------ NODES and REPLICAS

  private String nodes(RouteTable routes) {
    StringBuilder lines = new StringBuilder();
    for (Node node : routes.view().nodes().values()) {
      lines.append(line(routes, node)).append('\n');
    }
    return lines.toString();
  }

  private String line(RouteTable routes, Node node) {
    List<Shard> mastered = mastered(routes, node.id());
    List<Shard> held = routes.view().shardsOn(node.id());
    boolean self = node.id().equals(facts.self());
    boolean failed = !self && facts.health(node.id()) == NodeFacts.Health.FAIL;
    NodeId master = mastered.isEmpty() && !held.isEmpty() ? master(routes, held.get(0)) : null;
    long epoch =
        (mastered.isEmpty() && !held.isEmpty() ? List.of(held.get(0)) : mastered)
            .stream().mapToLong(Shard::epoch).max().orElse(0);
    StringBuilder line = new StringBuilder();
    line.append(node.id().hex()).append(' ');
    line.append(node.client().host())
        .append(':')
        .append(node.client().port())
        .append('@')
        .append(node.raft().port());
    line.append(self ? " myself," : " ")
        .append(master == null ? "master" : "slave")
        .append(failed ? ",fail " : " ");
    line.append(master == null ? "-" : master.hex());
    line.append(" 0 ").append(self ? 0 : facts.lastHeardMillis(node.id()));
    line.append(' ').append(epoch).append(failed ? " disconnected" : " connected");
    List<SlotRange> ranges = new ArrayList<>();
    mastered.forEach(shard -> ranges.addAll(shard.slots()));
    ranges.sort(Comparator.comparingInt(SlotRange::first));
    for (SlotRange range : ranges) {
      line.append(' ').append(range.first());
      if (range.last() != range.first()) {
        line.append('-').append(range.last());
      }
    }
    return line.toString();
  }

  private Reply replicas(Session session, byte[][] argv) {
    RouteTable routes = routes(session);
    String wanted = Ascii.text(argv[2]);
    Node master =
        routes.view().nodes().values().stream()
            .filter(node -> node.id().hex().equals(wanted))
            .findFirst()
            .orElse(null);
    if (master == null) {
      return Reply.error("ERR Unknown node " + wanted);
    }
    List<Shard> mastered = mastered(routes, master.id());
    if (mastered.isEmpty() && !routes.view().shardsOn(master.id()).isEmpty()) {
      return Reply.error("ERR The specified node is not a master");
    }
    return Reply.array(
        mastered.stream()
            .flatMap(shard -> members(routes, shard).stream())
            .filter(node -> !node.id().equals(master.id()))
            .distinct()
            .map(node -> new Reply.Bulk(line(routes, node).getBytes(StandardCharsets.UTF_8)))
            .toList());
  }

  // ------------------------------------------------------------------ INFO and the rest

  private String info(RouteTable routes) {
    ClusterView view = routes.view();
    int served = 0;
    for (Shard shard : view.shards()) {
      if (routes.leader(shard) != null) {
        served += shard.slots().stream().mapToInt(range -> range.last() - range.first() + 1).sum();
      }
    }
    int assigned = view.slotsAssigned();
    long masters =
        view.nodes().keySet().stream()
            .filter(
                node -> mastered(routes, node).stream().anyMatch(shard -> !shard.slots().isEmpty()))
            .count();
    long epoch = routes.led().stream().mapToLong(Shard::epoch).max().orElse(0);
    return "cluster_state:"
        + (served == ClusterView.SLOTS ? "ok" : "fail")
        + "\r\n"
        + "cluster_slots_assigned:"
        + assigned
        + "\r\n"
        + "cluster_slots_ok:"
        + served
        + "\r\n"
        + "cluster_slots_pfail:"
        + (assigned - served)
        + "\r\n"
        + "cluster_slots_fail:0\r\n"
        + "cluster_known_nodes:"
        + view.nodes().size()
        + "\r\n"
        + "cluster_size:"
        + masters
        + "\r\n"
        + "cluster_current_epoch:"
        + view.epoch()
        + "\r\n"
        + "cluster_my_epoch:"
        + epoch
        + "\r\n"
        + "cluster_stats_messages_sent:0\r\n"
        + "cluster_stats_messages_received:0\r\n"
        + "total_cluster_links_buffer_limit_exceeded:0\r\n";
  }

  private String myShard(RouteTable routes) {
    List<Shard> mine = mastered(routes, facts.self());
    List<Shard> held = routes.view().shardsOn(facts.self());
    if (!mine.isEmpty()) {
      return mine.get(0).id().hex();
    }
    return held.isEmpty() ? facts.self().hex() : held.get(0).id().hex();
  }

  private Reply links() {
    return Reply.array(
        facts.links().stream()
            .map(link ->
                new Reply.Map(
                    List.of(
                        Reply.bulk("direction"), Reply.bulk(link.outgoing() ? "to" : "from"),
                        Reply.bulk("node"), Reply.bulk(link.node().hex()),
                        Reply.bulk("create-time"), Reply.integer(link.createdMillis()),
                        Reply.bulk("events"), Reply.bulk(link.outgoing() ? "rw" : "r"),
                        Reply.bulk("send-buffer-allocated"), Reply.integer(link.sendBufferBytes()),
                        Reply.bulk("send-buffer-used"), Reply.integer(link.sendBufferBytes()))))
            .toList());
  }
}
