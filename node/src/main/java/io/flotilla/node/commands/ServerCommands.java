package io.flotilla.node.commands;

import static io.flotilla.statemachine.command.Flag.ADMIN;
import static io.flotilla.statemachine.command.Flag.ALLOW_BUSY;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.Flag.LOADING;
import static io.flotilla.statemachine.command.Flag.NOSCRIPT;
import static io.flotilla.statemachine.command.Flag.NO_MULTI;
import static io.flotilla.statemachine.command.Flag.READONLY;
import static io.flotilla.statemachine.command.Flag.STALE;

import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.metadata.ClusterView.Node;
import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.metrics.Durations;
import io.flotilla.node.resp.Protocol;
import io.flotilla.node.routing.RouteTable;
import io.flotilla.node.session.CommandBook;
import io.flotilla.node.session.CommandBook.Bindings;
import io.flotilla.node.session.NodeCommand;
import io.flotilla.node.session.Session;
import io.flotilla.node.session.SessionSettings.DebugCommand;
import io.flotilla.node.session.SlowLog;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The server itself: its time and role, what took long, and what only operators ask for. */
final class ServerCommands {
  private static final String[] LATENCY_TIPS = {
    "nondeterministic_output", "request_policy:all_nodes", "response_policy:special"
  };

  static final List<Row> ROWS =
      List.of(
          Row.node("TIME")
              .since("2.6.0")
              .summary("Returns the server time.")
              .complexity("O(1)")
              .flags(LOADING, STALE, FAST)
              .tips("nondeterministic_output"),
          Row.node("ROLE")
              .since("2.8.12")
              .summary("Returns the replication role.")
              .complexity("O(1)")
              .flags(NOSCRIPT, LOADING, STALE, FAST)
              .categories(AclCategory.ADMIN, AclCategory.DANGEROUS),
          Row.node("LASTSAVE")
              .summary(
                  "Returns the Unix timestamp of the last successful save to disk: now, as every write is saved.")
              .complexity("O(1)")
              .flags(LOADING, STALE, FAST)
              .categories(AclCategory.ADMIN, AclCategory.DANGEROUS)
              .tips("nondeterministic_output"),
          Row.node("LOLWUT [VERSION version]")
              .since("5.0.0")
              .summary("Displays a flotilla and the version.")
              .complexity("O(1)")
              .flags(READONLY, FAST)
              .categories(AclCategory.READ),
          Row.node("MONITOR")
              .summary("Listens for all requests received by the server in real-time.")
              .complexity("O(1) for each of them")
              .flags(ADMIN, NOSCRIPT, LOADING, STALE),
          Row.node("SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]")
              .summary("Stops the node.")
              .complexity("O(1)")
              .flags(ADMIN, NOSCRIPT, LOADING, STALE, NO_MULTI, ALLOW_BUSY),
          Row.node("DEBUG subcommand [argument ...]")
              .summary("A command for debugging.")
              .complexity("Depends on subcommand.")
              .flags(ADMIN, NOSCRIPT, LOADING, STALE),
          Row.container("SLOWLOG")
              .since("2.2.12")
              .summary("A container for slow log commands.")
              .complexity("Depends on subcommand."),
          Row.node("SLOWLOG GET [count]")
              .since("2.2.12")
              .summary("Returns the slow log's entries.")
              .complexity("O(N) where N is the number of entries returned")
              .flags(ADMIN, LOADING, STALE)
              .tips("request_policy:all_nodes", "nondeterministic_output"),
          Row.node("SLOWLOG LEN")
              .since("2.2.12")
              .summary("Returns the number of entries in the slow log.")
              .complexity("O(1)")
              .flags(ADMIN, LOADING, STALE)
              .tips(
                  "request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"),
          Row.node("SLOWLOG RESET")
              .since("2.2.12")
              .summary("Clears all entries from the slow log.")
              .complexity("O(N) where N is the number of entries in the slowlog")
              .flags(ADMIN, LOADING, STALE)
              .tips("request_policy:all_nodes", "response_policy:all_succeeded"),
          Row.node("SLOWLOG HELP")
              .since("6.2.0")
              .summary("Returns helpful text about the different subcommands.")
              .complexity("O(1)")
              .flags(LOADING, STALE),
          Row.container("LATENCY")
              .since("2.8.13")
              .summary("A container for latency diagnostics commands.")
              .complexity("Depends on subcommand."),
          latency("LATENCY LATEST", "Returns the latest latency samples for all events.")
              .tips(LATENCY_TIPS),
          latency("LATENCY HISTORY event", "Returns timestamp-latency samples for an event.")
              .tips(LATENCY_TIPS),
          latency(
                  "LATENCY RESET [event [event ...]]",
                  "Resets the latency data for one or more events.")
              .tips("request_policy:all_nodes", "response_policy:agg_sum"),
          latency("LATENCY DOCTOR", "Returns a human-readable latency analysis report.")
              .tips(LATENCY_TIPS),
          latency("LATENCY GRAPH event", "Returns a latency graph for an event.")
              .tips(LATENCY_TIPS),
          latency(
                  "LATENCY HISTOGRAM [command [command ...]]",
                  "Returns the cumulative distribution of latencies of commands.")
              .since("7.0.0")
              .tips(LATENCY_TIPS),
          Row.node("LATENCY HELP")
              .since("2.8.13")
              .summary("Returns helpful text about the different subcommands.")
              .complexity("O(1)")
              .flags(LOADING, STALE));

