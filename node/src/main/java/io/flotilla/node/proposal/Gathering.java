package io.flotilla.node.proposal;

/**
 * Decides when a batch that is being gathered should leave, if it may: at once, or after a linger
 * in which the other busy connections may join.
 *
 * <p>An entry costs some milliseconds of CPU over the nodes and a round some tens of microseconds,
 * however full they are, so a batch should hold a command of every connection that is busy. Busy
 * are those who had a command under way, or waiting, when the last batch was answered: clients that
 * wait for a reply before they send their next command come back within a few hundred microseconds
 * of it. So a batch leaves
 *
 * <ul>
 *   <li>at once if it holds commands of as many connections as were busy, or if only one was;
 *   <li>else when the linger is over, which runs from the last answer: after a pause nobody
 *       lingers, and a lone connection never does.
 * </ul>
 *
 * <p>Rejected: to call busy whoever was in the last two batches. A client that takes its one
 * command at a time round a pool of connections then pays the linger for each.
 *
 * <p>Not thread safe: its owner guards it.
 */
final class Gathering {
  private static final long NEVER = -1;

  /** A connection's place in the batches of one gatherer. */
  static final class Mark {
    /** The last batch that it was in. */
    private long batch = NEVER;
  }

  private final long lingerNanos;

  /** The batch that is being gathered. */
  private long number = NEVER + 1;

  /** Connections in it. */
  private int here;

  /** Connections in it that are in no batch under way. */
  private int fresh;

  /** Batches under way, answered in about the order in which they left, and their connections. */
  private int batchesUnderWay;

  private int underWay;

  private int busy;
  private long lingerUntil;

  Gathering(long lingerNanos, long nowNanos) {
    this.lingerNanos = lingerNanos;
    this.lingerUntil = nowNanos;
  }

  /** A command of this connection joins the batch that is being gathered. */
  void join(Mark connection) {
    if (connection.batch != number) {
      here++;
      if (connection.batch == NEVER || connection.batch < number - batchesUnderWay) {
        fresh++;
      }
      connection.batch = number;
    }
  }

  /** How long the batch should still wait; 0 or less: it should leave now. */
  long waitNanos(long nowNanos) {
    return here >= busy || busy <= 1 ? 0 : lingerUntil - nowNanos;
  }

  /**
   * The batch leaves; the next one is being gathered from here on.
   *
   * @return for {@link #answered}
   */
  int left() {
    int left = fresh;
    underWay += fresh;
    batchesUnderWay++;
    here = 0;
    fresh = 0;
    number++;
    return left;
  }

  /** A batch is answered: those who wait for it will soon be back. */
  void answered(int left, long nowNanos) {
    busy = underWay + fresh;
    underWay -= left;
    batchesUnderWay--;
    lingerUntil = nowNanos + lingerNanos;
  }
}
