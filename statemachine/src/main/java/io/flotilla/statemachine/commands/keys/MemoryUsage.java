package io.flotilla.statemachine.commands.keys;

import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.Row.container;
import static io.flotilla.statemachine.command.Row.read;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/**
 * MEMORY USAGE: about how many bytes a key takes. The elements are counted as they are packed, and
 * what is around them by constants, so there is nothing that would have to be sampled.
 */
final class MemoryUsage {
  /**
   * Bytes around a key and its value: the key's place in its range with its hash, the entry, and
   * the headers of the key's array and of the value. Measured with compact object headers.
   */
  private static final int AROUND_A_KEY = 72;

  /** Bytes that an array's length is rounded up to. */
  private static final int ALIGNMENT = 8;

  static List<Row> rows() {
    return List.of(
        container("MEMORY")
            .summary("A container for memory diagnostics commands.")
            .since("4.0.0")
            .complexity("Depends on subcommand."),
        read("MEMORY USAGE key [SAMPLES count]", MemoryUsage::usage)
            .summary("Estimates the memory usage of a key.")
            .since("4.0.0")
            .complexity("O(N/64) where N is the number of elements")
            .keyFlags(RO));
  }

  private MemoryUsage() {}

  private static Reply usage(ReadContext context, Arguments arguments) {
    for (int i = 3; i < arguments.count(); i += 2) {
      if (!arguments.is(i, "SAMPLES") || i + 1 == arguments.count()) {
        throw arguments.syntaxError();
      }
      if (arguments.integer(i + 1) < 0) {
        throw arguments.syntaxError();
      }
    }
    byte[] key = arguments.at(2);
    Value value = context.readAny(key);
    return value == null
        ? Reply.NIL
        : Reply.integer(
            AROUND_A_KEY + aligned(key.length) + aligned(value.bytesUpTo(Long.MAX_VALUE)));
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
