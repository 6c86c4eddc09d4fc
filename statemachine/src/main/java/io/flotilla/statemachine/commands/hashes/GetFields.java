package io.flotilla.statemachine.commands.hashes;

import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.Row.read;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** HGET and its kin: what is known of fields by their names. */
final class GetFields {
  static List<Row> rows() {
    return List.of(
        read("HGET key field", GetFields::hget)
            .summary("Answers the value of a field of a hash.")
            .since("2.0.0")
            .complexity("O(1)")
            .flags(FAST),
        read("HMGET key field [field ...]", GetFields::hmget)
            .summary("Answers the values of fields of a hash.")
            .since("2.0.0")
            .complexity("O(N) for N fields asked for")
            .flags(FAST),
        read("HEXISTS key field", GetFields::hexists)
            .summary("Tells whether a hash has a field.")
            .since("2.0.0")
            .complexity("O(1)")
            .flags(FAST)
            .keyFlags(RO),
        read("HSTRLEN key field", GetFields::hstrlen)
            .summary("Tells the length of a field's value.")
            .since("3.2.0")
            .complexity("O(1)")
            .flags(FAST)
            .keyFlags(RO),
        read("HLEN key", GetFields::hlen)
            .summary("Tells the number of fields of a hash.")
            .since("2.0.0")
            .complexity("O(1)")
            .flags(FAST)
            .keyFlags(RO));
  }

  private GetFields() {}

  private static Reply hget(ReadContext context, Arguments arguments) {
    return value(context.read(arguments.at(1), DataType.HASH), arguments.at(2));
  }

  private static Reply hmget(ReadContext context, Arguments arguments) {
    HashValue hash = context.read(arguments.at(1), DataType.HASH);
    List<Reply> values = new ArrayList<>(arguments.count() - 2);
    for (int i = 2; i < arguments.count(); i++) {
      values.add(value(hash, arguments.at(i)));
    }
    return Reply.array(values);
  }

  private static Reply value(@Nullable HashValue hash, byte[] field) {
    byte[] value = hash == null ? null : hash.get(field);
    return value == null ? Reply.NIL : Reply.bulk(value);
  }

  private static Reply hexists(ReadContext context, Arguments arguments) {
    HashValue hash = context.read(arguments.at(1), DataType.HASH);
    return Reply.yesNo(hash != null && hash.contains(arguments.at(2)));
  }

  private static Reply hstrlen(ReadContext context, Arguments arguments) {
    HashValue hash = context.read(arguments.at(1), DataType.HASH);
    return Reply.integer(hash == null ? 0 : hash.valueLength(arguments.at(2)));
  }

  private static Reply hlen(ReadContext context, Arguments arguments) {
    HashValue hash = context.read(arguments.at(1), DataType.HASH);
    return Reply.integer(hash == null ? 0 : hash.size());
  }
}
