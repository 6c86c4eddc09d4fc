package io.flotilla.node.commands;

import static io.flotilla.statemachine.command.Flag.LOADING;
import static io.flotilla.statemachine.command.Flag.STALE;

import io.flotilla.node.session.CommandBook.Bindings;
import io.flotilla.node.session.Session;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;

/**
 * MEMORY, but for MEMORY USAGE, which is the shards': what the JVM knows of its own memory. There
 * is no allocator to ask, and nothing to purge that its collector would not take by itself.
 */
final class MemoryCommands {
  static final List<Row> ROWS =
      List.of(
          row("MEMORY DOCTOR", "Outputs a memory problems report.")
              .tips(
                  "nondeterministic_output",
                  "request_policy:all_shards",
                  "response_policy:special"),
          row("MEMORY HELP", "Returns helpful text about the different subcommands.")
              .flags(LOADING, STALE),
          row("MEMORY MALLOC-STATS", "Returns the allocator statistics: a JVM has none.")
              .tips(
                  "nondeterministic_output",
                  "request_policy:all_shards",
                  "response_policy:special"),
          row("MEMORY PURGE", "Asks the allocator to release memory: the collector does.")
              .tips("request_policy:all_shards", "response_policy:all_succeeded"),
          row("MEMORY STATS", "Returns details about memory usage.")
              .tips(
                  "nondeterministic_output",
                  "request_policy:all_shards",
                  "response_policy:special"));

  private final NodeFacts facts;

  MemoryCommands(NodeFacts facts) {
    this.facts = facts;
  }

  private static Row row(String reference, String summary) {
    return Row.node(reference).since("4.0.0").summary(summary).complexity("O(1)");
  }

  void bind(Bindings bindings) {
    bindings
        .atOnce(
            "memory|doctor",
            Words.prompt((session, argv) ->
                Words.text(
                    "Flotilla leaves memory to the JVM. INFO memory and MEMORY STATS tell how much is in use; the node's metrics tell how"
                        + " the collector does.\n")))
        .atOnce(
            "memory|malloc-stats",
            Words.prompt(
                (session, argv) -> Words.text("Stats not supported for the current allocator")))
        .atOnce("memory|purge", Words.prompt((session, argv) -> Reply.OK))
        .inTurn("memory|stats", Words.prompt(this::stats));
  }

  private Reply stats(Session session, byte[][] argv) {
    NodeFacts.Memory memory = facts.memory();
    long keys =
        facts.replicas().stream()
            .filter(NodeFacts.Replica::leading)
            .mapToLong(NodeFacts.Replica::keys)
            .sum();
    List<Reply> pairs = new ArrayList<>();
    add(pairs, "peak.allocated", Reply.integer(memory.peak()));
    add(pairs, "total.allocated", Reply.integer(memory.used()));
    add(pairs, "keys.count", Reply.integer(keys));
    add(pairs, "keys.bytes-per-key", Reply.integer(keys == 0 ? 0 : memory.used() / keys));
    add(pairs, "clients.normal", Reply.integer(session.front().intake().heldBytes()));
    add(pairs, "rss", Reply.integer(memory.resident()));
    add(pairs, "maxmemory", Reply.integer(memory.max()));
    return new Reply.Map(pairs);
  }

  private static void add(List<Reply> pairs, String name, Reply value) {
    pairs.add(Reply.bulk(name));
    pairs.add(value);
  }
}
