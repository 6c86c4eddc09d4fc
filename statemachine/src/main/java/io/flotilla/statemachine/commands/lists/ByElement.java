package io.flotilla.statemachine.commands.lists;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.INSERT;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;

/** LPOS, LINSERT, LREM: elements by what they are. */
final class ByElement {
  private static final Reply.Error RANK_IS_ZERO =
      new Reply.Error(
          "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use"
              + " negative to start from the end of the list");
  private static final Reply.Error NEGATIVE_COUNT = new Reply.Error("ERR COUNT can't be negative");
  private static final Reply.Error NEGATIVE_LENGTH =
      new Reply.Error("ERR MAXLEN can't be negative");

  static List<Row> rows() {
    return List.of(
        read("LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]", ByElement::lpos)
            .summary("Tells the indexes at which an element stands in a list.")
            .since("6.0.6")
            .complexity("O(N) for N elements to pass"),
        write("LINSERT key <BEFORE | AFTER> pivot element", ByElement::linsert)
            .summary("Inserts an element before or behind another one.")
            .since("2.2.0")
            .complexity("O(N) for N elements before the pivot")
            .flags(DENYOOM)
            .keyFlags(RW, INSERT),
        write("LREM key count element", ByElement::lrem)
            .summary("Removes elements that equal one, and the list with its last one.")
            .complexity("O(N+M) for N elements in the list and M to remove")
            .keyFlags(RW, DELETE));
  }

  private ByElement() {}

  /**
   * What LPOS is asked.
   *
   * @param skip matches to pass over
   * @param count matches to tell; −1: one, and not as an array
   * @param most elements to look at
   */
  private record Search(boolean fromTail, long skip, long count, long most) {
    static Search of(Arguments arguments) {
      long rank = 1;
      long count = -1;
      long most = 0;
      for (int i = 3; i < arguments.count(); i += 2) {
        if (i + 1 == arguments.count()) {
          throw arguments.syntaxError();
        }
        if (arguments.is(i, "RANK")) {
          rank = arguments.integer(i + 1, -Long.MAX_VALUE, Long.MAX_VALUE);
          if (rank == 0) {
            throw new CommandException(RANK_IS_ZERO);
          }
        } else if (arguments.is(i, "COUNT")) {
          count = arguments.integer(i + 1, 0, Long.MAX_VALUE, NEGATIVE_COUNT);
        } else if (arguments.is(i, "MAXLEN")) {
          most = arguments.integer(i + 1, 0, Long.MAX_VALUE, NEGATIVE_LENGTH);
        } else {
          throw arguments.syntaxError();
        }
      }
      return new Search(rank < 0, Math.abs(rank) - 1, count, most == 0 ? Long.MAX_VALUE : most);
    }

    long wanted() {
      return count < 0 ? 1 : count == 0 ? Long.MAX_VALUE : count;
    }
  }

  private static Reply lpos(ReadContext context, Arguments arguments) {
    Search search = Search.of(arguments);
    ListValue list = context.read(arguments.at(1), DataType.LIST);
    List<Reply> found = new ArrayList<>();
    if (list != null) {
      long[] skipped = {0};
      list.find(
          arguments.at(2),
          search.fromTail,
          search.most,
          index -> {
            if (skipped[0] < search.skip) {
              skipped[0]++;
              return true;
            }
            found.add(Reply.integer(index));
            return found.size() < search.wanted();
          });
    }
    if (search.count >= 0) {
      return Reply.array(found);
    }
    return found.isEmpty() ? Reply.NIL : found.get(0);
  }

  private static Reply linsert(WriteContext context, Arguments arguments) {
    boolean before = arguments.is(2, "BEFORE");
    if (!before && !arguments.is(2, "AFTER")) {
      throw arguments.syntaxError();
    }
    byte[] key = arguments.at(1);
    ListValue list = context.modify(key, DataType.LIST);
    if (list == null) {
      return Reply.ZERO;
    }
    if (!list.insertBeside(arguments.at(3), before, arguments.at(4), context.limits())) {
      return Reply.integer(-1);
    }
    context.changed(key, list, EventClass.LIST, "linsert");
    return Reply.integer(list.size());
  }

  private static Reply lrem(WriteContext context, Arguments arguments) {
    long count = arguments.integer(2);
    byte[] key = arguments.at(1);
    ListValue list = context.modify(key, DataType.LIST);
    if (list == null) {
      return Reply.ZERO;
    }
    long most = count == 0 || count == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(count);
    long removed = list.remove(arguments.at(3), count < 0, most);
    if (removed > 0) {
      list.shrunk(context.limits());
      context.changed(key, list, EventClass.LIST, "lrem");
    }
    return Reply.integer(removed);
  }
}
