package io.flotilla.node.session;

import java.util.ArrayList;
import java.util.List;

/**
 * What stands between MULTI and EXEC: commands that were looked at and queued, none of them run.
 *
 * <p>An error while queueing makes EXEC refuse the whole. The queue must fit one log entry, so it
 * is bounded like a request.
 */
final class Transaction {
  /** A queued command. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Queued(CommandBook.Entry entry, byte[][] argv) {}

  private final List<Queued> commands = new ArrayList<>();
  private long bytes;
  private boolean broken;

  void add(CommandBook.Entry entry, byte[][] argv, long cost) {
    commands.add(new Queued(entry, argv));
    bytes += cost;
  }

  /** From now on EXEC refuses. */
  void broken() {
    broken = true;
  }

  boolean isBroken() {
    return broken;
  }

  List<Queued> commands() {
    return commands;
  }

  /** What the queue holds, by {@link io.flotilla.node.resp.RequestDecoder#cost}. */
  long bytes() {
    return bytes;
  }
}
