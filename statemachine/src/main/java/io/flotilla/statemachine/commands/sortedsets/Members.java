package io.flotilla.statemachine.commands.sortedsets;

import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.bytes.Doubles;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.ScanOptions;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** ZSCORE, ZRANK and their kin: what is known of members by their names. */
final class Members {
  static List<Row> rows() {
    return List.of(
        read("ZCARD key", Members::zcard)
            .summary("Tells the number of members of a sorted set.")
            .since("1.2.0")
            .complexity("O(1)")
            .flags(FAST)
            .keyFlags(RO),
        read("ZSCORE key member", Members::zscore)
            .summary("Tells the score of a member.")
            .since("1.2.0")
            .complexity("O(1)")
            .flags(FAST),
        read("ZMSCORE key member [member ...]", Members::zmscore)
            .summary("Tells the scores of several members.")
            .since("6.2.0")
            .complexity("O(N) for N members asked for")
            .flags(FAST),
        read(
                "ZRANK key member [WITHSCORE]",
                (context, arguments) -> rank(context, arguments, false))
            .summary("Tells the rank of a member, from the lowest score on.")
            .since("2.0.0")
            .complexity("O(log(N)) in a set of N members")
            .flags(FAST),
        read(
                "ZREVRANK key member [WITHSCORE]",
                (context, arguments) -> rank(context, arguments, true))
            .summary("Tells the rank of a member, from the highest score down.")
            .since("2.0.0")
            .complexity("O(log(N)) in a set of N members")
            .flags(FAST),
        write("ZREM key member [member ...]", Members::zrem)
            .summary("Removes members from a sorted set, and the set with its last one.")
            .since("1.2.0")
            .complexity("O(M*log(N)) for M members to remove from a set of N")
            .flags(FAST)
            .keyFlags(RW, DELETE),
        read("ZSCAN key cursor [MATCH pattern] [COUNT count]", Members::zscan)
            .summary("Goes through the members of a sorted set, some at a time.")
            .since("2.8.0")
            .complexity("O(1) for each call, O(N) for a whole round over N members")
            .tips("nondeterministic_output"));
  }

  private Members() {}

  private static Reply zcard(ReadContext context, Arguments arguments) {
    SortedSetValue set = context.read(arguments.at(1), DataType.SORTED_SET);
    return Reply.integer(set == null ? 0 : set.size());
  }

  private static Reply zscore(ReadContext context, Arguments arguments) {
    return score(context.read(arguments.at(1), DataType.SORTED_SET), arguments.at(2));
  }

  private static Reply zmscore(ReadContext context, Arguments arguments) {
    SortedSetValue set = context.read(arguments.at(1), DataType.SORTED_SET);
    List<Reply> scores = new ArrayList<>();
    for (int i = 2; i < arguments.count(); i++) {
      scores.add(score(set, arguments.at(i)));
    }
    return Reply.array(scores);
  }

  private static Reply score(@Nullable SortedSetValue set, byte[] member) {
    double score = set == null ? Double.NaN : set.score(member);
    return Double.isNaN(score) ? Reply.NIL : new Reply.Double(score);
  }

  private static Reply rank(ReadContext context, Arguments arguments, boolean fromHighest) {
    if (arguments.count() > 4) {
      throw new CommandException(Errors.wrongArity(fromHighest ? "zrevrank" : "zrank"));
    }
    boolean withScore = arguments.is(3, "WITHSCORE");
    if (arguments.count() == 4 && !withScore) {
      throw arguments.syntaxError();
    }
    SortedSetValue set = context.read(arguments.at(1), DataType.SORTED_SET);
    long rank = set == null ? -1 : set.rank(arguments.at(2));
    if (set == null || rank < 0) {
      return withScore ? Reply.NIL_ARRAY : Reply.NIL;
    }
    Reply shown = Reply.integer(fromHighest ? set.size() - 1 - rank : rank);
    return withScore ? Reply.array(shown, score(set, arguments.at(2))) : shown;
  }

  private static Reply zrem(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    SortedSetValue set = context.modify(key, DataType.SORTED_SET);
    if (set == null) {
      return Reply.ZERO;
    }
    int removed = 0;
    for (int i = 2; i < arguments.count(); i++) {
      removed += set.remove(arguments.at(i)) ? 1 : 0;
    }
    if (removed > 0) {
      context.changed(key, set, EventClass.SORTED_SET, "zrem");
    }
    return Reply.integer(removed);
  }

  private static Reply zscan(ReadContext context, Arguments arguments) {
    long cursor = ScanOptions.cursor(arguments, 2);
    SortedSetValue set = context.read(arguments.at(1), DataType.SORTED_SET);
    if (set == null) {
      return ScanOptions.reply(0, List.of());
    }
    ScanOptions options = ScanOptions.of(arguments, 3);
    List<Reply> found = new ArrayList<>();
    long next =
        set.scan(
            cursor,
            options.count(),
            (member, score) -> {
              if (options.matches(member)) {
                found.add(Reply.bulk(member));
                found.add(Reply.bulk(Doubles.format(score)));
              }
            });
    return ScanOptions.reply(next, found);
  }
}
