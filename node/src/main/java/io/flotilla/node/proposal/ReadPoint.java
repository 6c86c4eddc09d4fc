package io.flotilla.node.proposal;

import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.node.proposal.ShardLog.Voters;

/**
 * What a leader wants to have confirmed: that in this term nobody had replaced it when the read
 * index was taken.
 *
 * <p><b>The order of the questions is the proof.</b> Each getter of {@link ShardLog} is a read of
 * its own, and the division may change between any two of them:
 *
 * <ol>
 *   <li>t = the current term. All that follows is about t.
 *   <li>The division leads and is ready. Ratis lowers the role before it raises the term; asking
 *       for readiness first could pair the leadership of an old term with a newer term, for which
 *       every voter would vouch.
 *   <li>The last entry that the machine has passed is of term t: then the leadership of step 2 is
 *       that of t, and everything committed by earlier leaders lies at or below the commit index.
 *   <li>The read index = the last committed index. Whatever this leader has acknowledged is at or
 *       below it.
 *   <li>The voters. After the read index: a configuration that this leader had appended by then is
 *       among those asked.
 *   <li>The current term is still t.
 * </ol>
 *
 * A majority that answers t to a question that was sent after step 6 had not voted for any later
 * leader at step 4, so none had been elected by then, and none had acknowledged a write above the
 * read index (ARCHITECTURE §4; the read-index method of Ongaro's thesis, §6.4, with terms in place
 * of heartbeats).
 */
sealed interface ReadPoint {

  /** A point that a majority may confirm. */
  record Point(long term, long readIndex, Voters voters) implements ReadPoint {}

  /** There is none: certainly no reads here now. */
  record None(Failure why) implements ReadPoint {}

  /**
   * How a point is taken; a seam only so that tests can show that other orders serve stale reads.
   */
  interface Taker {
    ReadPoint take(ShardLog log);
  }

  /** Takes a point in the one sound order. */
  static ReadPoint take(ShardLog log) {
    long term = log.currentTerm();
    if (!log.isLeaderReady()) {
      return none(log);
    }
    if (log.lastApplied().term() != term) {
      return none(log);
    }
    long readIndex = log.committedIndex();
    Voters voters = log.voters();
    if (log.currentTerm() != term) {
      return none(log);
    }
    return new Point(term, readIndex, voters);
  }

  private static None none(ShardLog log) {
    if (log.isLeader()) {
      return new None(new Failure.NotReady("the leader has not yet applied an entry of its term"));
    }
    LeaderHint hint = log.leader();
    return new None(new Failure.NotLeader(hint));
  }
}
