package io.flotilla.statemachine.commands.strings;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.INSERT;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.OW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.Arrays;
import java.util.List;

/** MGET and MSET: many keys at once. */
final class ManyValues {
  static List<Row> rows() {
    return List.of(
        read("MGET key [key ...]", ManyValues::mget)
            .summary("Returns the string values of keys, nil for those that hold none.")
            .complexity("O(N) for N keys")
            .flags(FAST)
            .tips("request_policy:multi_shard"),
        write("MSET key value [key value ...]", ManyValues::mset)
            .summary("Gives keys string values, all at once.")
            .since("1.0.1")
            .complexity("O(N) for N keys")
            .flags(DENYOOM)
            .keyFlags(OW, UPDATE)
            .tips("request_policy:multi_shard", "response_policy:all_succeeded"),
        write("MSETNX key value [key value ...]", ManyValues::msetnx)
            .summary("Gives keys string values, all at once, if none of them exists.")
            .since("1.0.1")
            .complexity("O(N) for N keys")
            .flags(DENYOOM)
            .keyFlags(OW, INSERT));
  }

  private ManyValues() {}

  private static Reply mget(ReadContext context, Arguments arguments) {
    Reply[] values = new Reply[arguments.count() - 1];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          context.readAny(arguments.at(i + 1)) instanceof StringValue string
              ? Reply.bulk(string.bytes())
              : Reply.NIL;
    }
    return Reply.array(Arrays.asList(values));
  }

  private static Reply mset(WriteContext context, Arguments arguments) {
    checkPairs(arguments, "mset");
    for (int i = 1; i < arguments.count(); i += 2) {
      SetValue.put(context, arguments.at(i), arguments.at(i + 1));
    }
    return Reply.OK;
  }

  private static Reply msetnx(WriteContext context, Arguments arguments) {
    checkPairs(arguments, "msetnx");
    for (int i = 1; i < arguments.count(); i += 2) {
      if (context.exists(arguments.at(i))) {
        return Reply.ZERO;
      }
    }
    for (int i = 1; i < arguments.count(); i += 2) {
      SetValue.put(context, arguments.at(i), arguments.at(i + 1));
    }
    return Reply.ONE;
  }

  private static void checkPairs(Arguments arguments, String name) {
    if (arguments.count() % 2 == 0) {
      throw new CommandException(Errors.wrongArity(name));
    }
  }
}
