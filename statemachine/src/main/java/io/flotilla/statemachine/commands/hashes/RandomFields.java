package io.flotilla.statemachine.commands.hashes;

import static io.flotilla.statemachine.command.Row.read;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.Sample;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** HRANDFIELD: fields by chance, different ones or each drawn from all. */
final class RandomFields {
  static List<Row> rows() {
    return List.of(
        read("HRANDFIELD key [count [WITHVALUES]]", RandomFields::hrandfield)
            .summary("Answers one or more random fields of a hash.")
            .since("6.2.0")
            .complexity("O(N) for N fields answered")
            .tips("nondeterministic_output"));
  }

  private RandomFields() {}

  private static Reply hrandfield(ReadContext context, Arguments arguments) {
    if (arguments.count() == 2) {
      HashValue hash = context.read(arguments.at(1), DataType.HASH);
      if (hash == null) {
        return Reply.NIL;
      }
      byte[][] drawn = new byte[1][];
      hash.visitRank(context.dice().below(hash.size()), (field, value) -> drawn[0] = field);
      return Reply.bulk(drawn[0]);
    }
    long count = Sample.count(arguments, 2);
    boolean withValues = arguments.is(3, "WITHVALUES");
    if (arguments.count() > (withValues ? 4 : 3)) {
      throw arguments.syntaxError();
    }
    if (withValues && (count < -Long.MAX_VALUE / 2 || count > Long.MAX_VALUE / 2)) {
      throw new CommandException(Errors.OUT_OF_RANGE);
    }
    List<Reply> replies =
        drawn(context.read(arguments.at(1), DataType.HASH), count, withValues, context);
    return withValues ? new Reply.Pairs(replies) : Reply.array(replies);
  }

  private static List<Reply> drawn(
      @Nullable HashValue hash, long count, boolean withValues, ReadContext context) {
    if (hash == null || count == 0) {
      return List.of();
    }
    List<Reply> replies = new ArrayList<>();
    HashValue.Visitor answer =
        (field, value) -> {
          replies.add(Reply.bulk(field));
          if (withValues) {
            replies.add(Reply.bulk(value));
          }
        };
    if (count >= hash.size()) {
      hash.forEach(answer);
      return replies;
    }
    long[] ranks =
        count < 0
            ? Sample.repeated(hash.size(), -count, context.dice())
            : Sample.distinct(hash.size(), count, context.dice());
    for (long rank : ranks) {
      hash.visitRank(rank, answer);
    }
    return replies;
  }
}
