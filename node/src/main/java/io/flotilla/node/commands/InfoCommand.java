package io.flotilla.node.commands;

import static io.flotilla.statemachine.command.Flag.LOADING;
import static io.flotilla.statemachine.command.Flag.STALE;

import io.flotilla.node.metadata.ClusterView.Node;
import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.routing.RouteTable;
import io.flotilla.node.session.CommandBook;
import io.flotilla.node.session.CommandBook.Bindings;
import io.flotilla.node.session.Counters;
import io.flotilla.node.session.Front;
import io.flotilla.node.session.NodeCommand;
import io.flotilla.node.session.Session;
import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.reply.Reply;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.ToLongFunction;

/**
 * INFO: what the node can tell of itself, in sections, by the names that Redis's tools read; and a
 * section of Flotilla's own, raft.
 *
 * <p>What has no meaning here (RDB, AOF, replication backlogs) is left out, but for the few fields
 * that clients ask for.
 */
final class InfoCommand {
  /** The Redis whose commands and words these are. */
  static final String REDIS_VERSION = "7.2.4";

  static final List<Row> ROWS =
      List.of(
          Row.node("INFO [section [section ...]]")
              .summary("Returns information and statistics about the server.")
              .complexity("O(1)")
              .flags(LOADING, STALE)
              .categories(AclCategory.DANGEROUS)
              .tips(
                  "nondeterministic_output",
                  "request_policy:all_shards",
                  "response_policy:special"));

  /** How long INFO waits for numbers from the shards' loops. */
  static final int PATIENCE_MILLIS = 200;

  /** Told where nothing, or "default", is asked for. */
  private static final Set<String> DEFAULT =
      new LinkedHashSet<>(
          List.of(
              "server",
              "clients",
              "memory",
              "persistence",
              "stats",
              "replication",
              "cpu",
              "modules",
              "errorstats",
              "cluster",
              "keyspace",
              "raft"));

  private final NodeFacts facts;
  private final Parameters parameters;
  private final Map<String, BiConsumer<Front, StringBuilder>> sections = new LinkedHashMap<>();

  InfoCommand(NodeFacts facts, Parameters parameters) {
    this.facts = facts;
    this.parameters = parameters;
    sections.put("server", this::server);
    sections.put("clients", InfoCommand::clients);
    sections.put("memory", this::memory);
    sections.put("persistence", this::persistence);
    sections.put("stats", this::stats);
    sections.put("replication", this::replication);
    sections.put("cpu", InfoCommand::cpu);
    sections.put("modules", (front, out) -> {});
    sections.put("commandstats", InfoCommand::commandStats);
    sections.put("errorstats", InfoCommand::errorStats);
    sections.put("latencystats", (front, out) -> {});
    sections.put("cluster", (front, out) -> field(out, "cluster_enabled", 1));
    sections.put("keyspace", this::keyspace);
    sections.put("raft", this::raft);
  }

  void bind(Bindings bindings) {
    bindings.inTurn("info", (NodeCommand.Slow) this::infoOfNow);
  }

