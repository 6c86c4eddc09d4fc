package io.flotilla.node.proposal;

/**
 * The one thread on which a set of connections lives: Netty's event loop, seen without Netty.
 *
 * <p>What belongs to a connection ({@link Asker}, {@link Strand}, {@link Request}) is touched on
 * its loop only, so it needs no lock. A task that a task posts runs after the sockets that are
 * ready now have been read: that is how one pass over all ready sockets forms one batch.
 */
public interface ConnectionLoop {
  /**
   * Runs the task on the loop, soon, in the order of submission; any thread; never blocks. A
   * stopped loop drops the task.
   */
  void execute(Runnable task);

  /**
   * Runs the task on the loop when the delay is over, or a little later; any thread; never blocks.
   * Cannot be taken back.
   */
  void schedule(Runnable task, long delayNanos);

  /** Whether the caller is on the loop. */
  boolean isOnLoop();
}
