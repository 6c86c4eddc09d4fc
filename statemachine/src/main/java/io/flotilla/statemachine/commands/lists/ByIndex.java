package io.flotilla.statemachine.commands.lists;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;

/** LINDEX, LRANGE and their kin: elements by where they stand; −1 is the last one. */
final class ByIndex {
  static List<Row> rows() {
    return List.of(
        read("LLEN key", ByIndex::llen)
            .summary("Tells the number of elements of a list.")
            .complexity("O(1)")
            .flags(FAST)
            .keyFlags(RO),
        read("LINDEX key index", ByIndex::lindex)
            .summary("Answers the element at an index of a list.")
            .complexity("O(N) for N elements to pass, O(1) for the first and the last"),
        read("LRANGE key start stop", ByIndex::lrange)
            .summary("Answers the elements of a list between two indexes.")
            .complexity("O(S+N) for S elements to pass and N answered"),
        write("LSET key index element", ByIndex::lset)
            .summary("Replaces the element at an index of a list.")
            .complexity("O(N) for N elements to pass, O(1) for the first and the last")
            .flags(DENYOOM),
        write("LTRIM key start stop", ByIndex::ltrim)
            .summary("Removes all elements but those between two indexes.")
            .complexity("O(N) for N elements to remove")
            .keyFlags(RW, DELETE));
  }

  private ByIndex() {}

  private static Reply llen(ReadContext context, Arguments arguments) {
    ListValue list = context.read(arguments.at(1), DataType.LIST);
    return Reply.integer(list == null ? 0 : list.size());
  }

  private static Reply lindex(ReadContext context, Arguments arguments) {
    ListValue list = context.read(arguments.at(1), DataType.LIST);
    if (list == null) {
      return Reply.NIL;
    }
    long index = fromHead(arguments.integer(2), list.size());
    return index < 0 || index >= list.size() ? Reply.NIL : Reply.bulk(list.get(index));
  }

  private static long fromHead(long index, long size) {
    return index < 0 ? index + size : index;
  }

  private static Reply lset(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    ListValue list = context.read(key, DataType.LIST);
    if (list == null) {
      throw new CommandException(Errors.NO_SUCH_KEY);
    }
    long index = fromHead(arguments.integer(2), list.size());
    if (index < 0 || index >= list.size()) {
      throw new CommandException(Errors.INDEX_OUT_OF_RANGE);
    }
    ListValue changed = context.modify(key, DataType.LIST);
    if (changed != null) {
      byte[] element = arguments.at(3);
      changed.expect(1, element.length, context.limits());
      changed.set(index, element);
      changed.shrunk(context.limits());
      context.changed(key, changed, EventClass.LIST, "lset");
    }
    return Reply.OK;
  }

  /** Indexes from head, both within the list. */
  private record Range(long first, long last) {
    static Range of(Arguments arguments, int place, long size) {
      long first = Math.max(0, fromHead(arguments.integer(place), size));
      long last = Math.min(size - 1, fromHead(arguments.integer(place + 1), size));
      return new Range(first, last);
    }

    boolean isEmpty() {
      return first > last;
    }

    long count() {
      return last - first + 1;
    }
  }

  private static Reply lrange(ReadContext context, Arguments arguments) {
    Range.of(arguments, 2, 0); // numbers are read before the key
    ListValue list = context.read(arguments.at(1), DataType.LIST);
    if (list == null) {
      return Reply.EMPTY_ARRAY;
    }
    Range range = Range.of(arguments, 2, list.size());
    if (range.isEmpty()) {
      return Reply.EMPTY_ARRAY;
    }
    List<Reply> elements = new ArrayList<>((int) range.count());
    list.forEach(range.first, range.count(), element -> elements.add(Reply.bulk(element)));
    return Reply.array(elements);
  }

  private static Reply ltrim(WriteContext context, Arguments arguments) {
    Range.of(arguments, 2, 0);
    byte[] key = arguments.at(1);
    ListValue list = context.modify(key, DataType.LIST);
    if (list == null) {
      return Reply.OK;
    }
    Range range = Range.of(arguments, 2, list.size());
    if (range.isEmpty()) {
      list.removeLeft(list.size());
    } else {
      list.removeRight(list.size() - 1 - range.last);
      list.removeLeft(range.first);
    }
    list.shrunk(context.limits());
    context.changed(key, list, EventClass.LIST, "ltrim");
    return Reply.OK;
  }
}
