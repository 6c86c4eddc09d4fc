package io.flotilla.statemachine.commands.hashes;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.bytes.LongDouble;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** HINCRBY and HINCRBYFLOAT: a field that is a number goes up or down. */
final class FieldCounters {
  private static final Reply.Error NOT_AN_INTEGER =
      new Reply.Error("ERR hash value is not an integer");
  private static final Reply.Error NOT_A_FLOAT = new Reply.Error("ERR hash value is not a float");
  private static final Reply.Error NOT_FINITE = new Reply.Error("ERR value is NaN or Infinity");

  static List<Row> rows() {
    return List.of(
        write("HINCRBY key field increment", FieldCounters::hincrby)
            .summary("Adds a number to the integer of a field, which begins at 0.")
            .since("2.0.0")
            .complexity("O(1)")
            .flags(DENYOOM, FAST)
            .keyFlags(RW, ACCESS, UPDATE),
        write("HINCRBYFLOAT key field increment", FieldCounters::hincrbyfloat)
            .summary("Adds a float to the number of a field, which begins at 0.")
            .since("2.6.0")
            .complexity("O(1)")
            .flags(DENYOOM, FAST)
            .keyFlags(RW, ACCESS, UPDATE));
  }

  private FieldCounters() {}

  private static Reply hincrby(WriteContext context, Arguments arguments) {
    long increment = arguments.integer(3);
    byte[] old = value(context, arguments);
    if (old != null && !Integers.isStrict(old)) {
      throw new CommandException(NOT_AN_INTEGER);
    }
    long before = old == null ? 0 : Integers.parseStrict(old);
    long sum = before + increment;
    if (((before ^ sum) & (increment ^ sum)) < 0) {
      throw new CommandException(Errors.OVERFLOW);
    }
    set(context, arguments, Integers.format(sum), "hincrby");
    return Reply.integer(sum);
  }

  private static Reply hincrbyfloat(WriteContext context, Arguments arguments) {
    LongDouble increment = LongDouble.parse(arguments.at(3));
    if (increment == null) {
      throw new CommandException(Errors.NOT_A_FLOAT);
    }
    if (!increment.isFinite()) {
      throw new CommandException(NOT_FINITE);
    }
    byte[] old = value(context, arguments);
    LongDouble before = old == null ? LongDouble.ZERO : LongDouble.parse(old);
    if (before == null) {
      throw new CommandException(NOT_A_FLOAT);
    }
    LongDouble sum = before.plus(increment);
    if (!sum.isFinite()) {
      throw new CommandException(Errors.NAN_OR_INFINITY);
    }
    byte[] digits = sum.format();
    set(context, arguments, digits, "hincrbyfloat");
    return Reply.bulk(digits);
  }

  private static byte @Nullable [] value(WriteContext context, Arguments arguments) {
    HashValue hash = context.read(arguments.at(1), DataType.HASH);
    return hash == null ? null : hash.get(arguments.at(2));
  }

  private static void set(WriteContext context, Arguments arguments, byte[] value, String event) {
    byte[] key = arguments.at(1);
    HashValue hash = SetFields.modifyOrCreate(context, key);
    hash.setKeepingDeadline(arguments.at(2), value, context.limits());
    context.changed(key, hash, EventClass.HASH, event);
  }
}
