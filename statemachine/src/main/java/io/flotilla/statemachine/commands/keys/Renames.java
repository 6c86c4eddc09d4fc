package io.flotilla.statemachine.commands.keys;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.INSERT;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.OW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.Arrays;
import java.util.List;

/** RENAME, COPY and MOVE: a value under another key of its slot, with its deadline. */
final class Renames {
  private static final Reply.Error SAME_OBJECT =
      new Reply.Error("ERR source and destination objects are the same");

  static List<Row> rows() {
    return List.of(
        write("RENAME key newkey", Renames::rename)
            .summary("Gives a value another key, in place of what that key held.")
            .complexity("O(1)")
            .keys(KeySpec.at(1, RW, ACCESS, DELETE), KeySpec.at(2, OW, UPDATE)),
        write("RENAMENX key newkey", Renames::renamenx)
            .summary("Gives a value another key if that key does not exist.")
            .complexity("O(1)")
            .flags(FAST)
            .keys(KeySpec.at(1, RW, ACCESS, DELETE), KeySpec.at(2, OW, INSERT)),
        write("COPY source destination [DB destination-db] [REPLACE]", Renames::copy)
            .summary("Copies a value to another key.")
            .since("6.2.0")
            .complexity("O(N) for the N elements of a collection, O(1) for a string")
            .flags(DENYOOM)
            .keys(KeySpec.at(1, RO, ACCESS), KeySpec.at(2, OW, UPDATE)),
        write("MOVE key db", Renames::move)
            .summary("Refused: a cluster has one database.")
            .complexity("O(1)")
            .flags(FAST)
            .keyFlags(RW, ACCESS, UPDATE));
  }

  private Renames() {}

  private static Reply rename(WriteContext context, Arguments arguments) {
    byte[] from = arguments.at(1);
    byte[] to = arguments.at(2);
    checkExists(context, from);
    if (!Arrays.equals(from, to)) {
      moveValue(context, from, to);
    }
    return Reply.OK;
  }

  private static Reply renamenx(WriteContext context, Arguments arguments) {
    byte[] from = arguments.at(1);
    byte[] to = arguments.at(2);
    checkExists(context, from);
    if (context.exists(to)) { // itself, perhaps
      return Reply.ZERO;
    }
    moveValue(context, from, to);
    return Reply.ONE;
  }

  private static void checkExists(WriteContext context, byte[] key) {
    if (!context.exists(key)) {
      throw new CommandException(Errors.NO_SUCH_KEY);
    }
  }

  private static void moveValue(WriteContext context, byte[] from, byte[] to) {
    long deadline = context.deadlineMillis(from);
    Value value = context.take(from);
    if (value == null) {
      throw new AssertionError("a key that exists holds nothing");
    }
    context.happened(EventClass.GENERIC, "rename_from", from);
    context.put(to, value, deadline, EventClass.GENERIC, "rename_to");
  }

  private static Reply copy(WriteContext context, Arguments arguments) {
    boolean replaces = false;
    for (int i = 3; i < arguments.count(); i++) {
      if (arguments.is(i, "REPLACE")) {
        replaces = true;
      } else if (arguments.is(i, "DB") && i + 1 < arguments.count()) {
        if (arguments.integer(++i, Integer.MIN_VALUE, Integer.MAX_VALUE) != 0) {
          throw new CommandException("ERR DB index is out of range");
        }
      } else {
        throw arguments.syntaxError();
      }
    }
    byte[] from = arguments.at(1);
    byte[] to = arguments.at(2);
    if (Arrays.equals(from, to)) {
      throw new CommandException(SAME_OBJECT);
    }
    Value value = context.readAny(from);
    if (value == null || (!replaces && context.exists(to))) {
      return Reply.ZERO;
    }
    context.put(to, value.copy(), context.deadlineMillis(from), EventClass.GENERIC, "copy_to");
    return Reply.ONE;
  }

  private static Reply move(WriteContext context, Arguments arguments) {
    throw new CommandException("ERR MOVE is not allowed in cluster mode");
  }
}
