package io.flotilla.node.raft;

import io.flotilla.node.proposal.ShardLoop;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ShardLoop} whose turn can be taken by the thread that brings the task, where nobody else
 * is at work.
 *
 * <pre>
 *   turn free, queue empty ──tryRun──▶ the caller runs the task itself      (no change of thread)
 *   else                   ──execute─▶ queue ──▶ the loop's own thread runs it, in order of arrival
 * </pre>
 *
 * <p>What matters to a machine is that its tasks run one at a time, in order, each seeing what the
 * one before wrote; that it is always the same thread does not. A change of thread costs two
 * context switches and some ten microseconds on a small machine, as much as a whole small batch;
 * Raft's apply thread brings each entry at a moment when the loop is mostly idle, so it runs the
 * entry itself and pays none.
 *
 * <p>The turn is {@link #count}, the number of tasks waiting or running. Whoever raises it from 0
 * has the turn: {@link #tryRun} runs its task at once, {@link #execute} gives the turn to the
 * loop's thread. Whoever ends a task lowers it, and if others have arrived meanwhile passes the
 * turn to the loop's thread, which keeps it until the count is 0. Each change of hands goes through
 * the atomic counter, so that a task happens-before the next.
 *
 * <p>A task is counted before it is queued. The other way round the loop's thread could run a task
 * that is not counted yet on another's count: the count would be 0 with the other still queued, and
 * {@link #tryRun} would run a later task of the same thread before it, so that entries were applied
 * out of order.
 *
 * <p>Invariant: at most one thread has the turn. Invariant: no more tasks are queued than counted.
 * Invariant: a task runs after all that arrived before it. The idea of a counter that serializes
 * without a lock is that of the queue-drain loops of RxJava.
 */
final class TurnLoop implements ShardLoop {
  /** How long {@link #close} waits for the tasks that are queued. */
  private static final long CLOSE_WAIT_MILLIS = 10_000;

  /** The counter's value after the end. */
  private static final int ENDED = Integer.MIN_VALUE / 2;

  /** Longer than a thread takes from counting a task to queueing it, if nothing stops it. */
  private static final int SPINS = 100;

  private static final long REST_NANOS = 20_000;

  private final Queue<Runnable> queue;
  private final AtomicInteger count = new AtomicInteger();
  private final Consumer<Throwable> onFailure;
  private final Thread worker;
  private volatile boolean workersTurn;
  private volatile boolean closing;
  private volatile boolean stopped;
  private volatile @Nullable Thread owner;

  /**
   * @param onFailure told what a task threw, on the thread that ran it
   */
  TurnLoop(String name, Consumer<Throwable> onFailure) {
    this(name, onFailure, new ConcurrentLinkedQueue<>());
  }

  /**
   * @param queue of any number of threads; a test's may hold a thread that adds
   */
  TurnLoop(String name, Consumer<Throwable> onFailure, Queue<Runnable> queue) {
    this.queue = queue;
    this.onFailure = onFailure;
    this.worker = new Thread(this::work, name);
    this.worker.setDaemon(true);
    this.worker.start();
  }

  @Override
  public void execute(Runnable task) {
    int before = count.getAndIncrement();
    if (before < 0) {
      throw new RejectedExecutionException(worker.getName() + " has ended");
    }
    queue.add(task);
    if (before == 0) {
      giveTurnToWorker();
    }
  }

  @Override
  public boolean tryRun(Runnable task) {
    if (!count.compareAndSet(0, 1)) {
      return false;
    }
    runOne(task);
    if (count.decrementAndGet() > 0) {
      giveTurnToWorker();
    } else if (closing) {
      wakeToEnd();
    }
    return true;
  }

  /**
   * Runs the task in its turn and waits for its end; on the loop, at once. What the task throws
   * comes back to the caller.
   */
  <T> T call(Callable<T> task) throws Exception {
    if (isOnLoop()) {
      return task.call();
    }
    CompletableFuture<T> result = new CompletableFuture<>();
    Runnable run =
        () -> {
          try {
            result.complete(task.call());
          } catch (Throwable t) {
            result.completeExceptionally(t);
          }
        };
    if (!tryRun(run)) {
      execute(run);
    }
    try {
      return result.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case Exception x -> throw x;
        case Error x -> throw x;
        case null, default -> throw e;
      }
    }
  }

  @Override
  public boolean isOnLoop() {
    return owner == Thread.currentThread();
  }

  /**
   * Drops what is queued and what comes: the machine behind this loop must not be touched any more.
   */
  void stop() {
    stopped = true;
  }

  @Override
  public void close() {
    if (!closing) {
      closing = true;
      wakeToEnd();
    }
    if (!isOnLoop() && Thread.currentThread() != worker) {
      boolean interrupted = false;
      long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_WAIT_MILLIS);
      while (worker.isAlive() && deadline - System.nanoTime() > 0) {
        try {
          worker.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The loop's thread sees that it is over when it next gives up the turn. */
  private void wakeToEnd() {
    try {
      execute(() -> {});
    } catch (RejectedExecutionException e) {
      // It has ended already.
      return;
    }
  }

  private void giveTurnToWorker() {
    workersTurn = true;
    LockSupport.unpark(worker);
  }

  private void work() {
    while (true) {
      while (!workersTurn) {
        LockSupport.park(this);
      }
      workersTurn = false;
      do {
        runOne(next());
      } while (count.decrementAndGet() > 0);
      if (closing && count.compareAndSet(0, ENDED)) {
        return;
      }
    }
  }

  /** The next task that is counted; its thread is about to queue it, if it is not there yet. */
  private Runnable next() {
    Runnable task = queue.poll();
    for (int spins = 0; task == null; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(this, REST_NANOS); // it has lost its processor, perhaps to this one
      }
      task = queue.poll();
    }
    return task;
  }

  private void runOne(Runnable task) {
    if (stopped) {
      return;
    }
    owner = Thread.currentThread();
    try {
      task.run();
    } catch (Throwable t) {
      onFailure.accept(t);
    } finally {
      owner = null;
    }
  }
}
