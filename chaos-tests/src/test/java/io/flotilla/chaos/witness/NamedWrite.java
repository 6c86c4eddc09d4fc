package io.flotilla.chaos.witness;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.Operation;

/**
 * A write that is found in a log by what it says, because nobody else says the same.
 *
 * @param command as {@code RPUSH}
 * @param isDone whether it was acknowledged
 * @param isFailed whether it was certainly not done
 */
public record NamedWrite(
    String command,
    String key,
    String value,
    boolean isDone,
    boolean isFailed,
    long invokedNanos,
    long endedNanos) {
  /** The write of an operation. */
  public static NamedWrite of(String command, String key, long value, Operation<?, ?> operation) {
    return new NamedWrite(
        command,
        key,
        Long.toString(value),
        operation.ending() instanceof Ending.Ok<?>,
        operation.ending() instanceof Ending.Fail<?>,
        operation.invokedNanos(),
        operation.endedNanos());
  }

  String name() {
    return command + " " + key + " " + value;
  }
}
