package io.flotilla.node.proposal;

/**
 * The one thread on which a group's machine is touched, apply and read alike (ARCHITECTURE §5).
 *
 * <p>Batches cross threads here, commands do not: a task is a batch's worth of work. Tasks run in
 * the order of their submission by one thread. After {@link #close} tasks are refused.
 */
public interface ShardLoop extends AutoCloseable {
  /** Runs the task on the loop, soon; any thread; never blocks. */
  void execute(Runnable task);

  /** Whether the caller is on the loop. */
  boolean isOnLoop();

  /** Runs what is queued, then ends the thread. */
  @Override
  void close();
}