  /** Tells the numbers of now, or, where a loop is too busy to say, of a moment ago. */
  private void infoOfNow(Session session, byte[][] argv, NodeCommand.Later later) {
    CompletableFuture<?> unused =
        facts
            .refresh()
            .completeOnTimeout(null, PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
            .whenComplete((done, problem) ->
                session.connection().loop().execute(() -> later.answer(info(session, argv))));
  }

  private Reply info(Session session, byte[][] argv) {
    Set<String> wanted = new LinkedHashSet<>();
    for (int i = 1; i < argv.length; i++) {
      String name = Words.upper(argv[i]).toLowerCase(Locale.ROOT);
      switch (name) {
        case "default" -> wanted.addAll(DEFAULT);
        case "all", "everything" -> wanted.addAll(sections.keySet());
        default -> wanted.add(name);
      }
    }
    if (argv.length == 1) {
      wanted.addAll(DEFAULT);
    }
    StringBuilder out = new StringBuilder();
    sections.forEach((name, section) -> {
      if (wanted.contains(name)) {
        out.append(out.isEmpty() ? "" : "\r\n").append("# ").append(title(name)).append("\r\n");
        section.accept(session.front(), out);
      }
    });
    return Words.text(out.toString());
  }

  private static String title(String name) {
    return name.equals("cpu")
        ? "CPU"
        : name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
  }

  private static void field(StringBuilder out, String name, Object value) {
    out.append(name).append(':').append(value).append("\r\n");
  }

  private void server(Front front, StringBuilder out) {
    Node self = front.router().table().view().node(facts.self());
    long uptime = Math.max(0, front.wallMillis() - facts.startedMillis()) / 1000;
    field(out, "redis_version", REDIS_VERSION);
    field(out, "flotilla_version", facts.version());
    field(out, "redis_git_sha1", "00000000");
    field(out, "redis_git_dirty", 0);
    field(out, "redis_build_id", "flotilla");
    field(out, "redis_mode", "cluster");
    field(
        out,
        "os",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"));
    field(out, "arch_bits", 64);
    field(out, "java_version", Runtime.version());
    field(out, "process_id", ProcessHandle.current().pid());
    field(out, "run_id", facts.self().hex());
    field(out, "tcp_port", self == null ? 0 : self.client().port());
    field(out, "server_time_usec", front.wallMillis() * 1000);
    field(out, "uptime_in_seconds", uptime);
    field(out, "uptime_in_days", uptime / 86_400);
    field(out, "hz", 10);
    field(out, "configured_hz", 10);
    field(out, "executable", "flotilla");
    field(out, "config_file", facts.configFile());
    field(out, "io_threads_active", 0);
  }

  private static void clients(Front front, StringBuilder out) {
    field(out, "connected_clients", front.clients().count());
    field(out, "cluster_connections", 0);
    field(out, "maxclients", front.settings().maxClients());
    field(out, "client_recent_max_input_buffer", 0);
    field(out, "client_recent_max_output_buffer", 0);
    field(out, "blocked_clients", front.clients().pausedCount());
    field(out, "tracking_clients", 0);
    field(out, "clients_in_timeout_table", 0);
    field(out, "requests_in_flight_bytes", front.intake().heldBytes());
  }

  private void memory(Front front, StringBuilder out) {
    NodeFacts.Memory memory = facts.memory();
    field(out, "used_memory", memory.used());
    field(out, "used_memory_human", human(memory.used()));
    field(out, "used_memory_rss", memory.resident());
    field(out, "used_memory_rss_human", human(memory.resident()));
    field(out, "used_memory_peak", memory.peak());
    field(out, "used_memory_peak_human", human(memory.peak()));
    field(out, "total_system_memory", Runtime.getRuntime().maxMemory());
    field(out, "total_system_memory_human", human(Runtime.getRuntime().maxMemory()));
    field(out, "used_memory_lua", 0);
    field(out, "maxmemory", memory.max());
    field(out, "maxmemory_human", human(memory.max()));
    field(out, "maxmemory_policy", parameters.value(front, "maxmemory-policy"));
    field(out, "live_memory", memory.live());
    field(out, "live_memory_human", human(memory.live()));
    field(out, "writes_refused_above", memory.mark());
    field(out, "writes_refused_above_human", human(memory.mark()));
    field(out, "writes_refused", memory.full() ? 1 : 0);
    field(
        out,
        "mem_fragmentation_ratio",
        String.format(
            Locale.ROOT,
            "%.2f",
            memory.used() == 0 ? 1.0 : (double) memory.resident() / memory.used()));
    field(out, "mem_allocator", "jvm");
    field(out, "active_defrag_running", 0);
    field(out, "lazyfree_pending_objects", 0); // what is removed is the collector's at once
    field(out, "lazyfreed_objects", 0);
  }

  private static String human(long bytes) {
    String[] units = {"B", "K", "M", "G", "T", "P"};
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0 ? bytes + "B" : String.format(Locale.ROOT, "%.2f%s", value, units[unit]);
  }

  private void persistence(Front front, StringBuilder out) {
    field(out, "loading", facts.isLoading() ? 1 : 0);
    field(out, "async_loading", 0);
    if (facts.isLoading()) {
      field(out, "loading_eta_seconds", 1);
    }
    field(
        out, "rdb_changes_since_last_save", sumOfReplicas(NodeFacts.Replica::changesSinceSnapshot));
    field(out, "rdb_bgsave_in_progress", 0);
    field(out, "rdb_last_save_time", front.wallMillis() / 1000);
    field(out, "rdb_last_bgsave_status", "ok");
    field(out, "aof_enabled", 1);
    field(out, "aof_rewrite_in_progress", 0);
    field(out, "aof_rewrite_scheduled", 0);
    field(out, "aof_last_bgrewrite_status", "ok");
    field(out, "aof_last_write_status", "ok");
  }

  private void stats(Front front, StringBuilder out) {
    Counters counters = front.counters();
    field(out, "total_connections_received", counters.connections.sum());
    field(out, "total_commands_processed", front.book().calls());
    field(out, "instantaneous_ops_per_sec", front.commandsPerSecond());
    field(out, "total_net_input_bytes", counters.bytesIn.sum());
    field(out, "total_net_output_bytes", counters.bytesOut.sum());
    field(out, "rejected_connections", counters.rejectedConnections.sum());
    field(
        out, "client_output_buffer_limit_disconnections", counters.outputLimitDisconnections.sum());
    field(out, "total_error_replies", counters.errorReplies.sum());
    field(out, "expired_keys", sumOfReplicas(NodeFacts.Replica::expiredKeys));
    field(out, "evicted_keys", 0); // a write that would need it is refused
    field(out, "keyspace_hits", sumOfAll(NodeFacts.Replica::keyspaceHits));
    field(out, "keyspace_misses", sumOfAll(NodeFacts.Replica::keyspaceMisses));
    field(out, "pubsub_channels", 0);
    field(out, "pubsub_patterns", 0);
    field(out, "migrate_cached_sockets", 0);
    field(out, "latest_fork_usec", 0);
    field(out, "total_forks", 0);
  }

  private void replication(Front front, StringBuilder out) {
    RouteTable routes = front.router().table();
    long offset = facts.replicas().stream().mapToLong(NodeFacts.Replica::appliedIndex).sum();
    List<Shard> held = routes.view().shardsOn(facts.self());
    boolean master = !routes.led().isEmpty() || held.isEmpty();
    field(out, "role", master ? "master" : "slave");
    if (master) {
      int index = 0;
      long replicas =
          routes.led().stream()
              .flatMap(shard -> shard.replicas().stream())
              .filter(id -> !id.equals(facts.self()))
              .distinct()
              .count();
      field(out, "connected_slaves", replicas);
      for (NodeId id :
          routes.led().stream().flatMap(shard -> shard.replicas().stream()).distinct().toList()) {
        Node node = routes.view().node(id);
        if (node != null && !id.equals(facts.self())) {
          String state = facts.health(id) == NodeFacts.Health.ONLINE ? "online" : "wait_bgsave";
          field(
              out,
              "slave" + index++,
              "ip="
                  + node.client().host()
                  + ",port="
                  + node.client().port()
                  + ",state="
                  + state
                  + ",offset="
                  + offset
                  + ",lag=0");
        }
      }
    } else {
      NodeId leader = routes.leader(held.get(0));
      Node node = leader == null ? null : routes.view().node(leader);
      field(out, "master_host", node == null ? "" : node.client().host());
      field(out, "master_port", node == null ? 0 : node.client().port());
      field(out, "master_link_status", node == null ? "down" : "up");
      field(out, "master_last_io_seconds_ago", node == null ? -1 : 0);
      field(out, "master_sync_in_progress", 0);
      field(out, "slave_read_repl_offset", offset);
      field(out, "slave_repl_offset", offset);
      field(out, "slave_priority", 100);
      field(out, "slave_read_only", 1);
      field(out, "connected_slaves", 0);
    }
    field(out, "master_failover_state", "no-failover");
    field(out, "master_replid", (routes.view().clusterId() + "0".repeat(40)).substring(0, 40));
    field(out, "master_repl_offset", offset);
  }

  private static void cpu(Front front, StringBuilder out) {
    long nanos =
        ProcessHandle.current()
            .info()
            .totalCpuDuration()
            .map(java.time.Duration::toNanos)
            .orElse(0L);
    field(
        out,
        "used_cpu_user",
        String.format(Locale.ROOT, "%.6f", nanos / 1e9)); // user and system together
  }

  private static void commandStats(Front front, StringBuilder out) {
    for (CommandBook.Entry entry : front.book().entries()) {
      if (entry.calls() + entry.rejectedCalls() + entry.failedCalls() > 0) {
        double each = entry.calls() == 0 ? 0 : (double) entry.micros() / entry.calls();
        field(
            out,
            "cmdstat_" + entry.command().fullName(),
            "calls="
                + entry.calls()
                + ",usec="
                + entry.micros()
                + ",usec_per_call="
                + String.format(Locale.ROOT, "%.2f", each)
                + ",rejected_calls="
                + entry.rejectedCalls()
                + ",failed_calls="
                + entry.failedCalls());
      }
    }
  }

  private static void errorStats(Front front, StringBuilder out) {
    front
        .counters()
        .errors()
        .forEach((code, count) -> field(out, "errorstat_" + code, "count=" + count));
  }

  /** Over the shards that this node leads; of a node that leads none, over those that it holds. */
  private long sumOfReplicas(ToLongFunction<NodeFacts.Replica> number) {
    List<NodeFacts.Replica> replicas = facts.replicas();
    boolean leads = replicas.stream().anyMatch(NodeFacts.Replica::leading);
    return replicas.stream().filter(replica -> !leads || replica.leading()).mapToLong(number).sum();
  }

  /** Over all replicas of this node: of what each did for clients, whether or not it leads. */
  private long sumOfAll(ToLongFunction<NodeFacts.Replica> number) {
    return facts.replicas().stream().mapToLong(number).sum();
  }

  private void keyspace(Front front, StringBuilder out) {
    long keys = sumOfReplicas(NodeFacts.Replica::keys);
    long expires = sumOfReplicas(NodeFacts.Replica::keysWithDeadline);
    if (keys > 0) {
      field(out, "db0", "keys=" + keys + ",expires=" + expires + ",avg_ttl=0");
    }
  }

  private void raft(Front front, StringBuilder out) {
    RouteTable routes = front.router().table();
    field(out, "cluster_id", routes.view().clusterId());
    field(out, "node_id", facts.self().hex());
    field(out, "metadata_version", routes.view().version());
    field(out, "metadata_epoch", routes.view().epoch());
    for (NodeFacts.Replica replica : facts.replicas()) {
      Shard shard = routes.view().shard(replica.shard());
      NodeId leader = shard == null ? null : routes.leader(shard);
      field(
          out,
          "shard" + replica.number(),
          "role="
              + (replica.leading() ? "leader" : "follower")
              + ",leader="
              + (leader == null ? "none" : leader.brief())
              + ",term="
              + replica.term()
              + ",committed="
              + replica.committedIndex()
              + ",applied="
              + replica.appliedIndex()
              + ",keys="
              + replica.keys()
              + ",machine_time="
              + replica.machineTimeMillis());
    }
  }
}
