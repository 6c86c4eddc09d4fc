package io.flotilla.statemachine.commands.lists;

import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** LPOP, RPOP, and LMPOP from the first of several lists that is there. */
final class Pops {
  private static final Reply.Error NO_KEYS =
      new Reply.Error("ERR numkeys should be greater than 0");
  private static final Reply.Error NO_COUNT = new Reply.Error("ERR count should be greater than 0");

  static List<Row> rows() {
    return List.of(
        write("LPOP key [count]", (context, arguments) -> pop(context, arguments, End.LEFT))
            .summary("Takes elements from the head of a list, and the list with its last one.")
            .complexity("O(N) for N elements taken")
            .flags(FAST)
            .keyFlags(RW, ACCESS, DELETE),
        write("RPOP key [count]", (context, arguments) -> pop(context, arguments, End.RIGHT))
            .summary("Takes elements from the tail of a list, and the list with its last one.")
            .complexity("O(N) for N elements taken")
            .flags(FAST)
            .keyFlags(RW, ACCESS, DELETE),
        write("LMPOP numkeys key [key ...] <LEFT | RIGHT> [COUNT count]", Pops::lmpop)
            .summary("Takes elements from the first list that is there.")
            .since("7.0.0")
            .complexity("O(N+M) for N keys and M elements taken")
            .keyFlags(RW, ACCESS, DELETE));
  }

  private Pops() {}

  private static Reply pop(WriteContext context, Arguments arguments, End end) {
    boolean counted = arguments.count() == 3;
    if (arguments.count() > 3) {
      throw new CommandException(Errors.wrongArity(end.popEvent));
    }
    long count = counted ? arguments.integer(2, 0, Long.MAX_VALUE, Errors.MUST_BE_POSITIVE) : 1;
    byte[] key = arguments.at(1);
    if (count == 0) {
      return context.read(key, DataType.LIST) == null ? Reply.NIL_ARRAY : Reply.EMPTY_ARRAY;
    }
    ListValue list = context.modify(key, DataType.LIST);
    if (list == null) {
      return counted ? Reply.NIL_ARRAY : Reply.NIL;
    }
    Reply reply =
        counted
            ? Reply.array(end.pop(list, count, context.limits()))
            : Reply.bulk(end.pop(list, context.limits()));
    context.changed(key, list, EventClass.LIST, end.popEvent);
    return reply;
  }

  private static Reply lmpop(WriteContext context, Arguments arguments) {
    long keys = arguments.integer(1, 1, Long.MAX_VALUE, NO_KEYS);
    if (keys > arguments.count() - 3) {
      throw arguments.syntaxError();
    }
    int endPlace = (int) keys + 2;
    End end = End.of(arguments, endPlace);
    long count = Math.max(1, count(arguments, endPlace + 1));
    for (int i = 2; i < endPlace; i++) {
      ListValue list = context.modify(arguments.at(i), DataType.LIST);
      if (list != null) {
        List<Reply> popped = end.pop(list, count, context.limits());
        context.changed(arguments.at(i), list, EventClass.LIST, end.popEvent);
        return Reply.array(Reply.bulk(arguments.at(i)), Reply.array(popped));
      }
    }
    return Reply.NIL_ARRAY;
  }

  /** The option from this place on, or −1 without one. */
  private static long count(Arguments arguments, int from) {
    long count = -1;
    for (int i = from; i < arguments.count(); i += 2) {
      if (count > 0 || !arguments.is(i, "COUNT") || i + 1 == arguments.count()) {
        throw arguments.syntaxError();
      }
      count = arguments.integer(i + 1, 1, Long.MAX_VALUE, NO_COUNT);
    }
    return count;
  }
}
