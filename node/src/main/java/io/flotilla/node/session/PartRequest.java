package io.flotilla.node.session;

import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.session.NodeCommand.Later;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.reply.Reply;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request that is part of a larger answer: one shard's share of a command that covers several, or
 * a transaction.
 */
final class PartRequest extends ShardRequest {
  private final Consumer<Reply> then;
  private final Place.@Nullable Own place;
  private final Place.@Nullable Own timed;
  private boolean filled;

  /**
   * A shard's share.
   *
   * @param asker whom it is for: a place in the line is told how long it took
   */
  PartRequest(
      Session session,
      Shard shard,
      int slot,
      Kind kind,
      Command command,
      byte[][] argv,
      Later asker,
      Consumer<Reply> then) {
    super(session, shard, slot, kind, command, argv);
    this.then = then;
    this.timed = asker instanceof Place.Own own ? own : null;
    this.place = null; // such commands wait until they are alone in the line
  }

  PartRequest(
      Session session,
      Shard shard,
      int slot,
      Item.Transaction transaction,
      Place.Own place,
      Consumer<Reply> then) {
    super(session, shard, slot, transaction);
    this.then = then;
    this.place = place;
    this.timed = place;
  }

  @Override
  @Nullable Place place() {
    return place;
  }

  @Override
  void fill(Reply reply) {
    filled = true;
    if (timed != null) {
      timed.ran(machineNanos());
    }
    then.accept(reply);
  }

  @Override
  boolean isFilled() {
    return filled;
  }
}
