package io.flotilla.statemachine.commands.hashes;

import static io.flotilla.statemachine.command.Row.read;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.ReadFunction;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.ScanOptions;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;

/** HGETALL and its kin: all fields of a hash, at once or bit by bit. */
final class WholeHash {
  static List<Row> rows() {
    return List.of(
        whole("HGETALL key", "Answers all fields of a hash with their values.", WholeHash::hgetall),
        whole("HKEYS key", "Answers all fields of a hash.", WholeHash::hkeys),
        whole("HVALS key", "Answers all values of a hash.", WholeHash::hvals),
        read("HSCAN key cursor [MATCH pattern] [COUNT count]", WholeHash::hscan)
            .summary("Goes through the fields of a hash, some at a time.")
            .since("2.8.0")
            .complexity("O(1) for each call, O(N) for a whole round over N fields")
            .tips("nondeterministic_output"));
  }

  private static Row whole(String reference, String summary, ReadFunction function) {
    return read(reference, function)
        .summary(summary)
        .since("2.0.0")
        .complexity("O(N) for N fields")
        .tips("nondeterministic_output_order");
  }

  private WholeHash() {}

  private static Reply hgetall(ReadContext context, Arguments arguments) {
    HashValue hash = context.read(arguments.at(1), DataType.HASH);
    if (hash == null) {
      return Reply.EMPTY_MAP;
    }
    List<Reply> pairs = new ArrayList<>((int) Math.min(hash.size() * 2, Integer.MAX_VALUE - 8));
    hash.forEach((field, value) -> {
      pairs.add(Reply.bulk(field));
      pairs.add(Reply.bulk(value));
    });
    return new Reply.Map(pairs);
  }

  private static Reply hkeys(ReadContext context, Arguments arguments) {
    List<Reply> fields = new ArrayList<>();
    HashValue hash = context.read(arguments.at(1), DataType.HASH);
    if (hash != null) {
      hash.forEach((field, value) -> fields.add(Reply.bulk(field)));
    }
    return Reply.array(fields);
  }

  private static Reply hvals(ReadContext context, Arguments arguments) {
    List<Reply> values = new ArrayList<>();
    HashValue hash = context.read(arguments.at(1), DataType.HASH);
    if (hash != null) {
      hash.forEach((field, value) -> values.add(Reply.bulk(value)));
    }
    return Reply.array(values);
  }

  private static Reply hscan(ReadContext context, Arguments arguments) {
    long cursor = ScanOptions.cursor(arguments, 2);
    HashValue hash = context.read(arguments.at(1), DataType.HASH);
    if (hash == null) {
      return ScanOptions.reply(0, List.of());
    }
    ScanOptions options = ScanOptions.of(arguments, 3);
    List<Reply> found = new ArrayList<>();
    long next =
        hash.scan(
            cursor,
            options.count(),
            (field, value) -> {
              if (options.matches(field)) {
                found.add(Reply.bulk(field));
                found.add(Reply.bulk(value));
              }
            });
    return ScanOptions.reply(next, found);
  }
}
