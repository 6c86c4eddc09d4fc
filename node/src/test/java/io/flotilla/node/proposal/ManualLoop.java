package io.flotilla.node.proposal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** A connection loop without a thread: tasks and timers run when the test says so. */
final class ManualLoop implements ConnectionLoop {
  private record Timer(long due, Runnable task) {}

  private final LongSupplier nanoTime;
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final List<Timer> timers = new ArrayList<>();
  private boolean running;

  ManualLoop(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public void schedule(Runnable task, long delayNanos) {
    timers.add(new Timer(nanoTime.getAsLong() + Math.max(0, delayNanos), task));
  }

  @Override
  public boolean isOnLoop() {
    return running;
  }

  /** Runs the task as if the loop did: a socket that is read. */
  void now(Runnable task) {
    if (running) {
      throw new AssertionError("one thread, one task");
    }
    running = true;
    try {
      task.run();
    } finally {
      running = false;
    }
  }

  /** Runs timers that are due, then tasks until there are none; whether there were any. */
  boolean pass() {
    long now = nanoTime.getAsLong();
    for (int i = 0; i < timers.size(); ) {
      if (timers.get(i).due <= now) {
        tasks.add(timers.remove(i).task);
      } else {
        i++;
      }
    }
    boolean any = !tasks.isEmpty();
    while (!tasks.isEmpty()) {
      now(tasks.removeFirst());
    }
    return any;
  }

  boolean isRunning() {
    return running;
  }

  /** When the next timer is due; the largest number if there is none. */
  long nextDue() {
    return timers.stream().mapToLong(Timer::due).min().orElse(Long.MAX_VALUE);
  }
}
