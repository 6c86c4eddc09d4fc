package io.flotilla.node.proposal;

import static java.util.Objects.requireNonNull;

import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.EntryCodec;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.reply.Reply;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Commands of many connections on their way to one log entry: gathered, sealed with a number and
 * the leader's time, proposed, and settled once.
 *
 * <pre>
 *   gathering ──seal──► handed to the log ──► applied      the replies
 *       │                     │    ├─────────► refused,
 *       │                     │    │           overtaken    certainly not done
 *       │                     │    └─────────► deadline     Unknown; a later outcome is not told
 *       └──► leadership lost, waited too long               certainly not done
 * </pre>
 *
 * <p>The parsed commands stay beside the entry, so the leader does not parse its own bytes again,
 * and the riding reads, which are not in the bytes, find their place.
 *
 * <p>Threads: the proposer's lock guards it until it is sealed; then one thread at a time has it,
 * and {@link #settled}, guarded by that lock, decides whose outcome counts.
 */
final class WriteBatch implements Proposal {
  private static final int HEADER_BYTES = 64;

  private final ShardProposer proposer;
  final long gatheredNanos;
  final List<Share> shares = new ArrayList<>(2);
  int count;
  long entryBytes;

  private @Nullable BatchId id;
  private Entry.@Nullable Batch entry;
  private @Nullable ByteBuffer encoded;
  long deadlineNanos;

  /** When it was handed to the log, and when its place in flight was free again. */
  long proposedNanos;

  long landedNanos;

  /** Where it stands in the log; set when it is applied. */
  long index;

  /** What {@link Gathering} wants back when the batch is answered. */
  int gathered;

  /** Whether it still takes one of the places in flight; guarded by the proposer's lock. */
  boolean inFlight;

  /** Whether its requests have been told an outcome; guarded by the proposer's lock. */
  boolean settled;

  WriteBatch(ShardProposer proposer, long nowNanos) {
    this.proposer = proposer;
    this.gatheredNanos = nowNanos;
  }

  /** Adds a request to the share of its lane. */
  void add(Lane lane, Request request) {
    Share share = null;
    for (int i = shares.size() - 1; i >= 0 && share == null; i--) {
      if (shares.get(i).lane == lane) {
        share = shares.get(i);
      }
    }
    if (share == null) {
      share = new Share(lane);
      shares.add(share);
    }
    share.add(request);
    count++;
    entryBytes += request.entryBytes;
  }

  /** Gives it its name, and closes it: from here on no request joins. */
  void name(BatchId name) {
    id = name;
  }

  /** Makes the entry. */
  void seal(long stampMillis) {
    Item[] items = new Item[count];
    int at = 0;
    for (Share share : shares) {
      for (int i = 0; i < share.count; i++) {
        items[at++] = share.requests[i].item();
      }
    }
    Entry.Batch sealed = new Entry.Batch(requireNonNull(id), stampMillis, Arrays.asList(items));
    ByteSink sink = new ByteSink((int) Math.min(Integer.MAX_VALUE / 2, HEADER_BYTES + entryBytes));
    EntryCodec.encode(sealed, sink);
    entry = sealed;
    encoded = ByteBuffer.wrap(sink.array(), 0, sink.size()).asReadOnlyBuffer();
  }

  long number() {
    return requireNonNull(id).number();
  }

  /** The entry with the riding reads at their places. */
  Entry.Batch batch() {
    if (entry == null) {
      throw new IllegalStateException("not sealed");
    }
    return entry;
  }

  /** Gives every share its replies and sends it home. */
  void answer(Reply[] replies) {
    int first = 0;
    for (Share share : shares) {
      share.index = index;
      share.settle(replies, first);
      first += share.count;
    }
    goBack();
  }

  /** Gives every share the failure and sends it home. */
  void fail(Failure why) {
    for (Share share : shares) {
      share.settle(why);
    }
    goBack();
  }

  private void goBack() {
    for (Share share : shares) {
      share.lane.loop.execute(share);
    }
  }

  // ------------------------------------------------------------------------------ Proposal

  @Override
  public ByteBuffer entry() {
    if (encoded == null) {
      throw new IllegalStateException("not sealed");
    }
    return encoded;
  }

  @Override
  public void refused(Refusal why) {
    proposer.refused(this, why);
  }

  @Override
  public void unknown(String why) {
    proposer.unknown(this);
  }

  @Override
  public void overtaken() {
    proposer.overtaken(this);
  }

  /** Short, and free of users' bytes. */
  @Override
  public String toString() {
    return "batch " + (id == null ? "without a name" : id.number()) + " of " + count + " commands";
  }
}
