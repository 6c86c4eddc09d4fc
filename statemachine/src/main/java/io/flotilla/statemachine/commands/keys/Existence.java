package io.flotilla.statemachine.commands.keys;

import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RM;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** DEL, EXISTS, TYPE and their kin: whether a key is there, and that it no longer is. */
final class Existence {
  private static final Reply.Simple NONE = new Reply.Simple("none");

  static List<Row> rows() {
    return List.of(
        write("DEL key [key ...]", Existence::del)
            .summary("Removes keys and tells how many there were.")
            .complexity(
                "O(N) for N keys; the values are freed behind the reply, whatever their size")
            .keyFlags(RM, DELETE)
            .tips("request_policy:multi_shard", "response_policy:agg_sum"),
        write("UNLINK key [key ...]", Existence::del)
            .summary("Removes keys and tells how many there were: DEL, which never waits here.")
            .since("4.0.0")
            .complexity(
                "O(N) for N keys; the values are freed behind the reply, whatever their size")
            .flags(FAST)
            .keyFlags(RM, DELETE)
            .tips("request_policy:multi_shard", "response_policy:agg_sum"),
        read("EXISTS key [key ...]", Existence::exists)
            .summary("Tells how many of the keys exist; a key named twice counts twice.")
            .complexity("O(N) for N keys")
            .flags(FAST)
            .keyFlags(RO)
            .tips("request_policy:multi_shard", "response_policy:agg_sum"),
        read("TOUCH key [key ...]", Existence::exists)
            .summary("Tells how many of the keys exist.")
            .since("3.2.1")
            .complexity("O(N) for N keys")
            .flags(FAST)
            .keyFlags(RO)
            .tips("request_policy:multi_shard", "response_policy:agg_sum"),
        read("TYPE key", Existence::type)
            .summary("Tells the type of the value of a key.")
            .complexity("O(1)")
            .flags(FAST)
            .keyFlags(RO));
  }

  private Existence() {}

  private static Reply del(WriteContext context, Arguments arguments) {
    int removed = 0;
    for (int i = 1; i < arguments.count(); i++) {
      removed += context.remove(arguments.at(i)) ? 1 : 0;
    }
    return Reply.integer(removed);
  }

  private static Reply exists(ReadContext context, Arguments arguments) {
    int present = 0;
    for (int i = 1; i < arguments.count(); i++) {
      present += context.exists(arguments.at(i)) ? 1 : 0;
    }
    return Reply.integer(present);
  }

  private static Reply type(ReadContext context, Arguments arguments) {
    Value value = context.readAny(arguments.at(1));
    return value == null ? NONE : new Reply.Simple(value.type().toString());
  }
}