  private static final long MAX_DEBUG_SLEEP_SECONDS = 3600;
  private static final int DEFAULT_SLOWLOG_COUNT = 10;

  private final NodeFacts facts;

  ServerCommands(NodeFacts facts) {
    this.facts = facts;
  }

  private static Row latency(String reference, String summary) {
    return Row.node(reference)
        .since("2.8.13")
        .summary(summary)
        .complexity("O(1)")
        .flags(ADMIN, NOSCRIPT, LOADING, STALE);
  }

  void bind(Bindings bindings) {
    bindings
        .atOnce("time", Words.prompt(ServerCommands::time))
        .inTurn("role", Words.prompt(this::role))
        .atOnce(
            "lastsave",
            Words.prompt((session, argv) -> Reply.integer(session.front().wallMillis() / 1000)))
        .atOnce("lolwut", Words.prompt((session, argv) -> lolwut()))
        .inTurn("monitor", Words.prompt(ServerCommands::monitor))
        .inTurn("shutdown", Words.prompt(this::shutdown))
        .inTurn("debug", (NodeCommand.Slow) ServerCommands::debug)
        .inTurn("slowlog|get", Words.prompt(ServerCommands::slowLog))
        .inTurn(
            "slowlog|len",
            Words.prompt((session, argv) -> Reply.integer(session.front().slowLog().length())))
        .inTurn(
            "slowlog|reset",
            Words.prompt((session, argv) -> {
              session.front().slowLog().reset();
              return Reply.OK;
            }))
        .atOnce("latency|latest", Words.prompt((session, argv) -> Reply.EMPTY_ARRAY))
        .atOnce("latency|history", Words.prompt((session, argv) -> Reply.EMPTY_ARRAY))
        .atOnce("latency|reset", Words.prompt((session, argv) -> Reply.ZERO))
        .atOnce("latency|doctor", Words.prompt((session, argv) -> latencyDoctor()))
        .atOnce(
            "latency|graph",
            Words.prompt((session, argv) ->
                Reply.error("ERR No samples available for event '" + Ascii.text(argv[2]) + "'")))
        .atOnce("latency|histogram", Words.prompt(ServerCommands::histogram));
  }

  private static Reply time(Session session, byte[][] argv) {
    long millis = session.front().wallMillis();
    return Reply.array(
        Reply.bulk(Long.toString(millis / 1000)), Reply.bulk(Long.toString(millis % 1000 * 1000)));
  }

