package io.flotilla.statemachine.commands.strings;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.INSERT;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** APPEND, SETRANGE and GETRANGE: parts of a string, and growth in place. */
final class Substrings {
  private static final Reply.Error OFFSET_OUT_OF_RANGE =
      new Reply.Error("ERR offset is out of range");

  static List<Row> rows() {
    return List.of(
        write("APPEND key value", Substrings::append)
            .summary("Adds bytes at the end of a string, which begins empty.")
            .since("2.0.0")
            .complexity("O(1), amortised: the string doubles its room as it grows")
            .flags(DENYOOM, FAST)
            .keyFlags(RW, INSERT),
        write("SETRANGE key offset value", Substrings::setrange)
            .summary("Overwrites a part of a string from an offset on, after zeros if need be.")
            .since("2.2.0")
            .complexity("O(M) for M bytes written, and for the zeros before them")
            .flags(DENYOOM)
            .keyFlags(RW, UPDATE),
        read("GETRANGE key start end", Substrings::getrange)
            .summary("Returns a part of a string; negative places count from its end.")
            .since("2.4.0")
            .complexity("O(N) for N bytes returned"),
        read("SUBSTR key start end", Substrings::getrange)
            .summary("Returns a part of a string: the old name of GETRANGE.")
            .complexity("O(N) for N bytes returned"));
  }

  private Substrings() {}

  private static Reply append(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    byte[] more = arguments.at(2);
    StringValue value = context.modify(key, DataType.STRING);
    if (value == null) {
      value = StringValue.of(more);
    } else {
      checkLength((long) value.length() + more.length);
      value.append(more);
    }
    context.changed(key, value, EventClass.STRING, "append");
    return Reply.integer(value.length());
  }

  private static Reply setrange(WriteContext context, Arguments arguments) {
    long offset = arguments.integer(2);
    if (offset < 0) {
      throw new CommandException(OFFSET_OUT_OF_RANGE);
    }
    byte[] key = arguments.at(1);
    byte[] bytes = arguments.at(3);
    StringValue value = context.modify(key, DataType.STRING);
    if (bytes.length == 0) {
      return value == null ? Reply.ZERO : Reply.integer(value.length());
    }
    checkLength(offset > StringValue.MAX_LENGTH ? Long.MAX_VALUE : offset + bytes.length);
    context.pad(offset - (value == null ? 0 : value.length()));
    if (value == null) {
      value = StringValue.changedInPlace(new byte[0]);
    }
    value.write((int) offset, bytes);
    context.changed(key, value, EventClass.STRING, "setrange");
    return Reply.integer(value.length());
  }

  private static void checkLength(long length) {
    if (length > StringValue.MAX_LENGTH) {
      throw new CommandException(Errors.STRING_TOO_LONG);
    }
  }

  private static Reply getrange(ReadContext context, Arguments arguments) {
    long start = arguments.integer(2);
    long end = arguments.integer(3);
    StringValue value = context.read(arguments.at(1), DataType.STRING);
    if (value == null || (start < 0 && end < 0 && start > end)) {
      return Reply.EMPTY_BULK;
    }
    long length = value.length();
    long from = start < 0 ? Math.max(0, length + start) : start;
    long to = Math.min(length - 1, end < 0 ? Math.max(0, length + end) : end);
    return from > to ? Reply.EMPTY_BULK : Reply.bulk(value.range((int) from, (int) to + 1));
  }
}
