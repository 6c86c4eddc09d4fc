package io.flotilla.statemachine.commands.sortedsets;

import io.flotilla.statemachine.bytes.Doubles;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.Arrays;

/**
 * A run of ranks of a sorted set, from the lowest score on: what every range, by rank, by score or
 * by member, comes down to.
 *
 * @param from the first rank
 * @param to behind the last one
 */
record RankRange(long from, long to) {
  private static final Reply.Error NOT_A_FLOAT = new Reply.Error("ERR min or max is not a float");
  private static final Reply.Error NOT_A_MEMBER =
      new Reply.Error("ERR min or max not valid string range item");

  /** A range that is read from the arguments before there is a set to apply it to. */
  @FunctionalInterface
  interface Bounds {
    /** The ranks of this set's members that are within the bounds. */
    RankRange in(SortedSetValue set);
  }

  long count() {
    return Math.max(0, to - from);
  }

  /** By rank: both ends inclusive, −1 is the last; downwards: 0 is the highest. */
  static Bounds byRank(Arguments arguments, int first, int last, boolean downwards) {
    long start = arguments.integer(first);
    long stop = arguments.integer(last);
    return set -> {
      long size = set.size();
      long from = Math.max(0, start < 0 ? start + size : start);
      long to = Math.min(size - 1, stop < 0 ? stop + size : stop) + 1;
      if (from >= to) {
        return new RankRange(0, 0);
      }
      return downwards ? new RankRange(size - to, size - from) : new RankRange(from, to);
    };
  }

  /** By score: {@code 1.5}, {@code (1.5} for what lies beyond it, {@code -inf}. */
  static Bounds byScore(Arguments arguments, int least, int most) {
    byte[] min = arguments.at(least);
    byte[] max = arguments.at(most);
    double lowest = score(min);
    double highest = score(max);
    return set ->
        new RankRange(
            set.membersBelow(lowest, isOpen(min)), set.membersBelow(highest, !isOpen(max)));
  }

  private static boolean isOpen(byte[] bound) {
    return bound.length > 0 && bound[0] == '(';
  }

  private static double score(byte[] bound) {
    double score =
        Doubles.bound(isOpen(bound) ? Arrays.copyOfRange(bound, 1, bound.length) : bound);
    if (Double.isNaN(score)) {
      throw new CommandException(NOT_A_FLOAT);
    }
    return score;
  }

  /** By member: {@code [a}, {@code (a} for what lies beyond it, {@code -} and {@code +}. */
  static Bounds byMember(Arguments arguments, int least, int most) {
    byte[] min = member(arguments.at(least));
    byte[] max = member(arguments.at(most));
    return set -> new RankRange(membersBefore(set, min, '('), membersBefore(set, max, '['));
  }

  private static byte[] member(byte[] bound) {
    boolean valid =
        bound.length > 0
            && switch (bound[0]) {
              case '+', '-' -> bound.length == 1;
              case '(', '[' -> true;
              default -> false;
            };
    if (!valid) {
      throw new CommandException(NOT_A_MEMBER);
    }
    return bound;
  }

  /** The members before a bound, and the one at it if the bound is of this kind. */
  private static long membersBefore(SortedSetValue set, byte[] bound, char inclusiveKind) {
    return switch (bound[0]) {
      case '-' -> 0;
      case '+' -> set.size();
      default ->
          set.membersBefore(Arrays.copyOfRange(bound, 1, bound.length), bound[0] == inclusiveKind);
    };
  }

  /**
   * What is left of the range behind {@code offset} members, {@code limit} of them, counted from
   * the end at which it begins; a negative limit is none, a negative offset leaves nothing.
   */
  RankRange limited(long offset, long limit, boolean downwards) {
    long skipped = offset < 0 ? count() : Math.min(offset, count());
    long kept = count() - skipped;
    if (limit >= 0) {
      kept = Math.min(kept, limit);
    }
    return downwards
        ? new RankRange(to - skipped - kept, to - skipped)
        : new RankRange(from + skipped, from + skipped + kept);
  }

  /** Shows the members of the range, from the end at which it begins. */
  void forEach(SortedSetValue set, boolean downwards, SortedSetValue.Visitor visitor) {
    if (count() > 0) {
      set.visitRange(downwards ? to - 1 : from, count(), downwards, visitor);
    }
  }
}
