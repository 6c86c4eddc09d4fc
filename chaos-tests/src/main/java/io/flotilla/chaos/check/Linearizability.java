package io.flotilla.chaos.check;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.Operation;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Whether a history of one thing is linearizable: whether each operation can be given an instant
 * between its invocation and its end, so that a single client doing them in that order would have
 * got the same answers.
 *
 * <p>The search is Wing and Gong's with Lowe's memoisation, with the entry list of Porcupine. Calls
 * and returns stand in one doubly linked list by time, calls first where times are equal. From the
 * head, each call that stands before the first return may be next:
 *
 * <pre>
 *   head → call a → call b → return b → call c → return a → …
 *           │        │         │
 *           │        └ try b: is its answer the model's? has (what is done, state) been seen?
 *           │          then lift b's call and return out of the list, begin again at the head
 *           └ try a  └ a return is reached: its call had to be before. Undo the last one tried,
 *                      go on behind it; nothing to undo: not linearizable
 * </pre>
 *
 * <p>An operation of unknown outcome has no return. It may be put anywhere behind its invocation,
 * or nowhere: the history is explained as soon as all answered ones are. It is tried only where no
 * answered one can be next, which keeps searches short where many outcomes are open. A certain
 * failure is left out. What has been seen is kept whole and compared whole, never by hash alone.
 *
 * <p>The worst case is exponential in how many operations are open at once, so the search has a
 * budget; when it is used up, the verdict is {@link Verdict.Unknown}.
 *
 * <p>J. Wing, C. Gong, "Testing and Verifying Concurrent Objects", 1993; G. Lowe, "Testing for
 * Linearizability", 2017; A. Horn, D. Kroening, "Faster linearizability checking via
 * P-compositionality", 2015.
 */
public final class Linearizability {
  /** How often the clock is looked at. */
  private static final int STEPS_PER_LOOK = 1024;

  /** How many operations of an explanation are told. */
  private static final int TOLD = 12;

  private Linearizability() {}

  /** A call or a return in the list. */
  private static final class Entry {
    private final int id;
    private final boolean call;
    private @Nullable Entry match; // a call's return; none if it is open for ever
    private @Nullable Entry next;
    private @Nullable Entry previous;

    private Entry(int id, boolean call) {
      this.id = id;
      this.call = call;
    }

    /** Whether it is a call of unknown outcome. */
    private boolean isOpen() {
      return call && match == null;
    }
  }

  /** What is done and where that led: equal only if both are. */
  private static final class Seen<S> {
    private final long[] done;
    private final S state;

    private Seen(long[] done, S state) {
      this.done = done;
      this.state = state;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Seen<?> seen
          && Arrays.equals(done, seen.done)
          && state.equals(seen.state);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(done) + state.hashCode();
    }
  }

  private record Tried<S>(Entry entry, S before) {}

  /** Judges each part for itself, which is sound where every operation touches one part only. */
  public static <S, A, R, K> Verdict checkParts(
      Model<S, A, R> model,
      List<Operation<A, R>> history,
      Function<A, K> partOf,
      Duration budgetPerPart) {
    Map<K, List<Operation<A, R>>> parts = new LinkedHashMap<>();
    for (Operation<A, R> operation : history) {
      parts
          .computeIfAbsent(partOf.apply(operation.action()), k -> new ArrayList<>())
          .add(operation);
    }
    Verdict worst = new Verdict.Linearizable();
    for (Map.Entry<K, List<Operation<A, R>>> part : parts.entrySet()) {
      Verdict verdict = check(model, part.getValue(), budgetPerPart);
      switch (verdict) {
        case Verdict.Linearizable l -> {}
        case Verdict.Illegal illegal -> {
          return new Verdict.Illegal(part.getKey() + ": " + illegal.explanation());
        }
        case Verdict.Unknown unknown ->
            worst = new Verdict.Unknown(part.getKey() + ": " + unknown.why());
      }
    }
    return worst;
  }

  /** Judges a history of one thing. */
  public static <S, A, R> Verdict check(
      Model<S, A, R> model, List<Operation<A, R>> history, Duration budget) {
    List<Operation<A, R>> kept = history.stream().filter(o -> matters(model, o)).toList();
    return new Search<>(model, kept, budget).run();
  }

  private static <S, A, R> boolean matters(Model<S, A, R> model, Operation<A, R> operation) {
    return switch (operation.ending()) {
      case Ending.Ok<R> ok -> true;
      case Ending.Fail<R> fail -> false;
      case Ending.Info<R> info -> model.changes(operation.action());
    };
  }

  /** One search, on one thread. */
  private static final class Search<S, A, R> {
    private final Model<S, A, R> model;
    private final List<Operation<A, R>> operations;
    private final long budgetNanos;
    private final Entry head = new Entry(-1, false);
    private final long[] done;
    private final Deque<Tried<S>> tried = new ArrayDeque<>();
    private final Set<Seen<S>> seen = new HashSet<>();
    private int answeredLeft;
    private List<Integer> longest = List.of();
    private @Nullable Operation<A, R> stuckAt;

    private Search(Model<S, A, R> model, List<Operation<A, R>> operations, Duration budget) {
      this.model = model;
      this.operations = operations;
      this.budgetNanos = budget.toNanos();
      this.done = new long[(operations.size() + 63) / 64];
      link();
    }

