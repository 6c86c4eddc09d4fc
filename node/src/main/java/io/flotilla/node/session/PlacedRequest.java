package io.flotilla.node.session;

import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.statemachine.reply.Reply;
import org.jspecify.annotations.Nullable;

/**
 * A command of one shard, which is also its place in the line of replies: the one object that most
 * commands cost here.
 */
class PlacedRequest extends ShardRequest implements Place {
  private final CommandBook.Entry entry;
  private final byte[][] argv;
  private final long cost;
  private final boolean muted;
  private final long sinceNanos;
  private @Nullable Reply reply;

  PlacedRequest(
      Session session,
      Shard shard,
      int slot,
      Kind kind,
      CommandBook.Entry entry,
      byte[][] argv,
      long cost,
      boolean muted,
      long sinceNanos) {
    super(session, shard, slot, kind, entry.command(), argv);
    this.entry = entry;
    this.argv = argv;
    this.cost = cost;
    this.muted = muted;
    this.sinceNanos = sinceNanos;
  }

  @Override
  void fill(Reply value) {
    reply = value;
  }

  @Override
  final Place place() {
    return this;
  }

  @Override
  final boolean isFilled() {
    return reply != null;
  }

  @Override
  public final @Nullable Reply reply() {
    return reply;
  }

  @Override
  public final CommandBook.Entry entry() {
    return entry;
  }

  @Override
  public final byte[][] arguments() {
    return argv;
  }

  @Override
  public final long cost() {
    return cost;
  }

  @Override
  public final boolean muted() {
    return muted;
  }

  @Override
  public final long sinceNanos() {
    return sinceNanos;
  }

  @Override
  public final long ranNanos() {
    return machineNanos();
  }
}
