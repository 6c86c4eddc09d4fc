package io.flotilla.node.proposal;

/**
 * The one turn in which a group's machine is touched, apply and read alike (ARCHITECTURE §5).
 *
 * <p>Batches cross threads here, commands do not: a task is a batch's worth of work. Tasks run one
 * at a time, in the order of their submission, each seeing what those before it wrote. It is not
 * always the same thread that runs them: Raft's apply thread runs an entry itself where the loop is
 * idle, and {@link #tryRun} lets others do so, because a change of thread costs more than most
 * batches. After {@link #close} tasks are refused with a {@code RejectedExecutionException}.
 */
public interface ShardLoop extends AutoCloseable {
  /** Runs the task on the loop, soon and on another thread; any thread; never blocks. */
  void execute(Runnable task);

  /**
   * Runs the task now, on the caller's thread, if nothing runs or waits here; else does nothing.
   * Any thread; never blocks but for the task itself.
   *
   * @return whether the task was run
   */
  default boolean tryRun(Runnable task) {
    return false;
  }

  /** Whether the caller has the turn. */
  boolean isOnLoop();

  /** Runs what is queued, then ends. */
  @Override
  void close();
}
