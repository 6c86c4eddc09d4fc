package io.flotilla.statemachine.command;

import io.flotilla.statemachine.reply.Reply;

/**
 * A command that changes nothing: what it is given cannot write, so a writing command registered as
 * a read does not compile.
 */
@FunctionalInterface
public interface ReadFunction {
  /** Answers the command. */
  Reply answer(ReadContext context, Arguments arguments);
}
