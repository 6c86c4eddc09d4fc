package io.flotilla.statemachine.commands.sortedsets;

import static io.flotilla.statemachine.command.Row.read;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.Sample;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** ZRANDMEMBER: members by chance, different ones or each drawn from all. */
final class RandomMembers {
  static List<Row> rows() {
    return List.of(
        read("ZRANDMEMBER key [count [WITHSCORES]]", RandomMembers::zrandmember)
            .summary("Answers one or more random members of a sorted set.")
            .since("6.2.0")
            .complexity("O(N) for N members answered")
            .tips("nondeterministic_output"));
  }

  private RandomMembers() {}

  private static Reply zrandmember(ReadContext context, Arguments arguments) {
    if (arguments.count() == 2) {
      SortedSetValue set = context.read(arguments.at(1), DataType.SORTED_SET);
      List<Reply> one = draw(set, -1, false, context);
      return one.isEmpty() ? Reply.NIL : one.get(0);
    }
    long count = Sample.count(arguments, 2);
    boolean withScores = arguments.is(3, "WITHSCORES");
    if (arguments.count() > (withScores ? 4 : 3)) {
      throw arguments.syntaxError();
    }
    if (withScores && (count < -Long.MAX_VALUE / 2 || count > Long.MAX_VALUE / 2)) {
      throw new CommandException(Errors.OUT_OF_RANGE);
    }
    SortedSetValue set = context.read(arguments.at(1), DataType.SORTED_SET);
    List<Reply> drawn = draw(set, count, withScores, context);
    return withScores ? new Reply.Pairs(drawn) : Reply.array(drawn);
  }

  private static List<Reply> draw(
      @Nullable SortedSetValue set, long count, boolean withScores, ReadContext context) {
    List<Reply> drawn = new ArrayList<>();
    if (set == null || count == 0) {
      return drawn;
    }
    SortedSetValue.Visitor answer =
        (member, score) -> {
          drawn.add(Reply.bulk(member));
          if (withScores) {
            drawn.add(new Reply.Double(score));
          }
        };
    if (count >= set.size()) {
      set.forEach(answer);
      return drawn;
    }
    long[] ranks =
        count < 0
            ? Sample.repeated(set.size(), -count, context.dice())
            : Sample.distinct(set.size(), count, context.dice());
    for (long rank : ranks) {
      set.visitRange(rank, 1, false, answer);
    }
    return drawn;
  }
}
