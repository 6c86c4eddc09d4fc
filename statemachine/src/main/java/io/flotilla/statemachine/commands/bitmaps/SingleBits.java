package io.flotilla.statemachine.commands.bitmaps;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.Bits;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** SETBIT and GETBIT. */
final class SingleBits {
  private static final Reply.Error NO_BIT =
      new Reply.Error("ERR bit is not an integer or out of range");

  static List<Row> rows() {
    return List.of(
        write("SETBIT key offset value", SingleBits::setbit)
            .summary("Sets or clears a bit, after zeros if need be, and returns what it was.")
            .since("2.2.0")
            .complexity("O(1), and the zeros before it")
            .flags(DENYOOM)
            .keyFlags(RW, ACCESS, UPDATE),
        read("GETBIT key offset", SingleBits::getbit)
            .summary("Returns a bit; behind the end all are 0.")
            .since("2.2.0")
            .complexity("O(1)")
            .flags(FAST));
  }

  private SingleBits() {}

  private static Reply setbit(WriteContext context, Arguments arguments) {
    long offset = Bitmaps.offset(arguments, 2);
    int bit = (int) arguments.integer(3, 0, 1, NO_BIT);
    byte[] key = arguments.at(1);
    StringValue value = context.modify(key, DataType.STRING);
    StringValue string = value == null ? StringValue.changedInPlace(new byte[0]) : value;
    int before = Bits.get(string.array(), string.length(), offset);
    int length = Bitmaps.makeRoom(context, string, offset);
    if (string.length() > length || before != bit) {
      Bits.write(string, offset, 1, bit);
      context.changed(key, string, EventClass.STRING, "setbit");
    } else {
      context.changedUnheard(key, string);
    }
    return Reply.integer(before);
  }

  private static Reply getbit(ReadContext context, Arguments arguments) {
    long offset = Bitmaps.offset(arguments, 2);
    StringValue value = context.read(arguments.at(1), DataType.STRING);
    return value == null
        ? Reply.ZERO
        : Reply.integer(Bits.get(value.array(), value.length(), offset));
  }
}
