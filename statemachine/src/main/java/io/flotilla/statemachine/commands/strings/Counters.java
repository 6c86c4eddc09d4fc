package io.flotilla.statemachine.commands.strings;

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
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** INCR and its kin: a string that is a number goes up or down; its deadline stays. */
final class Counters {
  private static final Reply.Error DECREMENT_OVERFLOW =
      new Reply.Error("ERR decrement would overflow");

  static List<Row> rows() {
    return List.of(
        counter("INCR key", "Adds one to the integer of a key.", Counters::incr),
        counter("DECR key", "Takes one from the integer of a key.", Counters::decr),
        counter("INCRBY key increment", "Adds a number to the integer of a key.", Counters::incrby),
        counter(
            "DECRBY key decrement", "Takes a number from the integer of a key.", Counters::decrby),
        counter(
                "INCRBYFLOAT key increment",
                "Adds a float to the number of a key.",
                Counters::incrbyfloat)
            .since("2.6.0"));
  }

  private static Row counter(
      String reference, String summary, io.flotilla.statemachine.command.WriteFunction function) {
    return write(reference, function)
        .summary(summary)
        .complexity("O(1)")
        .flags(DENYOOM, FAST)
        .keyFlags(RW, ACCESS, UPDATE);
  }

  private Counters() {}

  private static Reply incr(WriteContext context, Arguments arguments) {
    return add(context, arguments.at(1), 1);
  }

  private static Reply decr(WriteContext context, Arguments arguments) {
    return add(context, arguments.at(1), -1);
  }

  private static Reply incrby(WriteContext context, Arguments arguments) {
    return add(context, arguments.at(1), arguments.integer(2));
  }

  private static Reply decrby(WriteContext context, Arguments arguments) {
    long decrement = arguments.integer(2);
    if (decrement == Long.MIN_VALUE) {
      throw new CommandException(DECREMENT_OVERFLOW);
    }
    return add(context, arguments.at(1), -decrement);
  }

  private static Reply add(WriteContext context, byte[] key, long increment) {
    StringValue old = context.read(key, DataType.STRING);
    long sum;
    if (old == null) {
      sum = increment;
    } else {
      byte[] digits = old.bytes();
      if (!Integers.isStrict(digits)) {
        throw new CommandException(Errors.NOT_AN_INTEGER);
      }
      long before = Integers.parseStrict(digits);
      sum = before + increment;
      if (((before ^ sum) & (increment ^ sum)) < 0) {
        throw new CommandException(Errors.OVERFLOW);
      }
    }
    context.changed(key, StringValue.of(Integers.format(sum)), EventClass.STRING, "incrby");
    return Reply.integer(sum);
  }

  private static Reply incrbyfloat(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    StringValue old = context.read(key, DataType.STRING);
    LongDouble before = old == null ? LongDouble.ZERO : floating(LongDouble.parse(old.bytes()));
    LongDouble sum = before.plus(floating(LongDouble.parse(arguments.at(2))));
    if (!sum.isFinite()) {
      throw new CommandException(Errors.NAN_OR_INFINITY);
    }
    byte[] digits = sum.format();
    context.changed(key, StringValue.of(digits), EventClass.STRING, "incrbyfloat");
    return Reply.bulk(digits);
  }

  private static LongDouble floating(@Nullable LongDouble parsed) {
    if (parsed == null) {
      throw new CommandException(Errors.NOT_A_FLOAT);
    }
    return parsed;
  }
}
