package io.flotilla.statemachine.commands.sortedsets;

import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** ZCOUNT, ZREMRANGEBYSCORE and their kin: ranges that are counted or removed. */
final class RangeCounts {
  static List<Row> rows() {
    return List.of(
        read(
                "ZCOUNT key min max",
                (context, arguments) ->
                    count(context, arguments, RankRange.byScore(arguments, 2, 3)))
            .summary("Tells how many members of a sorted set are between two scores.")
            .since("2.0.0")
            .complexity("O(log(N)) in a set of N members")
            .flags(FAST),
        read(
                "ZLEXCOUNT key min max",
                (context, arguments) ->
                    count(context, arguments, RankRange.byMember(arguments, 2, 3)))
            .summary("Tells how many members of a sorted set of one score are between two.")
            .since("2.8.9")
            .complexity("O(log(N)) in a set of N members")
            .flags(FAST),
        write(
                "ZREMRANGEBYRANK key start stop",
                (context, arguments) ->
                    remove(
                        context,
                        arguments,
                        RankRange.byRank(arguments, 2, 3, false),
                        "zremrangebyrank"))
            .summary("Removes the members of a sorted set between two ranks.")
            .since("2.0.0")
            .complexity("O(log(N)+M) for M members to remove of N")
            .keyFlags(RW, DELETE),
        write(
                "ZREMRANGEBYSCORE key min max",
                (context, arguments) ->
                    remove(
                        context, arguments, RankRange.byScore(arguments, 2, 3), "zremrangebyscore"))
            .summary("Removes the members of a sorted set between two scores.")
            .since("1.2.0")
            .complexity("O(log(N)+M) for M members to remove of N")
            .keyFlags(RW, DELETE),
        write(
                "ZREMRANGEBYLEX key min max",
                (context, arguments) ->
                    remove(
                        context, arguments, RankRange.byMember(arguments, 2, 3), "zremrangebylex"))
            .summary("Removes the members of a sorted set of one score between two members.")
            .since("2.8.9")
            .complexity("O(log(N)+M) for M members to remove of N")
            .keyFlags(RW, DELETE));
  }

  private RangeCounts() {}

  private static Reply count(ReadContext context, Arguments arguments, RankRange.Bounds bounds) {
    SortedSetValue set = context.read(arguments.at(1), DataType.SORTED_SET);
    return Reply.integer(set == null ? 0 : bounds.in(set).count());
  }

  private static Reply remove(
      WriteContext context, Arguments arguments, RankRange.Bounds bounds, String event) {
    byte[] key = arguments.at(1);
    SortedSetValue set = context.modify(key, DataType.SORTED_SET);
    if (set == null) {
      return Reply.ZERO;
    }
    RankRange range = bounds.in(set);
    if (range.count() > 0) {
      set.removeRange(range.from(), range.count());
      context.changed(key, set, EventClass.SORTED_SET, event);
    }
    return Reply.integer(range.count());
  }
}
