package io.flotilla.statemachine.apply;

import io.flotilla.statemachine.keyspace.Walk;
import io.flotilla.statemachine.snapshot.ChunkWriter;

/**
 * A snapshot in the making: an exact cut at one index, written piece by piece while the shard goes
 * on. The machine's {@link ShardMachine#step} moves it on, and writes move it where they must; the
 * pieces go to the consumer given at the beginning, in order.
 */
public final class ShardSnapshot {
  private final long term;
  private final long index;
  private final ChunkWriter writer;
  private final Walk walk;
  private boolean ended;

  ShardSnapshot(long term, long index, ChunkWriter writer, Walk walk) {
    this.term = term;
    this.index = index;
    this.writer = writer;
    this.walk = walk;
  }

  /** The term of the cut's entry. */
  public long term() {
    return term;
  }

  /** The index of the cut: the state after this entry and before the next. */
  public long index() {
    return index;
  }

  /** Goes on for about so many bytes; whether there is more to do. On the shard's loop. */
  public boolean step(int byteBudget) {
    if (!ended && !walk.step(byteBudget)) {
      ended = true;
      writer.end();
    }
    return !ended;
  }

  /** Gives the snapshot up, finished or not. On the shard's loop. */
  public void close() {
    ended = true;
    walk.close();
  }
}
