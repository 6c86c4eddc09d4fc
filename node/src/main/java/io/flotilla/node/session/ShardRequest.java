package io.flotilla.node.session;

import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.proposal.Failure;
import io.flotilla.node.proposal.Request;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.reply.Reply;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way to a shard: what becomes of it is told to {@link #fill}, in the client's
 * words.
 */
abstract class ShardRequest extends Request {
  /** Of a request without a key: it is bound to its shard, so nobody else can be named. */
  static final int NO_SLOT = -1;

  final Session session;
  final Shard shard;

  /** The slot of its keys, or {@link #NO_SLOT}. */
  final int slot;

  ShardRequest(Session session, Shard shard, int slot, Kind kind, Command command, byte[][] argv) {
    super(kind, command, argv);
    this.session = session;
    this.shard = shard;
    this.slot = slot;
  }

  ShardRequest(Session session, Shard shard, int slot, Item.Transaction transaction) {
    super(transaction);
    this.session = session;
    this.shard = shard;
    this.slot = slot;
  }

  /** Takes the reply, once. */
  abstract void fill(Reply reply);

  /** Its place in the line of replies; null where it is alone in the line. */
  abstract @Nullable Place place();

  /** Whether the reply is there. */
  abstract boolean isFilled();

  @Override
  protected final void answered(Reply reply) {
    if (reply instanceof Reply.Elsewhere elsewhere) {
      failed(new Failure.NotOwned(elsewhere.slot()));
    } else {
      fill(reply);
    }
  }

  @Override
  protected final void failed(Failure failure) {
    session.failed(this, failure);
  }
}
