package io.flotilla.node.proposal;

/**
 * Decides when a batch that is being gathered should leave, if it may: at once, or after a linger
 * in which the other busy connections may join.
 *
 * <p>An entry costs some milliseconds of CPU over the nodes and a round some tens of microseconds,
 * however full they are, so a batch should hold a command of every connection that is busy. Clients
 * that wait for a reply before they send their next command come back within a few hundred
 * microseconds of the last batch's replies; so a batch leaves
 *
 * <ul>
 *   <li>at once if it holds a command of every connection that was in the last two batches (two,
 *       else two halves of the connections could take turns for ever), or if nobody else is busy;
 *   <li>else when the linger is over, which runs from the replies of the last batch: after a pause
 *       nobody lingers, and a lone connection never does.
 * </ul>
 *
 * If the linger was in vain, those who did not come are not waited for again until they return.
 *
 * <p>Not thread safe: its owner guards it.
 */
final class Gathering {
  /** A connection's place in the batches of one gatherer. */
  static final class Mark {
    private long batch = -1;
  }

  private final long lingerNanos;
  private long number;
  private int here;
  private int alsoInLast;
  private int inLast;
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
      if (connection.batch == number - 1) {
        alsoInLast++;
      }
      connection.batch = number;
    }
  }

  /** How long the batch should still wait; 0 or less: it should leave now. */
  long waitNanos(long nowNanos) {
    if (here >= busy || busy <= 1) {
      return 0;
    }
    return lingerUntil - nowNanos;
  }

  /** The batch leaves; the next one is being gathered from here on. */
  void left() {
    boolean inVain = here < busy;
    busy = inVain ? here : here + inLast - alsoInLast;
    inLast = here;
    here = 0;
    alsoInLast = 0;
    number++;
  }

  /** The replies of a batch are on their way: those who wait for them will soon be back. */
  void answered(long nowNanos) {
    lingerUntil = nowNanos + lingerNanos;
  }
}
