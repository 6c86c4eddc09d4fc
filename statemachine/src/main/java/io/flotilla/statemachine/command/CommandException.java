package io.flotilla.statemachine.command;

import io.flotilla.statemachine.reply.Reply;

/**
 * The client is wrong: a command ends here, before it has changed anything, with this error as its
 * reply. Without a stack trace: it is an answer, not a fault, and must be cheap.
 */
public final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Reply.Error reply;

  /** Ends a command with this error, in Redis's words, code first. */
  public CommandException(String redisWords) {
    this(new Reply.Error(redisWords));
  }

  /** Ends a command with this error. */
  public CommandException(Reply.Error reply) {
    super(reply.text(), null, false, false);
    this.reply = reply;
  }

  /** What the client is told. */
  public Reply.Error reply() {
    return reply;
  }
}
