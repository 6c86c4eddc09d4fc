package io.flotilla.chaos.check;

import java.util.ArrayList;
import java.util.List;

/** A queue of whole numbers, empty at first: what was pushed first is popped first. */
public record Fifo() implements Model<List<Long>, Fifo.Action, Long> {
  /** The answer of a pop that found nothing; pushed values are not negative. */
  public static final long NOTHING = -1;

  /** What can be asked of a queue. */
  public sealed interface Action {
    String key();
  }

  /** Puts a value behind the others; answers how many there are then. */
  public record Push(String key, long value) implements Action {}

  /** Takes the foremost value and answers it, or {@link #NOTHING}. */
  public record Pop(String key) implements Action {}

  @Override
  public List<Long> initial() {
    return List.of();
  }

  @Override
  public Step<List<Long>, Long> step(List<Long> state, Action action) {
    return switch (action) {
      case Push push -> {
        List<Long> after = new ArrayList<>(state);
        after.add(push.value);
        yield new Step<>(List.copyOf(after), (long) after.size());
      }
      case Pop pop ->
          state.isEmpty()
              ? new Step<>(state, NOTHING)
              : new Step<>(List.copyOf(state.subList(1, state.size())), state.getFirst());
    };
  }

  @Override
  public boolean changes(Action action) {
    return true;
  }
}
