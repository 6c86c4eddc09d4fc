package io.flotilla.statemachine.command;

import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;

/** What a container's HELP answers: Redis's frame around the lines of its subcommands. */
public final class Help {
  private Help() {}

  /** The help of this container, its name in upper case. */
  public static Reply reply(String container, String... lines) {
    List<Reply> all = new ArrayList<>();
    all.add(
        new Reply.Simple(container + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
    for (String line : lines) {
      all.add(new Reply.Simple(line));
    }
    all.add(new Reply.Simple("HELP"));
    all.add(new Reply.Simple("    Print this help."));
    return Reply.array(all);
  }
}
