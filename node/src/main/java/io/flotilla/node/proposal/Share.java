package io.flotilla.node.proposal;

import static java.util.Objects.requireNonNull;

import io.flotilla.statemachine.reply.Reply;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One loop's part of a batch: the requests in order and, later, what became of them. It goes back
 * to its loop as one task, however many requests it holds.
 *
 * <p>Hand-over: the lane fills it, then whoever gathers owns it, then whoever settles it; each
 * hands it on through a lock or a queue, so it needs none of its own.
 */
final class Share implements Runnable {
  private static final int FIRST_ROOM = 16;

  final Lane lane;
  Request[] requests = new Request[FIRST_ROOM];
  int count;
  long bytes;

  /** Whether the machine can be busy with one of them for long. */
  boolean mayBeSlow;

  /** Where the batch stands in the log that it was part of; 0 for reads. */
  long index;

  private @Nullable Reply @Nullable [] replies;
  private int firstReply;
  private @Nullable Failure failure;

  Share(Lane lane) {
    this.lane = lane;
  }

  void add(Request request) {
    if (count == requests.length) {
      requests = Arrays.copyOf(requests, count * 2);
    }
    requests[count++] = request;
    bytes += request.bytes;
    mayBeSlow |= request.mayBeSlow();
  }

  /** Takes over the requests of another share of the same lane. */
  void addAll(Share more) {
    int total = count + more.count;
    if (total > requests.length) {
      requests = Arrays.copyOf(requests, Math.max(total, requests.length * 2));
    }
    System.arraycopy(more.requests, 0, requests, count, more.count);
    count = total;
    bytes += more.bytes;
    mayBeSlow |= more.mayBeSlow;
  }

  /** The replies are in this array, from this place on; a null one is answered by another share. */
  void settle(@Nullable Reply[] all, int first) {
    replies = all;
    firstReply = first;
  }

  /** None of the requests has a reply. */
  void settle(Failure why) {
    failure = why;
  }

  /** Brings the outcome to the loop of the connections; on that loop, at once. */
  void goBack() {
    if (lane.loop.isOnLoop()) {
      run();
    } else {
      lane.loop.execute(this);
    }
  }

  /** On the lane's loop: completes the requests. */
  @Override
  public void run() {
    lane.complete(this);
  }

  /** Whether the request at this place has its outcome here; else in another share. */
  boolean isSettled(int place) {
    return failure != null || (replies != null && replies[firstReply + place] != null);
  }

  /** Completes the request at this place, which has its outcome here. */
  void complete(int place) {
    Request request = requests[place];
    if (failure != null) {
      request.failed(failure);
      return;
    }
    Reply reply = requireNonNull(requireNonNull(replies)[firstReply + place]);
    if (reply instanceof Reply.Elsewhere elsewhere) {
      request.failed(new Failure.NotOwned(elsewhere.slot()));
    } else {
      request.answered(reply);
    }
  }
}
