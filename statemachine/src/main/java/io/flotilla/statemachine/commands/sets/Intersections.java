package io.flotilla.statemachine.commands.sets;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.SetValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/** SINTER and its kin: what several sets have in common. The smallest set is gone through. */
final class Intersections {
  private static final Reply.Error NO_KEYS =
      new Reply.Error("ERR numkeys should be greater than 0");
  private static final Reply.Error TOO_MANY_KEYS =
      new Reply.Error("ERR Number of keys can't be greater than number of args");
  private static final Reply.Error NEGATIVE_LIMIT = new Reply.Error("ERR LIMIT can't be negative");

  static List<Row> rows() {
    return List.of(
        read("SINTER key [key ...]", Intersections::sinter)
            .summary("Answers the members that several sets have in common.")
            .complexity("O(N*M) for M sets, the smallest of N members")
            .tips("nondeterministic_output_order"),
        read("SINTERCARD numkeys key [key ...] [LIMIT limit]", Intersections::sintercard)
            .summary("Tells how many members several sets have in common.")
            .since("7.0.0")
            .complexity("O(N*M) for M sets, the smallest of N members"),
        write("SINTERSTORE destination key [key ...]", Intersections::sinterstore)
            .summary("Stores the members that several sets have in common.")
            .complexity("O(N*M) for M sets, the smallest of N members")
            .flags(DENYOOM)
            .keys(KeySpec.at(1, RW, UPDATE), KeySpec.range(2, -1, 1, RO, ACCESS)));
  }

  private Intersections() {}

  private static Reply sinter(ReadContext context, Arguments arguments) {
    List<Reply> common = new ArrayList<>();
    intersect(
        smallestFirst(context, arguments, 1, arguments.count()),
        Long.MAX_VALUE,
        member -> common.add(Reply.bulk(member)));
    return new Reply.Set(common);
  }

  private static Reply sintercard(ReadContext context, Arguments arguments) {
    long keys = arguments.integer(1, 1, Long.MAX_VALUE, NO_KEYS);
    if (keys > arguments.count() - 2) {
      throw new CommandException(TOO_MANY_KEYS);
    }
    long limit = 0;
    int end = (int) keys + 2;
    for (int i = end; i < arguments.count(); i += 2) {
      if (!arguments.is(i, "LIMIT") || i + 1 == arguments.count()) {
        throw arguments.syntaxError();
      }
      limit = arguments.integer(i + 1, 0, Long.MAX_VALUE, NEGATIVE_LIMIT);
    }
    return Reply.integer(
        intersect(
            smallestFirst(context, arguments, 2, end),
            limit == 0 ? Long.MAX_VALUE : limit,
            member -> {}));
  }

  private static Reply sinterstore(WriteContext context, Arguments arguments) {
    List<SetValue> sets = smallestFirst(context, arguments, 2, arguments.count());
    byte[] key = arguments.at(1);
    SetValue.Form form =
        !sets.isEmpty() && sets.get(0).form() == SetValue.Form.INTEGERS
            ? SetValue.Form.INTEGERS
            : SetValue.Form.SMALL;
    SetValue result = SetValue.empty(context.hash(), form);
    boolean[] onlyIntegers = {true};
    intersect(
        sets,
        Long.MAX_VALUE,
        member -> {
          onlyIntegers[0] &= Integers.isStrict(member);
          result.add(member, context.limits());
        });
    if (onlyIntegers[0]) {
      result.maybeBecomeIntegers(context.limits());
    }
    return store(context, key, result, "sinterstore");
  }

  /** Puts a result in place of whatever there is, or nothing if it is empty; tells its size. */
  static Reply store(WriteContext context, byte[] key, SetValue result, String event) {
    if (result.isEmpty()) {
      context.remove(key);
      return Reply.ZERO;
    }
    context.put(key, result, EventClass.SET, event);
    return Reply.integer(result.size());
  }

  /** The sets of these keys, the smallest first; none if one is missing, after all are checked. */
  private static List<SetValue> smallestFirst(
      ReadContext context, Arguments arguments, int from, int to) {
    List<SetValue> sets = new ArrayList<>();
    boolean missing = false;
    for (int i = from; i < to; i++) {
      SetValue set = context.read(arguments.at(i), DataType.SET);
      if (set == null) {
        missing = true;
      } else {
        sets.add(set);
      }
    }
    if (missing) {
      return List.of();
    }
    sets.sort(Comparator.comparingLong(SetValue::size));
    return sets;
  }

  /** Shows up to so many common members; how many there were to show. */
  private static long intersect(List<SetValue> sets, long most, Consumer<byte[]> visitor) {
    if (sets.isEmpty()) {
      return 0;
    }
    long[] found = {0};
    sets.get(0)
        .forEach(member -> {
          if (found[0] < most && inAllButFirst(sets, member)) {
            found[0]++;
            visitor.accept(member);
          }
        });
    return found[0];
  }

  private static boolean inAllButFirst(List<SetValue> sets, byte[] member) {
    for (int i = 1; i < sets.size(); i++) {
      if (!sets.get(i).contains(member)) {
        return false;
      }
    }
    return true;
  }
}
