package io.flotilla.node.proposal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;

/**
 * A shard's loop without a thread: what is queued runs when the test says so. Any thread may queue,
 * as with the real one: a snapshot's writer does.
 */
final class ManualShardLoop implements ShardLoop {
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final BooleanSupplier mayRunInline;
  private boolean running;

  /** A loop that lets callers run their tasks themselves where this says so. */
  ManualShardLoop(BooleanSupplier mayRunInline) {
    this.mayRunInline = mayRunInline;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public boolean tryRun(Runnable task) {
    if (running || !tasks.isEmpty() || !mayRunInline.getAsBoolean()) {
      return false;
    }
    take(task);
    return true;
  }

  private void take(Runnable task) {
    running = true;
    try {
      task.run();
    } finally {
      running = false;
    }
  }

  /** Runs what is queued, then the task: the turn of Raft's apply thread. */
  void runNow(Runnable task) {
    pass();
    if (running) {
      throw new AssertionError("two turns at once");
    }
    take(task);
  }

  /** Runs what is queued. */
  void pass() {
    if (running) {
      return;
    }
    Runnable task = tasks.poll();
    while (task != null) {
      take(task);
      task = tasks.poll();
    }
  }

  @Override
  public boolean isOnLoop() {
    return running;
  }

  @Override
  public void close() {
    pass();
  }
}
