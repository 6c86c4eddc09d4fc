package io.flotilla.chaos.check;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.Operation;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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

  /**
   * The same history of reads and writes without the writes of unknown outcome whose value nobody
   * has read; it is linearizable if and only if this one is.
   *
   * <p>Such a write may not have happened. And where it is put nevertheless, nothing between it and
   * the next write reads, so it can be taken out again. A leader that is cut off gives clients many
   * of them, and each one doubles the search.
   *
   * @throws IllegalArgumentException if there is a compare-and-set among them: one that was not
   *     done has seen something too
   */
  public static List<Operation<Action, Long>> withoutUnseen(
      List<Operation<Action, Long>> readsAndWrites) {
    Set<Long> read = new HashSet<>();
    for (Operation<Action, Long> each : readsAndWrites) {
      switch (each.action()) {
        case Read r -> {
          if (each.ending() instanceof Ending.Ok<Long> ok) {
            read.add(ok.result());
          }
        }
        case Write w -> {}
        case CompareAndSet cas ->
            throw new IllegalArgumentException("neither a read nor a write: " + each);
      }
    }
    return readsAndWrites.stream()
        .filter(each ->
            !(each.ending() instanceof Ending.Info<Long>)
                || !(each.action() instanceof Write write)
                || read.contains(write.value))
        .toList();
  }

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
