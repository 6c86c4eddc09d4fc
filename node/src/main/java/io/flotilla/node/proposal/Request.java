package io.flotilla.node.proposal;

import io.flotilla.statemachine.reply.Reply;
import org.jspecify.annotations.Nullable;

/**
 * One command (or one transaction) on its way to a shard and back.
 *
 * <p>The session extends it by what it needs to put the reply in its place: one object per command,
 * no future and no lambda. Exactly one of {@link #answered} and {@link #failed} is called, once, on
 * the connection's loop; {@link Asker#settled} follows after the last of a run of them.
 */
public abstract class Request {
  /** What a request asks of the shard. */
  public enum Kind {
    /** Reads at a point that is certainly not older than the moment of asking. */
    READ,
    /** Reads this replica as it stands, as Redis does after READONLY: may be stale. */
    STALE_READ,
    /** Changes something, so it goes through the log. */
    WRITE
  }

  final Kind kind;
  final byte[][] argv;

  /** The next request of the same strand, while it waits. */
  @Nullable Request next;

  /**
   * A command.
   *
   * @param argv its name and arguments; not copied, and never changed again by anyone
   */
  protected Request(Kind kind, byte[][] argv) {
    this.kind = kind;
    this.argv = argv;
  }

  /** The machine's reply; an error reply is a reply. */
  protected abstract void answered(Reply reply);

  /** There is no reply of the machine. */
  protected abstract void failed(Failure failure);
}
