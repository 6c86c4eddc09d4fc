package io.flotilla.node.proposal;

import org.jspecify.annotations.Nullable;

/**
 * A {@link Strand}: decides for each request which of the two roads it may take now.
 *
 * <pre>
 *   read,  no write unanswered          → a round          (queued until the end of this pass)
 *   read,  a write unanswered           → the batch, riding at its place
 *   write, no read in a round           → the batch; reads queued in this pass go before it, riding
 *   write, a read in a round            → held until that read is answered; what follows is held too
 *   read,  reads on the other road      → held likewise (the leader's rounds, or a replica's question)
 * </pre>
 *
 * <p>Invariants: {@link #inRounds} and {@link #inBatches} are never both above zero. While {@link
 * #heldFirst} is set, {@code inRounds} is above zero or reads are queued: that is what it waits
 * for.
 */
final class ShardStrand implements Strand {
  final Asker asker;
  final Gathering.Mark inWrites = new Gathering.Mark();
  final Gathering.Mark inReads = new Gathering.Mark();

  /** Reads of this strand that wait for machine time; touched on the shard's loop only. */
  int waitingForTime;

  /** The last entry of the log that holds a command of this strand; 0 before there is one. */
  long lastIndex;

  /** Whether the lane has it among those to tell {@link Asker#settled}. */
  boolean touched;

  /** Whether the lane has it among those to tell {@link Asker#relieved}. */
  boolean stopped;

  private final Lane lane;

  /** Requests in batches: writes and riding reads. */
  private int inBatches;

  /** Reads that have been handed over to a round. */
  private int inRounds;

  /** Which road they took. */
  private Request.Kind roundsKind = Request.Kind.READ;

  /** Stale reads, which no order binds. */
  private int stale;

  private @Nullable Request queuedFirst;
  private @Nullable Request queuedLast;
  private @Nullable Request heldFirst;
  private @Nullable Request heldLast;

  ShardStrand(Lane lane, Asker asker) {
    this.lane = lane;
    this.asker = asker;
  }

  @Override
  public boolean submit(Request request) {
    request.strand = this;
    request.next = null;
    request.riding = false; // it may have ridden before, and come back undone
    route(request);
    return lane.mayGoOn(this);
  }

  private void route(Request request) {
    switch (request.kind) {
      case STALE_READ -> {
        stale++;
        lane.staleRead(request);
      }
      case READ, REPLICA_READ -> {
        if (heldFirst != null || !mayJoinReads(request.kind)) {
          hold(request);
        } else if (inBatches > 0) {
          ride(request);
        } else {
          queue(request);
        }
      }
      case WRITE -> {
        if (heldFirst != null || inRounds > 0) {
          hold(request);
        } else {
          Request read = queuedFirst;
          queuedFirst = null;
          queuedLast = null;
          while (read != null) {
            Request following = read.next;
            read.next = null;
            ride(read);
            read = following;
          }
          ride(request);
        }
      }
    }
  }

  /**
   * Rounds of one shard follow one another, so a leader's reads may; the other road's may overtake.
   */
  private boolean mayJoinReads(Request.Kind kind) {
    if (inRounds > 0 && (kind == Request.Kind.REPLICA_READ || roundsKind != kind)) {
      return false;
    }
    return queuedFirst == null || queuedFirst.kind == kind;
  }

  private void ride(Request request) {
    inBatches++;
    request.riding = true;
    lane.toBatch(request);
  }

  private void queue(Request request) {
    if (queuedLast == null) {
      queuedFirst = request;
      lane.hasReads(this);
    } else {
      queuedLast.next = request;
    }
    queuedLast = request;
  }

  private void hold(Request request) {
    if (heldLast == null) {
      heldFirst = request;
    } else {
      heldLast.next = request;
    }
    heldLast = request;
  }

  /** The end of a pass: the reads that were queued in it go to a round, as the first of a chain. */
  @Nullable Request takeQueued() {
    Request first = queuedFirst;
    queuedFirst = null;
    queuedLast = null;
    for (Request r = first; r != null; r = r.next) {
      inRounds++;
      roundsKind = r.kind;
    }
    return first;
  }

  /** One of the requests was completed. */
  void completed(Request request) {
    if (request.kind == Request.Kind.STALE_READ) {
      stale--;
    } else if (request.riding) {
      inBatches--;
    } else {
      inRounds--;
    }
  }

  /** After a run of completions: what was held behind reads may go, if they are answered. */
  void releaseHeld() {
    if (heldFirst == null || inRounds > 0 || queuedFirst != null) {
      return;
    }
    Request request = heldFirst;
    heldFirst = null;
    heldLast = null;
    while (request != null) {
      Request following = request.next;
      request.next = null;
      route(request);
      request = following;
    }
  }

  @Override
  public long lastIndex() {
    return lastIndex;
  }

  @Override
  public boolean isIdle() {
    return inBatches == 0
        && inRounds == 0
        && stale == 0
        && queuedFirst == null
        && heldFirst == null;
  }
}
