package io.flotilla.node.session;

import io.flotilla.statemachine.reply.Reply;

/**
 * What the node does for a command that it answers itself. Called on the session's loop; must not
 * block.
 */
public sealed interface NodeCommand {
  /** Answers at once. */
  non-sealed interface Prompt extends NodeCommand {
    /** The reply. Arity has been checked. */
    Reply answer(Session session, byte[][] argv);
  }

  /** Answers in its own time. */
  non-sealed interface Slow extends NodeCommand {
    /** Begins; the reply goes to {@code later}, once. Arity has been checked. */
    void begin(Session session, byte[][] argv, Later later);
  }

  /** Where a reply that takes its time is awaited. */
  interface Later {
    /** Gives the reply; on the session's loop, once. */
    void answer(Reply reply);
  }
}
