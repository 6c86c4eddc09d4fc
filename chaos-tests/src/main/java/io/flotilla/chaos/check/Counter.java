package io.flotilla.chaos.check;

/** A counter that begins at 0. Each action answers the value that stands after it. */
public record Counter() implements Model<Long, Counter.Action, Long> {
  /** Adds to the counter; 0 is a read. */
  public record Action(String key, long add) {}

  @Override
  public Long initial() {
    return 0L;
  }

  @Override
  public Step<Long, Long> step(Long state, Action action) {
    long after = state + action.add;
    return new Step<>(after, after);
  }

  @Override
  public boolean changes(Action action) {
    return action.add != 0;
  }
}
