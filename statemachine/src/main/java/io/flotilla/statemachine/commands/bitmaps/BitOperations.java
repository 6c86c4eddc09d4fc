package io.flotilla.statemachine.commands.bitmaps;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.OW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** BITOP: strings combined bit by bit; the shorter ones end in zeros. */
final class BitOperations {
  static List<Row> rows() {
    return List.of(
        write("BITOP <AND | OR | XOR | NOT> destkey key [key ...]", BitOperations::bitop)
            .summary("Stores the AND, OR, XOR or NOT of strings, and returns its length.")
            .since("2.6.0")
            .complexity("O(N) for the bytes of all strings")
            .flags(DENYOOM)
            .keys(KeySpec.at(2, OW, UPDATE), KeySpec.range(3, -1, 1, RO, ACCESS)));
  }

  private BitOperations() {}

  private enum Operation {
    AND,
    OR,
    XOR,
    NOT
  }

  private static Reply bitop(WriteContext context, Arguments arguments) {
    Operation operation = operation(arguments);
    if (operation == Operation.NOT && arguments.count() != 4) {
      throw new CommandException("ERR BITOP NOT must be called with a single source key.");
    }
    List<StringValue> sources = new ArrayList<>();
    int longest = 0;
    for (int i = 3; i < arguments.count(); i++) {
      StringValue value = context.read(arguments.at(i), DataType.STRING);
      sources.add(value == null ? StringValue.of(new byte[0]) : value);
      longest = Math.max(longest, sources.getLast().length());
    }
    byte[] target = arguments.at(2);
    if (longest == 0) {
      context.remove(target);
      return Reply.ZERO;
    }
    byte[] result = Arrays.copyOf(sources.getFirst().array(), longest);
    Arrays.fill(result, sources.getFirst().length(), longest, (byte) 0);
    if (operation == Operation.NOT) {
      for (int i = 0; i < longest; i++) {
        result[i] = (byte) ~result[i];
      }
    }
    for (StringValue source : sources.subList(1, sources.size())) {
      combine(operation, result, source.array(), source.length());
    }
    context.put(target, StringValue.changedInPlace(result), EventClass.STRING, "set");
    return Reply.integer(longest);
  }

  private static void combine(Operation operation, byte[] result, byte[] other, int length) {
    switch (operation) {
      case AND -> {
        for (int i = 0; i < length; i++) {
          result[i] &= other[i];
        }
        Arrays.fill(result, length, result.length, (byte) 0);
      }
      case OR -> {
        for (int i = 0; i < length; i++) {
          result[i] |= other[i];
        }
      }
      case XOR -> {
        for (int i = 0; i < length; i++) {
          result[i] ^= other[i];
        }
      }
      case NOT -> throw new AssertionError("NOT has one source");
    }
  }

  private static Operation operation(Arguments arguments) {
    for (Operation operation : Operation.values()) {
      if (arguments.is(1, operation.name())) {
        return operation;
      }
    }
    throw arguments.syntaxError();
  }
}
