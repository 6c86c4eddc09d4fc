package io.flotilla.statemachine.commands.sortedsets;

import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;

/** ZPOPMIN, ZPOPMAX, and ZMPOP from the first of several sorted sets that is there. */
final class Pops {
  private static final Reply.Error NO_KEYS =
      new Reply.Error("ERR numkeys should be greater than 0");
  private static final Reply.Error NO_COUNT = new Reply.Error("ERR count should be greater than 0");

  static List<Row> rows() {
    return List.of(
        write("ZPOPMIN key [count]", (context, arguments) -> pop(context, arguments, false))
            .summary("Takes the members of the lowest scores, and the set with its last one.")
            .since("5.0.0")
            .complexity("O(log(N)*M) for M members taken of N")
            .flags(FAST)
            .keyFlags(RW, ACCESS, DELETE),
        write("ZPOPMAX key [count]", (context, arguments) -> pop(context, arguments, true))
            .summary("Takes the members of the highest scores, and the set with its last one.")
            .since("5.0.0")
            .complexity("O(log(N)*M) for M members taken of N")
            .flags(FAST)
            .keyFlags(RW, ACCESS, DELETE),
        write("ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count]", Pops::zmpop)
            .summary("Takes members from the first sorted set that is there.")
            .since("7.0.0")
            .complexity("O(K)+O(M*log(N)) for K keys and M members taken of N")
            .keyFlags(RW, ACCESS, DELETE));
  }

  private Pops() {}

  private static Reply pop(WriteContext context, Arguments arguments, boolean highest) {
    if (arguments.count() > 3) {
      throw arguments.syntaxError();
    }
    boolean counted = arguments.count() == 3;
    long count = counted ? arguments.integer(2, 0, Long.MAX_VALUE, Errors.MUST_BE_POSITIVE) : 1;
    byte[] key = arguments.at(1);
    SortedSetValue set =
        count == 0
            ? context.read(key, DataType.SORTED_SET)
            : context.modify(key, DataType.SORTED_SET);
    if (set == null || count == 0) {
      return Reply.EMPTY_ARRAY;
    }
    List<Reply> popped = new ArrayList<>();
    take(
        context,
        key,
        set,
        highest,
        count,
        (member, score) -> {
          popped.add(Reply.bulk(member));
          popped.add(new Reply.Double(score));
        });
    return counted ? new Reply.Pairs(popped) : Reply.array(popped);
  }

  private static void take(
      WriteContext context,
      byte[] key,
      SortedSetValue set,
      boolean highest,
      long most,
      SortedSetValue.Visitor visitor) {
    long count = Math.min(most, set.size());
    set.visitRange(highest ? set.size() - 1 : 0, count, highest, visitor);
    set.removeRange(highest ? set.size() - count : 0, count);
    context.changed(key, set, EventClass.SORTED_SET, highest ? "zpopmax" : "zpopmin");
  }

  private static Reply zmpop(WriteContext context, Arguments arguments) {
    long keys = arguments.integer(1, 1, Long.MAX_VALUE, NO_KEYS);
    if (keys > arguments.count() - 3) {
      throw arguments.syntaxError();
    }
    int wherePlace = (int) keys + 2;
    boolean highest = arguments.is(wherePlace, "MAX");
    if (!highest && !arguments.is(wherePlace, "MIN")) {
      throw arguments.syntaxError();
    }
    long count = -1;
    for (int i = wherePlace + 1; i < arguments.count(); i += 2) {
      if (count > 0 || !arguments.is(i, "COUNT") || i + 1 == arguments.count()) {
        throw arguments.syntaxError();
      }
      count = arguments.integer(i + 1, 1, Long.MAX_VALUE, NO_COUNT);
    }
    for (int i = 2; i < wherePlace; i++) {
      SortedSetValue set = context.modify(arguments.at(i), DataType.SORTED_SET);
      if (set != null) {
        List<Reply> popped = new ArrayList<>();
        take(
            context,
            arguments.at(i),
            set,
            highest,
            Math.max(1, count),
            (member, score) ->
                popped.add(Reply.array(Reply.bulk(member), new Reply.Double(score))));
        return Reply.array(Reply.bulk(arguments.at(i)), Reply.array(popped));
      }
    }
    return Reply.NIL_ARRAY;
  }
}
