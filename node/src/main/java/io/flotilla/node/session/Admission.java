package io.flotilla.node.session;

import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.reply.Reply;
import org.jspecify.annotations.Nullable;

/**
 * The node's own bounds, asked before a command that may grow the data goes to the log: memory,
 * disk. A refusal says that the command certainly was not run. Any thread; a few volatile reads.
 */
@FunctionalInterface
public interface Admission {
  /** Takes everything. */
  Admission OPEN = command -> null;

  /** The error for the client, or null if the command may go on. */
  @Nullable Reply refusal(Command command);
}
