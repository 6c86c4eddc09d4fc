package io.flotilla.node.commands;

import io.flotilla.node.session.NodeCommand;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.reply.Reply;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Small readings of arguments and short replies that many of the node's commands share. */
final class Words {
  private Words() {}

  /** The argument as upper-case text, for a switch over words. */
  static String upper(byte[] argument) {
    return Ascii.text(argument).toUpperCase(Locale.ROOT);
  }

  /** The integer, or null if the argument is none in Redis's strict notation. */
  static @Nullable Long integer(byte[] argument) {
    return Integers.isStrict(argument) ? (Long) Integers.parseStrict(argument) : null;
  }

  /** A verbatim text, as INFO and its kin answer. */
  static Reply text(String text) {
    return new Reply.Verbatim("txt", text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  static Reply bulk(String text) {
    return Reply.bulk(text);
  }

  /** A command that answers at once, for the compiler to see which kind is meant. */
  static NodeCommand.Prompt prompt(NodeCommand.Prompt command) {
    return command;
  }
}
