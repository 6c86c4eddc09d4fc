package io.flotilla.statemachine.commands.lists;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.INSERT;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.Arrays;
import java.util.List;

/** LMOVE and RPOPLPUSH: an element goes from one list to another, or around in one. */
final class Moves {
  static List<Row> rows() {
    return List.of(
        write("LMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT>", Moves::lmove)
            .summary("Moves an element from an end of a list to an end of another.")
            .since("6.2.0")
            .complexity("O(1)")
            .flags(DENYOOM)
            .keys(KeySpec.at(1, RW, ACCESS, DELETE), KeySpec.at(2, RW, INSERT)),
        write("RPOPLPUSH source destination", Moves::rpoplpush)
            .summary("Moves the last element of a list to the head of another.")
            .since("1.2.0")
            .complexity("O(1)")
            .flags(DENYOOM)
            .keys(KeySpec.at(1, RW, ACCESS, DELETE), KeySpec.at(2, RW, INSERT)));
  }

  private Moves() {}

  private static Reply lmove(WriteContext context, Arguments arguments) {
    End from = End.of(arguments, 3);
    End to = End.of(arguments, 4);
    return move(context, arguments, from, to);
  }

  private static Reply rpoplpush(WriteContext context, Arguments arguments) {
    return move(context, arguments, End.RIGHT, End.LEFT);
  }

  private static Reply move(WriteContext context, Arguments arguments, End from, End to) {
    byte[] sourceKey = arguments.at(1);
    byte[] targetKey = arguments.at(2);
    ListValue source = context.modify(sourceKey, DataType.LIST);
    if (source == null) {
      return Reply.NIL;
    }
    boolean around = Arrays.equals(sourceKey, targetKey);
    ListValue target = around ? source : context.modify(targetKey, DataType.LIST);
    if (target == null) {
      target = ListValue.empty();
    }
    byte[] element = from.pop(source, context.limits());
    target.expect(1, element.length, context.limits());
    to.push(target, element);
    context.changed(targetKey, target, EventClass.LIST, to.pushEvent);
    context.changed(sourceKey, source, EventClass.LIST, from.popEvent);
    return Reply.bulk(element);
  }
}
