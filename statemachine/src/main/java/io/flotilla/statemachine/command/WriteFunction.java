package io.flotilla.statemachine.command;

import io.flotilla.statemachine.reply.Reply;

/** A command that may change the keyspace: a pure function of the state and its entry. */
@FunctionalInterface
public interface WriteFunction {
  /** Checks everything, then changes anything, and answers. */
  Reply answer(WriteContext context, Arguments arguments);
}
