package io.flotilla.chaos.check;

import java.util.TreeSet;

/** A set of whole numbers, empty at first. */
public record GrowingSet()
    implements Model<GrowingSet.Members, GrowingSet.Action, GrowingSet.Members> {
  /** What can be asked of a set. */
  public sealed interface Action {
    String key();
  }

  /** Adds an element; answers it alone if it is new, and nothing if it was there. */
  public record Add(String key, long element) implements Action {}

  /** Removes an element; answers it alone if it was there, and nothing if not. */
  public record Remove(String key, long element) implements Action {}

  /** Answers all elements. */
  public record Read(String key) implements Action {}

  /** Elements in order, never changed. */
  public record Members(TreeSet<Long> elements) {
    /** No element. */
    public static final Members NONE = of();

    /** These. */
    public static Members of(long... elements) {
      TreeSet<Long> set = new TreeSet<>();
      for (long element : elements) {
        set.add(element);
      }
      return new Members(set);
    }

    private Members with(long element) {
      TreeSet<Long> set = new TreeSet<>(elements);
      set.add(element);
      return new Members(set);
    }

    private Members without(long element) {
      TreeSet<Long> set = new TreeSet<>(elements);
      set.remove(element);
      return new Members(set);
    }
  }

  @Override
  public Members initial() {
    return Members.NONE;
  }

  @Override
  public Step<Members, Members> step(Members state, Action action) {
    return switch (action) {
      case Add add ->
          state.elements.contains(add.element)
              ? new Step<>(state, Members.NONE)
              : new Step<>(state.with(add.element), Members.of(add.element));
      case Remove remove ->
          state.elements.contains(remove.element)
              ? new Step<>(state.without(remove.element), Members.of(remove.element))
              : new Step<>(state, Members.NONE);
      case Read read -> new Step<>(state, state);
    };
  }

  @Override
  public boolean changes(Action action) {
    return !(action instanceof Read);
  }
}
