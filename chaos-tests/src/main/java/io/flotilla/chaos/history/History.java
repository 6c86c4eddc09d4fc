package io.flotilla.chaos.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Operations while they happen: clients of one workload report to it from threads of their own.
 *
 * <p>What was invoked and has not ended when the history is taken is of unknown outcome, so that
 * nothing that was sent is ever forgotten. Safe for several threads.
 */
public final class History<A, R> {
  private final List<Operation<A, R>> ended = new ArrayList<>();
  private final Set<Open> open = new HashSet<>();
  private final AtomicInteger processes;

  /**
   * @param processes where new process ids come from; histories that are judged together share it
   */
  public History(AtomicInteger processes) {
    this.processes = processes;
  }

  /** An id that no process had before. */
  public int newProcess() {
    return processes.incrementAndGet();
  }

  /** An operation that is under way. */
  public final class Open {
    private final int process;
    private final A action;
    private final long invokedNanos;

    private Open(int process, A action, long invokedNanos) {
      this.process = process;
      this.action = action;
      this.invokedNanos = invokedNanos;
    }

    /** The whole answer has been read. */
    public void ok(R result) {
      end(Operation.ok(process, invokedNanos, System.nanoTime(), action, result));
    }

    /** It was certainly not done. */
    public void fail(String why) {
      end(Operation.fail(process, invokedNanos, System.nanoTime(), action, why));
    }

    /** Nobody knows; the client goes on as a {@link #newProcess}. */
    public void info(String why) {
      end(Operation.info(process, invokedNanos, action, why));
    }

    private void end(Operation<A, R> operation) {
      synchronized (History.this) {
        if (!open.remove(this)) {
          throw new IllegalStateException("it has ended before: " + operation);
        }
        ended.add(operation);
      }
    }
  }

  /** To be called before the first byte is written. */
  public Open invoke(int process, A action) {
    synchronized (this) {
      // The clock is read last: an interval that begins too late would be unsound.
      Open operation = new Open(process, action, System.nanoTime());
      open.add(operation);
      return operation;
    }
  }

  /** All that was asked so far, by time of invocation. */
  public synchronized List<Operation<A, R>> operations() {
    List<Operation<A, R>> all = new ArrayList<>(ended);
    for (Open each : open) {
      all.add(Operation.info(each.process, each.invokedNanos, each.action, "still under way"));
    }
    all.sort(Comparator.comparingLong(Operation::invokedNanos));
    requireWellFormed(all);
    return all;
  }

  /**
   * Refuses a history in which a process has two operations at once, or goes on after an unknown
   * outcome: no judgement over it would mean anything.
   */
  public static <A, R> void requireWellFormed(List<Operation<A, R>> byInvocation) {
    Map<Integer, Operation<A, R>> last = new HashMap<>();
    for (Operation<A, R> operation : byInvocation) {
      Operation<A, R> before = last.put(operation.process(), operation);
      if (before != null && before.endedNanos() > operation.invokedNanos()) {
        throw new IllegalArgumentException(
            "process " + operation.process() + " has two at once: " + before + ", " + operation);
      }
    }
  }
}
