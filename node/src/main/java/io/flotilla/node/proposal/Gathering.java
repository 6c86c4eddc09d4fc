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
 *       lingers, and a lone connection never does. It is prolonged while replies are still being
 *       written and connections keep coming, for as long as a gap between two of them may be. The
 *       more are missing, the longer that may be: to leave without a crowd costs its members a
 *       whole round, and on a small machine a client waits for a processor longer than for a reply.
 * </ul>
 *
 * <p>Rejected: to call busy whoever was in the last two batches. A client that takes its one
 * command at a time round a pool of connections then pays the linger for each.
 *
 * <p>Not thread safe: its owner guards it.
 */
final class Gathering {
  private static final long NEVER = -1;

  /** How many lingers a batch waits at most while connections keep coming. */
  private static final int LINGERS_MOST = 8;

  /** A gap is half a linger, and half a linger more for each so many that are missing, … */
  private static final int CROWD = 8;

  /** … up to so many halves. */
  private static final int GAP_HALVES_MOST = 4;

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
  private long answeredNanos;
  private long stirredNanos;

  Gathering(long lingerNanos, long nowNanos) {
    this.lingerNanos = lingerNanos;
    this.answeredNanos = nowNanos - LINGERS_MOST * lingerNanos;
    this.stirredNanos = answeredNanos;
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

  /** Some connections have joined just now, or were served and may be back soon. */
  void stirred(long nowNanos) {
    stirredNanos = nowNanos;
  }

  /** How long the batch should still wait; 0 or less: it should leave now. */
  long waitNanos(long nowNanos) {
    int missing = busy - here;
    if (missing <= 0 || busy <= 1) {
      return 0;
    }
    long gap = lingerNanos / 2 * Math.min(GAP_HALVES_MOST, 1 + missing / CROWD);
    long sinceAnswer = nowNanos - answeredNanos;
    return Math.min(
        LINGERS_MOST * lingerNanos - sinceAnswer,
        Math.max(lingerNanos - sinceAnswer, gap - (nowNanos - stirredNanos)));
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
    answeredNanos = nowNanos;
  }
}