  private Reply role(Session session, byte[][] argv) {
    RouteTable routes = session.front().router().table();
    ClusterView view = routes.view();
    long offset = facts.replicas().stream().mapToLong(NodeFacts.Replica::appliedIndex).sum();
    if (!routes.led().isEmpty() || view.shardsOn(facts.self()).isEmpty()) {
      List<Reply> replicas = new ArrayList<>();
      for (Shard shard : routes.led()) {
        for (NodeId id : shard.replicas()) {
          Node node = view.node(id);
          if (node != null && !id.equals(facts.self())) {
            replicas.add(
                Reply.array(
                    Reply.bulk(node.client().host()),
                    Reply.bulk(Integer.toString(node.client().port())),
                    Reply.bulk(Long.toString(offset))));
          }
        }
      }
      return Reply.array(Reply.bulk("master"), Reply.integer(offset), Reply.array(replicas));
    }
    NodeId leader = routes.leader(view.shardsOn(facts.self()).get(0));
    Node node = leader == null ? null : view.node(leader);
    return Reply.array(
        Reply.bulk("slave"),
        Reply.bulk(node == null ? "" : node.client().host()),
        Reply.integer(node == null ? 0 : node.client().port()),
        Reply.bulk(node == null ? "connect" : "connected"),
        Reply.integer(offset));
  }

  private Reply lolwut() {
    String boats =
        """
              |\\         |\\         |\\
              | \\        | \\        | \\
            __|__\\___  __|__\\___  __|__\\___
            \\_______/  \\_______/  \\_______/
        ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
        """;
    return Words.text(
        boats
            + "\nRedis ver. "
            + InfoCommand.REDIS_VERSION
            + ", Flotilla ver. "
            + facts.version()
            + "\n");
  }

  private static Reply monitor(Session session, byte[][] argv) {
    session.monitor();
    return Reply.OK;
  }

  private Reply shutdown(Session session, byte[][] argv) {
    boolean now = false;
    for (int i = 1; i < argv.length; i++) {
      switch (Words.upper(argv[i])) {
        case "NOSAVE",
            "SAVE",
            "FORCE" -> {} // every acknowledged write is on disk, whatever is said
        case "NOW" -> now = true;
        case "ABORT" -> {
          return Reply.error("ERR No shutdown in progress.");
        }
        default -> {
          return Errors.SYNTAX;
        }
      }
    }
    facts.shutDown(!now);
    session.leave();
    return Reply.OK;
  }

  /**
   * LATENCY HISTOGRAM: cumulative counts by powers of two of a microsecond, as Redis tells them.
   */
  private static Reply histogram(Session session, byte[][] argv) {
    CommandBook book = session.front().book();
    List<Reply> told = new ArrayList<>();
    if (argv.length == 2) {
      book.entries().forEach(entry -> addHistogram(told, entry));
    }
    for (int i = 2; i < argv.length; i++) {
      String name = Ascii.text(argv[i]).toLowerCase(java.util.Locale.ROOT);
      for (CommandBook.Entry entry : book.entries()) {
        String full = entry.command().fullName();
        if (full.equals(name) || full.startsWith(name + "|")) {
          addHistogram(told, entry);
        }
      }
    }
    return new Reply.Map(told);
  }

  private static void addHistogram(List<Reply> told, CommandBook.Entry entry) {
    Durations durations = entry.durations();
    List<Reply> buckets = new ArrayList<>();
    long calls = 0;
    for (int i = 0; i < Durations.BUCKETS; i++) {
      if (durations.count(i) > 0) {
        calls += durations.count(i);
        buckets.add(Reply.integer(1L << i));
        buckets.add(Reply.integer(calls));
      }
    }
    if (calls > 0) {
      told.add(Reply.bulk(entry.command().fullName()));
      told.add(
          new Reply.Map(
              List.of(
                  Reply.bulk("calls"),
                  Reply.integer(calls),
                  Reply.bulk("histogram_usec"),
                  new Reply.Map(buckets))));
    }
  }

