package io.flotilla.chaos.check;

/**
 * A register with compare-and-set, over whole numbers.
 *
 * <p>Results: a read answers the value, a write the value that it wrote, a compare-and-set 1 if it
 * took place and 0 if not.
 *
 * @param start the value before anything happened
 */
public record Register(long start) implements Model<Long, Register.Action, Long> {
  /** What can be asked of a register. */
  public sealed interface Action {
    String key();
  }

  /** Answers the value. */
  public record Read(String key) implements Action {}

  /** Sets the value. */
  public record Write(String key, long value) implements Action {}

  /** Sets the value if it is as expected. */
  public record CompareAndSet(String key, long expected, long value) implements Action {}

  @Override
  public Long initial() {
    return start;
  }

  @Override
  public Step<Long, Long> step(Long state, Action action) {
    return switch (action) {
      case Read read -> new Step<>(state, state);
      case Write write -> new Step<>(write.value, write.value);
      case CompareAndSet cas ->
          state == cas.expected ? new Step<>(cas.value, 1L) : new Step<>(state, 0L);
    };
  }

  @Override
  public boolean changes(Action action) {
    return !(action instanceof Read);
  }
}
