package io.flotilla.node.proposal;

import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.EntryCodec;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An entry that no client asked for (time, sweep, ownership, check …) on its way into the log, and
 * what is to happen with its outcome. It does not wait behind the batches, nor take a place in
 * flight.
 */
abstract class ControlProposal implements Proposal {
  private @Nullable Entry entry;
  private @Nullable ByteBuffer encoded;

  /** The entry, under the leader's time as it is proposed. */
  abstract Entry make(long stampMillis);

  /** Applied at this position; on the shard's loop. */
  abstract void applied(LogPosition position);

  /** Not applied, or not known to be; on the shard's loop or that of the log. May be told once. */
  abstract void failed(Failure why);

  final void seal(long stampMillis) {
    Entry made = make(stampMillis);
    entry = made;
    encoded = ByteBuffer.wrap(EntryCodec.encode(made)).asReadOnlyBuffer();
  }

  final Entry made() {
    if (entry == null) {
      throw new IllegalStateException("not sealed");
    }
    return entry;
  }

  @Override
  public final ByteBuffer entry() {
    if (encoded == null) {
      throw new IllegalStateException("not sealed");
    }
    return encoded;
  }

  @Override
  public final void refused(Refusal why) {
    failed(Refusals.failure(why, null));
  }

  @Override
  public final void unknown(String why) {
    failed(new Failure.Unknown(why));
  }
}
