package io.flotilla.statemachine.expiry;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds what is due: a binary heap by deadline in which every thing knows its own place, so that a
 * deadline can be moved or taken out in O(log n) without leaving anything stale behind.
 *
 * <p>The order among equal deadlines depends on history and is visible to nobody: only the leader's
 * sweep asks, and what it finds goes through the log as a list of keys.
 */
public final class DeadlineHeap<T extends Expirable> {
  private static final int INITIAL_CAPACITY = 16;

  private @Nullable Expirable[] heap = new Expirable[INITIAL_CAPACITY];
  private int size;

  /** The number of things with a deadline. */
  public int size() {
    return size;
  }

  /** The thing due first, or null where there is none. */
  @SuppressWarnings("unchecked") // only T goes in
  public @Nullable T first() {
    return (T) heap[0];
  }

  /** Puts a thing in, or moves it if it is here already. */
  public void schedule(T thing, long deadlineMillis) {
    thing.deadlineMillis(deadlineMillis);
    if (thing.place() == Expirable.NOWHERE) {
      if (size == heap.length) {
        heap = Arrays.copyOf(heap, size * 2);
      }
      thing.place(size);
      heap[size++] = thing;
      rise(thing);
    } else {
      rise(thing);
      sink(thing);
    }
  }

  /** Takes a thing out; nothing happens if it is not here. */
  @SuppressWarnings("ReferenceEquality") // a thing is itself
  public void cancel(T thing) {
    int place = thing.place();
    if (place == Expirable.NOWHERE) {
      return;
    }
    Expirable last = at(--size);
    heap[size] = null;
    thing.place(Expirable.NOWHERE);
    if (last != thing) {
      heap[place] = last;
      last.place(place);
      rise(last);
      sink(last);
    }
    if (heap.length > INITIAL_CAPACITY && size < heap.length / 4) {
      heap = Arrays.copyOf(heap, heap.length / 2);
    }
  }

  /**
   * Calls for things due at or before a time, at most {@code limit} of them, without taking any
   * out.
   */
  @SuppressWarnings("unchecked") // only T goes in
  public void due(long nowMillis, int limit, java.util.function.Consumer<T> visitor) {
    if (size > 0) {
      int left = limit;
      int[] stack =
          new int
              [64]; // depth first needs at most one pending sibling a level, and a heap has under
      // 32 levels
      int top = 0;
      stack[top++] = 0;
      while (top > 0 && left > 0) {
        int place = stack[--top];
        Expirable thing = at(place);
        if (thing.deadlineMillis() <= nowMillis) {
          visitor.accept((T) thing);
          left--;
          int child = 2 * place + 1;
          if (child + 1 < size) {
            stack[top++] = child + 1;
          }
          if (child < size) {
            stack[top++] = child;
          }
        }
      }
    }
  }

  private Expirable at(int place) {
    Expirable thing = heap[place];
    if (thing == null) {
      throw new AssertionError("heap of " + size + " has nothing at " + place);
    }
    return thing;
  }

  private void rise(Expirable thing) {
    int place = thing.place();
    while (place > 0) {
      int parent = (place - 1) >>> 1;
      Expirable above = at(parent);
      if (above.deadlineMillis() <= thing.deadlineMillis()) {
        break;
      }
      heap[place] = above;
      above.place(place);
      place = parent;
    }
    heap[place] = thing;
    thing.place(place);
  }

  private void sink(Expirable thing) {
    int place = thing.place();
    while (2 * place + 1 < size) {
      int child = 2 * place + 1;
      Expirable below = at(child);
      if (child + 1 < size && at(child + 1).deadlineMillis() < below.deadlineMillis()) {
        below = at(++child);
      }
      if (below.deadlineMillis() >= thing.deadlineMillis()) {
        break;
      }
      heap[place] = below;
      below.place(place);
      place = child;
    }
    heap[place] = thing;
    thing.place(place);
  }
}
