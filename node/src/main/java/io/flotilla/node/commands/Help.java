package io.flotilla.node.commands;

import io.flotilla.node.session.CommandBook.Bindings;
import io.flotilla.node.session.NodeCommand;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.Command.Body;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * HELP of the containers, made of their subcommands' own rows, so that it cannot fall behind them.
 */
final class Help {
  private Help() {}

  static void bind(Bindings bindings, CommandTable table) {
    for (Command container : table.commands()) {
      Command help = container.subcommands().get("help");
      if (help != null && help.body() instanceof Body.Node) {
        Reply lines = lines(container);
        bindings.atOnce(help.fullName(), (NodeCommand.Prompt) (session, argv) -> lines);
      }
    }
  }

  private static Reply lines(Command container) {
    String name = container.fullName().toUpperCase(Locale.ROOT);
    List<Reply> lines = new ArrayList<>();
    lines.add(new Reply.Simple(name + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
    for (Command subcommand : container.subcommands().values()) {
      if (!subcommand.fullName().endsWith("|help")) {
        lines.add(new Reply.Simple(subcommand.reference().substring(name.length() + 1)));
        lines.add(new Reply.Simple("    " + subcommand.summary()));
      }
    }
    lines.add(new Reply.Simple("HELP"));
    lines.add(new Reply.Simple("    Print this help."));
    return Reply.array(lines);
  }
}
