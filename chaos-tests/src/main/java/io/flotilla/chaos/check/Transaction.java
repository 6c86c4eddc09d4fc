package io.flotilla.chaos.check;

import java.util.List;

/**
 * A transaction over lists that only grow at their ends: appends and whole reads, in order, all
 * done at once.
 *
 * @param last whether it was invoked after everything had been healed, so that whatever was
 *     acknowledged before must be in what it reads
 */
public record Transaction(List<Step> steps, boolean last) {
  /** One step of a transaction. */
  public sealed interface Step {
    String key();
  }

  /** Appends a value that is never appended again to this key. */
  public record Append(String key, long value) implements Step {}

  /** Reads a whole list. */
  public record Read(String key) implements Step {}

  /** What a transaction answered: a list for each read, in order. */
  public record Answer(List<List<Long>> reads) {}

  /** One while the test runs. */
  public static Transaction of(Step... steps) {
    return new Transaction(List.of(steps), false);
  }

  /** A read after everything has been healed. */
  public static Transaction lastRead(String key) {
    return new Transaction(List.of(new Read(key)), true);
  }
}
