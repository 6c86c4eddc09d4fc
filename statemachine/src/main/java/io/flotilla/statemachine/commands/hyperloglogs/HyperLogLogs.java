package io.flotilla.statemachine.commands.hyperloglogs;

import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Family;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.HyperLogLog;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The commands on HyperLogLogs. */
public final class HyperLogLogs {
  /** All of them. */
  public static final Family FAMILY =
      Family.of("hyperloglog", AclCategory.HYPERLOGLOG, List.of(Counts.rows(), Inspections.rows()));

  private static final Reply.Error NOT_ONE =
      new Reply.Error("WRONGTYPE Key is not a valid HyperLogLog string value.");
  private static final Reply.Error CORRUPT =
      new Reply.Error("INVALIDOBJ Corrupted HLL object detected");

  private HyperLogLogs() {}

  /** The HyperLogLog of a key, a copy of its own; null where there is no key. */
  static @Nullable HyperLogLog read(ReadContext context, byte[] key) {
    StringValue string = context.read(key, DataType.STRING);
    if (string == null) {
      return null;
    }
    if (!HyperLogLog.isOne(string)) {
      throw new CommandException(NOT_ONE);
    }
    return HyperLogLog.of(string);
  }

  /** Ends the command if the runs are not those of all registers. */
  static void check(HyperLogLog hll) {
    if (!hll.isSound()) {
      throw new CommandException(CORRUPT);
    }
  }
}
