package io.flotilla.node.session;

import io.flotilla.node.session.NodeCommand.Later;
import io.flotilla.statemachine.reply.Reply;
import org.jspecify.annotations.Nullable;

/**
 * A place in the line of a connection's replies: taken when the request arrives, filled when its
 * reply is known, and left when it is first in the line. So replies leave in the order of the
 * requests, whatever completes first.
 */
interface Place {
  /** The reply; null while it is awaited. */
  @Nullable Reply reply();

  /** The command, for counting; null for what is none. */
  CommandBook.@Nullable Entry entry();

  /** The request's arguments, for the slow log; empty where they are not kept. */
  byte[][] arguments();

  /** What the request costs among the bytes in flight. */
  long cost();

  /** Whether the client wants no reply (CLIENT REPLY). */
  boolean muted();

  /** When the request was taken up, {@code nanoTime}. */
  long sinceNanos();

  /** How long a machine, or the node, was busy with it, nanoseconds: what SLOWLOG tells. */
  long ranNanos();

  /** A place of a reply that no single shard gives. */
  final class Own implements Place, Later {
    private final Session session;
    private final CommandBook.@Nullable Entry entry;
    private final byte[][] argv;
    private final long cost;
    private final boolean muted;
    private final long sinceNanos;
    private long ranNanos;
    private @Nullable Reply reply;

    Own(
        Session session,
        CommandBook.@Nullable Entry entry,
        byte[][] argv,
        long cost,
        boolean muted,
        long sinceNanos) {
      this.session = session;
      this.entry = entry;
      this.argv = argv;
      this.cost = cost;
      this.muted = muted;
      this.sinceNanos = sinceNanos;
    }

    @Override
    public void answer(Reply value) {
      put(value);
      session.filled();
    }

    /** Something was busy with the request for so long, or for so long more. */
    void ran(long nanos) {
      ranNanos += nanos;
    }

    /** Fills the place without leaving the line yet. */
    void put(Reply value) {
      if (reply != null) {
        throw new IllegalStateException("a request was answered twice");
      }
      reply = value;
    }

    @Override
    public @Nullable Reply reply() {
      return reply;
    }

    @Override
    public CommandBook.@Nullable Entry entry() {
      return entry;
    }

    @Override
    public byte[][] arguments() {
      return argv;
    }

    @Override
    public long cost() {
      return cost;
    }

    @Override
    public boolean muted() {
      return muted;
    }

    @Override
    public long sinceNanos() {
      return sinceNanos;
    }

    @Override
    public long ranNanos() {
      return ranNanos;
    }
  }
}
