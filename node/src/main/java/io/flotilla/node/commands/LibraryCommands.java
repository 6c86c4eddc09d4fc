package io.flotilla.node.commands;

import static io.flotilla.statemachine.command.Flag.NOSCRIPT;
import static io.flotilla.statemachine.command.Flag.WRITE;

import io.flotilla.node.session.CommandBook.Bindings;
import io.flotilla.node.session.Session;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.reply.Reply;
import java.util.Collections;
import java.util.List;

/**
 * FUNCTION and SCRIPT, as far as they can be answered truly by a server that runs neither: there
 * are no libraries and no cached scripts, so there is nothing to list and nothing to remove. What
 * would load or run one is refused as unsupported.
 */
final class LibraryCommands {
  static final List<Row> ROWS =
      List.of(
          Row.node("FUNCTION FLUSH [ASYNC | SYNC]")
              .since("7.0.0")
              .summary("Deletes all libraries and functions: there are none.")
              .complexity("O(1)")
              .flags(NOSCRIPT, WRITE)
              .tips("request_policy:all_shards", "response_policy:all_succeeded"),
          Row.node("FUNCTION LIST [LIBRARYNAME library-name-pattern] [WITHCODE]")
              .since("7.0.0")
              .summary("Returns information about all libraries: there are none.")
              .complexity("O(1)")
              .flags(NOSCRIPT)
              .tips("nondeterministic_output_order"),
          Row.node("SCRIPT EXISTS sha1 [sha1 ...]")
              .since("2.6.0")
              .summary(
                  "Determines whether server-side Lua scripts exist in the script cache: none does.")
              .complexity("O(N) with N being the number of scripts to check")
              .flags(NOSCRIPT)
              .tips("request_policy:all_shards", "response_policy:agg_logical_and"),
          Row.node("SCRIPT FLUSH [ASYNC | SYNC]")
              .since("2.6.0")
              .summary("Removes all server-side Lua scripts from the script cache: there are none.")
              .complexity("O(1)")
              .flags(NOSCRIPT)
              .tips("request_policy:all_nodes", "response_policy:all_succeeded"));

  static final List<Row> CONTAINERS =
      List.of(
          Row.container("FUNCTION")
              .since("7.0.0")
              .summary("A container for function commands.")
              .complexity("Depends on subcommand."),
          Row.container("SCRIPT")
              .since("2.6.0")
              .summary("A container for Lua scripts management commands.")
              .complexity("Depends on subcommand."));

  private LibraryCommands() {}

  static void bind(Bindings bindings) {
    bindings
        .inTurn("function|flush", Words.prompt((session, argv) -> flush("FUNCTION", argv)))
        .atOnce("function|list", Words.prompt(LibraryCommands::list))
        .atOnce("script|exists", Words.prompt(LibraryCommands::exist))
        .inTurn("script|flush", Words.prompt((session, argv) -> flush("SCRIPT", argv)));
  }

  private static Reply flush(String what, byte[][] argv) {
    boolean known =
        argv.length == 2
            || (argv.length == 3 && List.of("ASYNC", "SYNC").contains(Words.upper(argv[2])));
    if (known) {
      return Reply.OK;
    }
    return what.equals("SCRIPT")
        ? Reply.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
        : Reply.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  }

  private static Reply list(Session session, byte[][] argv) {
    for (int i = 2; i < argv.length; i++) {
      switch (Words.upper(argv[i])) {
        case "WITHCODE" -> {}
        case "LIBRARYNAME" -> {
          if (++i == argv.length) {
            return Reply.error("ERR library name argument was not given");
          }
        }
        default -> {
          return Reply.error("ERR Unknown argument " + Ascii.text(argv[i]));
        }
      }
    }
    return Reply.EMPTY_ARRAY;
  }

  private static Reply exist(Session session, byte[][] argv) {
    return Reply.array(Collections.nCopies(argv.length - 2, (Reply) Reply.ZERO));
  }
}
