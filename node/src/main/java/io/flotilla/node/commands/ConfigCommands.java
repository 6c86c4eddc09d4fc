package io.flotilla.node.commands;

import static io.flotilla.statemachine.command.Flag.ADMIN;
import static io.flotilla.statemachine.command.Flag.LOADING;
import static io.flotilla.statemachine.command.Flag.NOSCRIPT;
import static io.flotilla.statemachine.command.Flag.STALE;

import io.flotilla.node.commands.Parameters.BadValue;
import io.flotilla.node.session.CommandBook.Bindings;
import io.flotilla.node.session.Front;
import io.flotilla.node.session.NodeCommand;
import io.flotilla.node.session.Session;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * CONFIG: the {@link Parameters}, read and changed. All of a CONFIG SET is checked before any of it
 * is done.
 */
final class ConfigCommands {
  static final List<Row> ROWS =
      List.of(
          Row.container("CONFIG")
              .since("2.0.0")
              .summary("A container for server configuration commands.")
              .complexity("Depends on subcommand."),
          row(
              "CONFIG GET parameter [parameter ...]",
              "Returns the effective values of configuration parameters."),
          row(
                  "CONFIG SET parameter value [parameter value ...]",
                  "Sets configuration parameters in-flight.")
              .tips("request_policy:all_nodes", "response_policy:all_succeeded"),
          row("CONFIG RESETSTAT", "Resets the server's statistics.")
              .tips("request_policy:all_nodes", "response_policy:all_succeeded"),
          row(
                  "CONFIG REWRITE",
                  "Persists the effective configuration to file: not here, the file is the operator's.")
              .since("2.8.0")
              .tips("request_policy:all_nodes", "response_policy:all_succeeded"),
          Row.node("CONFIG HELP")
              .since("5.0.0")
              .summary("Returns helpful text about the different subcommands.")
              .complexity("O(1)")
              .flags(LOADING, STALE));

  private final NodeFacts facts;
  private final Parameters parameters;

  ConfigCommands(NodeFacts facts, Parameters parameters) {
    this.facts = facts;
    this.parameters = parameters;
  }

  private static Row row(String reference, String summary) {
    return Row.node(reference)
        .since("2.0.0")
        .summary(summary)
        .complexity("O(N) when N is the number of configuration parameters provided")
        .flags(ADMIN, NOSCRIPT, LOADING, STALE);
  }

  void bind(Bindings bindings) {
    bindings
        .inTurn("config|get", Words.prompt(this::get))
        .inTurn("config|set", (NodeCommand.Slow) this::set)
        .inTurn("config|resetstat", (NodeCommand.Slow) this::resetStat)
        .inTurn(
            "config|rewrite",
            Words.prompt((session, argv) ->
                Reply.error(
                    "ERR CONFIG REWRITE makes no sense on Flotilla: the node's file is the operator's, and what the cluster"
                        + " shares is kept by the metadata group; see 'flotilla config'")));
  }

  private Reply get(Session session, byte[][] argv) {
    List<String> patterns = Arrays.stream(argv).skip(2).map(Ascii::text).toList();
    List<Reply> pairs = new ArrayList<>();
    parameters
        .matching(session.front(), patterns)
        .forEach((name, value) -> {
          pairs.add(Reply.bulk(name));
          pairs.add(Reply.bulk(value));
        });
    return new Reply.Map(pairs);
  }

  private void set(Session session, byte[][] argv, NodeCommand.Later later) {
    Front front = session.front();
    if (argv.length % 2 != 0) {
      later.answer(Errors.SYNTAX);
      return;
    }
    Map<String, String> changes = new LinkedHashMap<>();
    for (int i = 2; i < argv.length; i += 2) {
      String given = Ascii.text(argv[i]);
      String name = given.toLowerCase(Locale.ROOT);
      if (!parameters.exists(name)) {
        later.answer(
            Reply.error(
                "ERR Unknown option or number of arguments for CONFIG SET - '" + given + "'"));
        return;
      }
      if (changes.containsKey(name)) {
        later.answer(failed(name, "duplicate parameter"));
        return;
      }
      changes.put(name, Ascii.text(argv[i + 1]));
    }
    Map<String, String> own = new LinkedHashMap<>();
    Map<String, String> shared = new LinkedHashMap<>();
    for (Map.Entry<String, String> change : changes.entrySet()) {
      String name = change.getKey();
      try {
        String value = parameters.check(front, name, change.getValue());
        String sharedName = parameters.sharedName(name);
        if (sharedName == null) {
          own.put(name, value);
        } else if (!value.equals(parameters.value(front, name))) {
          shared.put(sharedName, value);
        }
      } catch (BadValue wrong) {
        later.answer(failed(name, String.valueOf(wrong.getMessage())));
        return;
      }
    }
    if (shared.isEmpty()) {
      own.forEach((name, value) -> parameters.apply(front, name, value));
      later.answer(Reply.OK);
      return;
    }
    String first = shared.keySet().iterator().next();
    facts.changeSettings(
        shared,
        problem ->
            session
                .connection()
                .loop()
                .execute(() -> {
                  if (problem == null) {
                    own.forEach((name, value) -> parameters.apply(front, name, value));
                  }
                  later.answer(problem == null ? Reply.OK : failed(first, problem));
                }));
  }

  private static Reply failed(String name, String why) {
    return Reply.error(
        "ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + why);
  }

  /** The shards' own counts are on their loops; one that is busy resets them a moment later. */
  private void resetStat(Session session, byte[][] argv, NodeCommand.Later later) {
    CompletableFuture<?> unused =
        facts
            .resetCounts()
            .completeOnTimeout(null, InfoCommand.PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
            .whenComplete((done, problem) ->
                session
                    .connection()
                    .loop()
                    .execute(() -> {
                      session.front().counters().reset();
                      session.front().book().resetCounters();
                      later.answer(Reply.OK);
                    }));
  }
}
