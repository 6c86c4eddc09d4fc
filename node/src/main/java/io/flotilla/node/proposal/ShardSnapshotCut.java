package io.flotilla.node.proposal;

import io.flotilla.node.proposal.ReplicatedMachine.SnapshotCut;
import io.flotilla.statemachine.apply.ShardMachine;
import io.flotilla.statemachine.apply.ShardSnapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A shard's snapshot in the making, between the loop that walks the keys and the thread that writes
 * them.
 *
 * <p>The writer drives: it asks the loop for one step at a time, writes the pieces that came of it,
 * and asks again, so a slow disk slows the walk and nothing else. Only what writes displace comes
 * unasked. A step is short ({@link #STEP_BYTES}), so that commands wait behind it for a fraction of
 * a millisecond.
 */
final class ShardSnapshotCut implements SnapshotCut {
  /** What one step encodes: some 100 µs of the loop. */
  static final int STEP_BYTES = 64 * 1024;

  /**
   * Between two steps the writer rests so many times as long as the step took, from its posting to
   * its end: a walk has at most a quarter of the loop, and less where others want it.
   */
  private static final int REST_PER_STEP = 3;

  /**
   * The least rest: 32 MB a second, a fraction of what a disk takes, so that the log's fsyncs do
   * not wait behind a snapshot's.
   */
  private static final long REST_LEAST_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** The longest rest, so that a busy shard's snapshot ends too: 3 MB a second. */
  private static final long REST_MOST_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** How often the writer looks whether the replica has closed under it. */
  private static final long POLL_MILLIS = 100;

  /** Stands in the queue for "this step is done, there are more". */
  private static final byte[] STEP_DONE = new byte[0];

  /** Stands in the queue for "that was all". */
  private static final byte[] END = new byte[0];

  private final ShardLoop loop;
  private final ShardMachine machine;
  private final LinkedBlockingQueue<byte[]> pieces = new LinkedBlockingQueue<>();
  private final ShardSnapshot snapshot;
  private final LogPosition position;
  private volatile boolean closed;

  /** Begins the cut; on the shard's loop. */
  ShardSnapshotCut(ShardLoop loop, ShardMachine machine) {
    this.loop = loop;
    this.machine = machine;
    this.snapshot = machine.beginSnapshot(pieces::add);
    this.position = new LogPosition(snapshot.term(), snapshot.index());
  }

  @Override
  public LogPosition position() {
    return position;
  }

  private void step() {
    if (!closed) {
      pieces.add(snapshot.step(STEP_BYTES) ? STEP_DONE : END);
    }
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // the two marks are told from pieces by identity
  public void writeTo(OutputStream out) throws IOException {
    try {
      loop.execute(this::step);
      long posted = System.nanoTime();
      while (true) {
        byte[] piece = next();
        if (piece == END) {
          return;
        } else if (piece == STEP_DONE) {
          LockSupport.parkNanos(restNanos(System.nanoTime() - posted));
          loop.execute(this::step);
          posted = System.nanoTime();
        } else {
          out.write(piece);
        }
      }
    } catch (RejectedExecutionException e) {
      throw new IOException("the shard's replica has closed", e);
    }
  }

  private static long restNanos(long stepNanos) {
    return Math.clamp(REST_PER_STEP * stepNanos, REST_LEAST_NANOS, REST_MOST_NANOS);
  }

  private byte[] next() throws IOException {
    try {
      byte @Nullable [] piece = null;
      while (piece == null) {
        if (closed) {
          throw new IOException("the snapshot was given up");
        }
        piece = pieces.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
      }
      return piece;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while writing a snapshot", e);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      loop.execute(machine::endSnapshot);
    } catch (RejectedExecutionException e) {
      // The loop has ended, and the machine with it.
      return;
    }
  }
}
