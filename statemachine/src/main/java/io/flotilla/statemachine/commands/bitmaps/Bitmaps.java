package io.flotilla.statemachine.commands.bitmaps;

import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Family;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** The bitmap commands. */
public final class Bitmaps {
  /** All of them. */
  public static final Family FAMILY =
      Family.of(
          "bitmap",
          AclCategory.BITMAP,
          List.of(SingleBits.rows(), BitSearches.rows(), BitOperations.rows(), BitFields.rows()));

  static final Reply.Error OFFSET =
      new Reply.Error("ERR bit offset is not an integer or out of range");

  /** The bits of the longest string that Redis has: those behind our longest one are 0 too. */
  private static final long MAX_BITS = 1L << 32;

  private Bitmaps() {}

  /** The bit offset at this place. */
  static long offset(Arguments arguments, int place) {
    return checked(arguments.integer(place, OFFSET));
  }

  /** An offset that Redis takes, or else its error. */
  static long checked(long offset) {
    if (offset < 0 || offset >= MAX_BITS) {
      throw new CommandException(OFFSET);
    }
    return offset;
  }

  /** Makes room up to this bit, with zeros; how long the string was. */
  static int makeRoom(WriteContext context, StringValue string, long lastBit) {
    int length = string.length();
    long wanted = (lastBit >>> 3) + 1;
    if (wanted > StringValue.MAX_LENGTH) {
      throw new CommandException(OFFSET);
    }
    context.pad(wanted - length);
    string.ensureLength(Math.max(length, (int) wanted));
    return length;
  }
}