  private static Reply slowLog(Session session, byte[][] argv) {
    int count = DEFAULT_SLOWLOG_COUNT;
    if (argv.length > 3) {
      return Errors.SYNTAX;
    }
    if (argv.length == 3) {
      Long asked = Words.integer(argv[2]);
      if (asked == null || asked < -1) {
        return Reply.error("ERR count should be greater than or equal to -1");
      }
      count = asked == -1 ? Integer.MAX_VALUE : (int) Math.min(asked, Integer.MAX_VALUE);
    }
    List<Reply> entries = new ArrayList<>();
    for (SlowLog.Entry entry : session.front().slowLog().latest(count)) {
      entries.add(
          Reply.array(
              Reply.integer(entry.id()),
              Reply.integer(entry.unixSeconds()),
              Reply.integer(entry.micros()),
              Reply.array(entry.arguments().stream().map(Reply::bulk).toList()),
              Reply.bulk(entry.client()),
              Reply.bulk(entry.name())));
    }
    return Reply.array(entries);
  }

  private static Reply latencyDoctor() {
    return Words.text(
        "Flotilla does not sample latency events. SLOWLOG tells which commands took long, and the node's metrics tell how time is"
            + " spent.\n");
  }

  // ------------------------------------------------------------------ DEBUG

  private static void debug(Session session, byte[][] argv, NodeCommand.Later later) {
    DebugCommand allowed = session.front().settings().debugCommand();
    boolean local =
        session.remote().startsWith("127.") || session.remote().startsWith("[0:0:0:0:0:0:0:1]");
    if (allowed == DebugCommand.NO || (allowed == DebugCommand.LOCAL && !local)) {
      later.answer(
          Reply.error(
              "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local"
                  + " connection, otherwise you need to set this option in the configuration file, and then restart the server."));
      return;
    }
    switch (Words.upper(argv[1])) {
      case "SLEEP" -> {
        double seconds =
            argv.length == 3 ? io.flotilla.statemachine.bytes.Doubles.parse(argv[2]) : Double.NaN;
        if (!(seconds >= 0 && seconds <= MAX_DEBUG_SLEEP_SECONDS)) {
          later.answer(unknownDebug(argv));
          return;
        }
        long nanos = (long) (seconds * TimeUnit.SECONDS.toNanos(1));
        session.connection().loop().schedule(() -> later.answer(Reply.OK), nanos);
      }
      case "ERROR" ->
          later.answer(argv.length == 3 ? Reply.error(Ascii.text(argv[2])) : unknownDebug(argv));
      case "PROTOCOL" ->
          later.answer(argv.length == 3 ? protocol(session, argv) : unknownDebug(argv));
      default -> later.answer(unknownDebug(argv));
    }
  }

  private static Reply unknownDebug(byte[][] argv) {
    return Reply.error(
        "ERR unknown subcommand or wrong number of arguments for '"
            + Ascii.text(argv[1])
            + "'. Try DEBUG HELP.");
  }

  /** One reply of each kind, for those who write clients. */
  private static Reply protocol(Session session, byte[][] argv) {
    Reply one = Reply.integer(1);
    return switch (Words.upper(argv[2])) {
      case "STRING" -> Reply.bulk("Hello World");
      case "INTEGER" -> Reply.integer(12345);
      case "DOUBLE" -> new Reply.Double(3.141);
      case "NULL" -> Reply.NIL;
      case "ARRAY" -> Reply.array(Reply.ZERO, one, Reply.integer(2));
      case "SET" -> new Reply.Set(List.of(Reply.ZERO, one, Reply.integer(2)));
      case "MAP" ->
          new Reply.Map(
              List.of(
                  Reply.ZERO,
                  new Reply.Bool(false),
                  one,
                  new Reply.Bool(true),
                  Reply.integer(2),
                  new Reply.Bool(false)));
      case "PUSH" ->
          session.protocol() == Protocol.RESP3
              ? new Reply.Push(List.of(Reply.bulk("server-cpu-usage"), Reply.integer(42)))
              : Reply.error("ERR RESP2 is not supported by this command");
      case "BIGNUM" -> new Reply.BigNumber("1234567999999999999999999999999999999");
      case "TRUE" -> new Reply.Bool(true);
      case "FALSE" -> new Reply.Bool(false);
      case "VERBATIM" -> Words.text("This is a verbatim\nstring");
      default ->
          Reply.error(
              "ERR Wrong protocol type name. Please use one of the following:"
                  + " string|integer|double|null|array|set|map|attrib|push|verbatim|true|false");
    };
  }
}
