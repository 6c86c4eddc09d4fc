package io.flotilla.statemachine.commands.lists;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.INSERT;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.command.WriteFunction;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** LPUSH, RPUSH, and with an X only where there is a list already. */
final class Pushes {
  static List<Row> rows() {
    return List.of(
        push(
            "LPUSH key element [element ...]",
            "Puts elements at the head of a list, creating it where needed.",
            "1.0.0",
            (context, arguments) -> push(context, arguments, End.LEFT, true)),
        push(
            "RPUSH key element [element ...]",
            "Puts elements at the tail of a list, creating it where needed.",
            "1.0.0",
            (context, arguments) -> push(context, arguments, End.RIGHT, true)),
        push(
            "LPUSHX key element [element ...]",
            "Puts elements at the head of a list if there is one.",
            "2.2.0",
            (context, arguments) -> push(context, arguments, End.LEFT, false)),
        push(
            "RPUSHX key element [element ...]",
            "Puts elements at the tail of a list if there is one.",
            "2.2.0",
            (context, arguments) -> push(context, arguments, End.RIGHT, false)));
  }

  private static Row push(String reference, String summary, String since, WriteFunction function) {
    return write(reference, function)
        .summary(summary)
        .since(since)
        .complexity("O(N) for N elements to push")
        .flags(DENYOOM, FAST)
        .keyFlags(RW, INSERT);
  }

  private Pushes() {}

  private static Reply push(WriteContext context, Arguments arguments, End end, boolean mayCreate) {
    byte[] key = arguments.at(1);
    ListValue list = context.modify(key, DataType.LIST);
    if (list == null) {
      if (!mayCreate) {
        return Reply.ZERO;
      }
      list = ListValue.empty();
    }
    long bytes = 0;
    for (int i = 2; i < arguments.count(); i++) {
      bytes += arguments.at(i).length;
    }
    list.expect(arguments.count() - 2, bytes, context.limits());
    for (int i = 2; i < arguments.count(); i++) {
      end.push(list, arguments.at(i));
    }
    context.changed(key, list, EventClass.LIST, end.pushEvent);
    return Reply.integer(list.size());
  }
}
