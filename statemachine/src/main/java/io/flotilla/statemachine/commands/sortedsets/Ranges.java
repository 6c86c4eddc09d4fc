package io.flotilla.statemachine.commands.sortedsets;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.OW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;

/** ZRANGE, what was before it, and ZRANGESTORE: members by rank, score or name, up or down. */
final class Ranges {
  private static final Reply.Error LIMIT_BY_RANK =
      new Reply.Error(
          "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  private static final Reply.Error SCORES_BY_MEMBER =
      new Reply.Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");

  static List<Row> rows() {
    return List.of(
        read(
                "ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]",
                (context, arguments) -> range(context, arguments, By.ANY, Direction.ANY))
            .summary("Answers the members of a sorted set within a range.")
            .since("1.2.0")
            .complexity("O(log(N)+M) for M members answered of N"),
        read(
                "ZREVRANGE key start stop [WITHSCORES]",
                (context, arguments) -> range(context, arguments, By.RANK, Direction.DOWN))
            .summary("Answers the members of a sorted set between two ranks, the highest first.")
            .since("1.2.0")
            .complexity("O(log(N)+M) for M members answered of N"),
        read(
                "ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]",
                (context, arguments) -> range(context, arguments, By.SCORE, Direction.UP))
            .summary("Answers the members of a sorted set between two scores.")
            .since("1.0.5")
            .complexity("O(log(N)+M) for M members answered of N"),
        read(
                "ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]",
                (context, arguments) -> range(context, arguments, By.SCORE, Direction.DOWN))
            .summary("Answers the members of a sorted set between two scores, the highest first.")
            .since("2.2.0")
            .complexity("O(log(N)+M) for M members answered of N"),
        read(
                "ZRANGEBYLEX key min max [LIMIT offset count]",
                (context, arguments) -> range(context, arguments, By.MEMBER, Direction.UP))
            .summary("Answers the members of a sorted set of one score between two members.")
            .since("2.8.9")
            .complexity("O(log(N)+M) for M members answered of N"),
        read(
                "ZREVRANGEBYLEX key max min [LIMIT offset count]",
                (context, arguments) -> range(context, arguments, By.MEMBER, Direction.DOWN))
            .summary(
                "Answers the members of a sorted set of one score between two members, backwards.")
            .since("2.8.9")
            .complexity("O(log(N)+M) for M members answered of N"),
        write(
                "ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]",
                Ranges::zrangestore)
            .summary("Stores the members of a sorted set within a range.")
            .since("6.2.0")
            .complexity("O(log(N)+M) for M members stored of N")
            .flags(DENYOOM)
            .keys(KeySpec.at(1, OW, UPDATE), KeySpec.at(2, RO, ACCESS)));
  }

  private Ranges() {}

  private enum By {
    ANY,
    RANK,
    SCORE,
    MEMBER
  }

  private enum Direction {
    ANY,
    UP,
    DOWN
  }

  /** A range as it is asked for, before there is a set. */
  private record Wanted(
      By by, RankRange.Bounds bounds, boolean down, long offset, long limit, boolean withScores) {
    static Wanted of(
        Arguments arguments, int keyPlace, By ofCommand, Direction sense, boolean stores) {
      By by = ofCommand;
      Direction direction = sense;
      boolean withScores = false;
      long offset = 0;
      long limit = -1;
      for (int i = keyPlace + 3; i < arguments.count(); i++) {
        if (!stores && arguments.is(i, "WITHSCORES")) {
          withScores = true;
        } else if (arguments.is(i, "LIMIT") && i + 2 < arguments.count()) {
          offset = arguments.integer(i + 1);
          limit = arguments.integer(i + 2);
          i += 2;
        } else if (direction == Direction.ANY && arguments.is(i, "REV")) {
          direction = Direction.DOWN;
        } else if (by == By.ANY && arguments.is(i, "BYLEX")) {
          by = By.MEMBER;
        } else if (by == By.ANY && arguments.is(i, "BYSCORE")) {
          by = By.SCORE;
        } else {
          throw arguments.syntaxError();
        }
      }
      if (by == By.ANY) {
        by = By.RANK;
      }
      if (limit != -1 && by == By.RANK) {
        throw new CommandException(LIMIT_BY_RANK);
      }
      if (withScores && by == By.MEMBER) {
        throw new CommandException(SCORES_BY_MEMBER);
      }
      boolean down = direction == Direction.DOWN;
      int first = keyPlace + 1;
      int least = down ? first + 1 : first;
      int most = down ? first : first + 1;
      RankRange.Bounds bounds =
          switch (by) {
            case SCORE -> RankRange.byScore(arguments, least, most);
            case MEMBER -> RankRange.byMember(arguments, least, most);
            case RANK, ANY -> RankRange.byRank(arguments, first, first + 1, down);
          };
      return new Wanted(by, bounds, down, offset, limit, withScores);
    }

    RankRange in(SortedSetValue set) {
      RankRange range = bounds.in(set);
      return by == By.RANK ? range : range.limited(offset, limit, down);
    }
  }

  private static Reply range(ReadContext context, Arguments arguments, By by, Direction direction) {
    Wanted wanted = Wanted.of(arguments, 1, by, direction, false);
    SortedSetValue set = context.read(arguments.at(1), DataType.SORTED_SET);
    if (set == null) {
      return Reply.EMPTY_ARRAY;
    }
    List<Reply> shown = new ArrayList<>();
    wanted
        .in(set)
        .forEach(
            set,
            wanted.down,
            (member, score) -> {
              shown.add(Reply.bulk(member));
              if (wanted.withScores) {
                shown.add(new Reply.Double(score));
              }
            });
    return wanted.withScores ? new Reply.Pairs(shown) : Reply.array(shown);
  }

  private static Reply zrangestore(WriteContext context, Arguments arguments) {
    Wanted wanted = Wanted.of(arguments, 2, By.ANY, Direction.ANY, true);
    byte[] target = arguments.at(1);
    SortedSetValue set = context.read(arguments.at(2), DataType.SORTED_SET);
    RankRange range = set == null ? new RankRange(0, 0) : wanted.in(set);
    if (set == null || range.count() == 0) {
      context.remove(target);
      return Reply.ZERO;
    }
    // Redis knows the size beforehand only of a range by rank, and else begins large
    SortedSetValue stored =
        wanted.by == By.RANK
            ? SortedSetValue.beginning(context.hash(), range.count(), 0, context.limits())
            : SortedSetValue.empty(context.hash(), true);
    range.forEach(set, wanted.down, (member, score) -> stored.put(member, score, context.limits()));
    context.put(target, stored, EventClass.SORTED_SET, "zrangestore");
    return Reply.integer(stored.size());
  }
}
