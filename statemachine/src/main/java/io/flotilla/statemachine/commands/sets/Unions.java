package io.flotilla.statemachine.commands.sets;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.OW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.SetValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SUNION, SDIFF and their kin: all members of several sets, or those of the first alone. */
final class Unions {
  static List<Row> rows() {
    return List.of(
        read("SUNION key [key ...]", Unions::sunion)
            .summary("Answers the members of all of several sets.")
            .complexity("O(N) for N members in all sets")
            .tips("nondeterministic_output_order"),
        write("SUNIONSTORE destination key [key ...]", Unions::sunionstore)
            .summary("Stores the members of all of several sets.")
            .complexity("O(N) for N members in all sets")
            .flags(DENYOOM)
            .keys(KeySpec.at(1, OW, UPDATE), KeySpec.range(2, -1, 1, RO, ACCESS)),
        read("SDIFF key [key ...]", Unions::sdiff)
            .summary("Answers the members of a set that no other has.")
            .complexity("O(N) for N members in all sets")
            .tips("nondeterministic_output_order"),
        write("SDIFFSTORE destination key [key ...]", Unions::sdiffstore)
            .summary("Stores the members of a set that no other has.")
            .complexity("O(N) for N members in all sets")
            .flags(DENYOOM)
            .keys(KeySpec.at(1, OW, UPDATE), KeySpec.range(2, -1, 1, RO, ACCESS)));
  }

  private Unions() {}

  private static Reply sunion(ReadContext context, Arguments arguments) {
    return Members.all(union(context, sets(context, arguments, 1)));
  }

  private static Reply sunionstore(WriteContext context, Arguments arguments) {
    return Intersections.store(
        context, arguments.at(1), union(context, sets(context, arguments, 2)), "sunionstore");
  }

  private static Reply sdiff(ReadContext context, Arguments arguments) {
    return Members.all(difference(context, sets(context, arguments, 1)));
  }

  private static Reply sdiffstore(WriteContext context, Arguments arguments) {
    return Intersections.store(
        context, arguments.at(1), difference(context, sets(context, arguments, 2)), "sdiffstore");
  }

  private static List<@Nullable SetValue> sets(ReadContext context, Arguments arguments, int from) {
    List<@Nullable SetValue> sets = new ArrayList<>();
    for (int i = from; i < arguments.count(); i++) {
      sets.add(context.read(arguments.at(i), DataType.SET));
    }
    return sets;
  }

  private static SetValue union(ReadContext context, List<@Nullable SetValue> sets) {
    SetValue result = SetValue.empty(context.hash(), SetValue.Form.INTEGERS);
    for (SetValue set : sets) {
      if (set != null) {
        set.forEach(member -> result.add(member, context.limits()));
      }
    }
    return result;
  }

  private static SetValue difference(ReadContext context, List<@Nullable SetValue> sets) {
    SetValue result = SetValue.empty(context.hash(), SetValue.Form.INTEGERS);
    SetValue first = sets.get(0);
    if (first != null) {
      List<@Nullable SetValue> others = sets.subList(1, sets.size());
      first.forEach(member -> {
        if (isInNone(others, member)) {
          result.add(member, context.limits());
        }
      });
    }
    return result;
  }

  private static boolean isInNone(List<@Nullable SetValue> sets, byte[] member) {
    for (SetValue set : sets) {
      if (set != null && set.contains(member)) {
        return false;
      }
    }
    return true;
  }
}