    private void link() {
      record Timed(long nanos, Entry entry) {}
      List<Timed> timed = new ArrayList<>();
      for (int id = 0; id < operations.size(); id++) {
        Operation<A, R> operation = operations.get(id);
        Entry call = new Entry(id, true);
        timed.add(new Timed(operation.invokedNanos(), call));
        if (operation.ending() instanceof Ending.Ok<R>) {
          call.match = new Entry(id, false);
          timed.add(new Timed(operation.endedNanos(), call.match));
          answeredLeft++;
        }
      }
      // Closed intervals: at the same instant, calls come before returns.
      timed.sort((a, b) -> {
        int byTime = Long.compare(a.nanos, b.nanos);
        return byTime != 0 ? byTime : Boolean.compare(b.entry.call, a.entry.call);
      });
      Entry last = head;
      for (Timed each : timed) {
        last.next = each.entry;
        each.entry.previous = last;
        last = each.entry;
      }
    }

    private Verdict run() {
      long began = System.nanoTime();
      long steps = 0;
      S state = model.initial();
      Entry entry = head.next;
      boolean openOnes = false;
      while (answeredLeft > 0) {
        if (++steps % STEPS_PER_LOOK == 0 && System.nanoTime() - began > budgetNanos) {
          return new Verdict.Unknown(
              "given up after " + steps + " steps with " + seen.size() + " states seen");
        }
        if (entry != null && entry.call) {
          S after = entry.isOpen() == openOnes ? maybeAfter(state, entry.id) : null;
          if (after != null && isNew(entry.id, after)) {
            tried.push(new Tried<>(entry, state));
            state = after;
            lift(entry);
            entry = head.next;
            openOnes = false;
          } else {
            entry = entry.next;
          }
          continue;
        }
        if (!openOnes) {
          // No answered one can be next: perhaps one of those whose outcome is open was before.
          openOnes = true;
          entry = head.next;
          continue;
        }
        // A return whose call is not done yet, or the end of what can be tried: one step back.
        remember(entry);
        Tried<S> last = tried.poll();
        if (last == null) {
          return new Verdict.Illegal(explanation());
        }
        state = last.before;
        unlift(last.entry);
        openOnes = last.entry.isOpen();
        entry = last.entry.next;
      }
      return new Verdict.Linearizable();
    }

    private @Nullable S maybeAfter(S state, int id) {
      Operation<A, R> operation = operations.get(id);
      Model.Step<S, R> step = model.step(state, operation.action());
      return switch (operation.ending()) {
        case Ending.Ok<R> ok -> step.result().equals(ok.result()) ? step.state() : null;
        // One that changes nothing here is as good as one that did not happen.
        case Ending.Info<R> info -> step.state().equals(state) ? null : step.state();
        case Ending.Fail<R> fail -> throw new AssertionError("left out before: " + operation);
      };
    }

    /** Marks it as done if this has not been seen. */
    private boolean isNew(int id, S after) {
      long[] with = done.clone();
      with[id >> 6] |= 1L << id;
      if (!seen.add(new Seen<>(with, after))) {
        return false;
      }
      done[id >> 6] |= 1L << id;
      return true;
    }

    private void lift(Entry call) {
      unlink(call);
      if (call.match != null) {
        unlink(call.match);
        answeredLeft--;
      }
    }

    private void unlift(Entry call) {
      if (call.match != null) {
        relink(call.match);
        answeredLeft++;
      }
      relink(call);
      done[call.id >> 6] &= ~(1L << call.id);
    }

    private static void unlink(Entry entry) {
      if (entry.previous != null) {
        entry.previous.next = entry.next;
      }
      if (entry.next != null) {
        entry.next.previous = entry.previous;
      }
    }

    private static void relink(Entry entry) {
      if (entry.previous != null) {
        entry.previous.next = entry;
      }
      if (entry.next != null) {
        entry.next.previous = entry;
      }
    }

    private void remember(@Nullable Entry stuck) {
      if (stuck != null && (stuckAt == null || tried.size() > longest.size())) {
        List<Integer> order = new ArrayList<>();
        tried.descendingIterator().forEachRemaining(t -> order.add(t.entry.id));
        longest = order;
        stuckAt = operations.get(stuck.id);
      }
    }

    private String explanation() {
      S state = model.initial();
      for (int id : longest) {
        state = model.step(state, operations.get(id).action()).state();
      }
      List<String> told =
          longest.subList(Math.max(0, longest.size() - TOLD), longest.size()).stream()
              .map(id -> describe(operations.get(id)))
              .toList();
      return longest.size()
          + " of "
          + operations.size()
          + " operations can be ordered; the last of them are "
          + String.join("; ", told)
          + "; the state is then "
          + state
          + ", and nothing explains "
          + (stuckAt == null ? "the rest" : describe(stuckAt));
    }

    private static <A, R> String describe(Operation<A, R> operation) {
      String answer =
          switch (operation.ending()) {
            case Ending.Ok<R> ok -> " → " + ok.result();
            case Ending.Fail<R> fail -> " failed: " + fail.why();
            case Ending.Info<R> info -> " of unknown outcome";
          };
      String end =
          operation.endedNanos() == Operation.NEVER ? "…" : Long.toString(operation.endedNanos());
      return "process "
          + operation.process()
          + " ["
          + operation.invokedNanos()
          + ", "
          + end
          + "] "
          + operation.action()
          + answer;
    }
  }
}
