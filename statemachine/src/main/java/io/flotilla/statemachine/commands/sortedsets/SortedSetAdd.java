package io.flotilla.statemachine.commands.sortedsets;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** ZADD and ZINCRBY: members get scores, on conditions. */
final class SortedSetAdd {
  private static final Reply.Error NX_AND_XX =
      new Reply.Error("ERR XX and NX options at the same time are not compatible");
  private static final Reply.Error GT_LT_AND_NX =
      new Reply.Error("ERR GT, LT, and/or NX options at the same time are not compatible");
  private static final Reply.Error INCR_OF_ONE =
      new Reply.Error("ERR INCR option supports a single increment-element pair");
  private static final Reply.Error NOT_A_NUMBER =
      new Reply.Error("ERR resulting score is not a number (NaN)");

  static List<Row> rows() {
    return List.of(
        write(
                "ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]",
                SortedSetAdd::zadd)
            .summary("Adds members to a sorted set, or moves their scores.")
            .since("1.2.0")
            .complexity("O(log(N)) for each member, in a set of N members")
            .arity(-4)
            .flags(DENYOOM, FAST)
            .keyFlags(RW, UPDATE),
        write("ZINCRBY key increment member", SortedSetAdd::zincrby)
            .summary("Adds a number to the score of a member.")
            .since("1.2.0")
            .complexity("O(log(N)) in a set of N members")
            .flags(DENYOOM, FAST)
            .keyFlags(RW, ACCESS, UPDATE));
  }

  private SortedSetAdd() {}

  /** What ZADD is asked to do with each pair, which begin at {@code first}. */
  private record Wanted(
      boolean nx, boolean xx, boolean gt, boolean lt, boolean ch, boolean incr, int first) {
    /**
     * @param adds whether the command adds up, whatever its options
     */
    static Wanted of(Arguments arguments, boolean adds) {
      boolean nx = false;
      boolean xx = false;
      boolean gt = false;
      boolean lt = false;
      boolean ch = false;
      boolean incr = adds;
      int place = 2;
      for (; place < arguments.count(); place++) {
        if (arguments.is(place, "NX")) {
          nx = true;
        } else if (arguments.is(place, "XX")) {
          xx = true;
        } else if (arguments.is(place, "GT")) {
          gt = true;
        } else if (arguments.is(place, "LT")) {
          lt = true;
        } else if (arguments.is(place, "CH")) {
          ch = true;
        } else if (arguments.is(place, "INCR")) {
          incr = true;
        } else {
          break;
        }
      }
      int left = arguments.count() - place;
      if (left == 0 || left % 2 != 0) {
        throw arguments.syntaxError();
      }
      if (nx && xx) {
        throw new CommandException(NX_AND_XX);
      }
      if ((nx && (gt || lt)) || (gt && lt)) {
        throw new CommandException(GT_LT_AND_NX);
      }
      if (incr && left > 2) {
        throw new CommandException(INCR_OF_ONE);
      }
      return new Wanted(nx, xx, gt, lt, ch, incr, place);
    }

    /** Whether a member with this score, NaN for a new one, may get another. */
    boolean allows(double old, double score) {
      if (Double.isNaN(old)) {
        return !xx;
      }
      return !nx && !(gt && score <= old) && !(lt && score >= old);
    }
  }

  private static Reply zadd(WriteContext context, Arguments arguments) {
    return add(context, arguments, Wanted.of(arguments, false));
  }

  /** As in Redis a word that is an option of ZADD is none of an increment. */
  private static Reply zincrby(WriteContext context, Arguments arguments) {
    return add(context, arguments, Wanted.of(arguments, true));
  }

  private static Reply add(WriteContext context, Arguments arguments, Wanted wanted) {
    int pairs = (arguments.count() - wanted.first) / 2;
    double[] scores = new double[pairs];
    for (int i = 0; i < pairs; i++) {
      scores[i] = arguments.floating(wanted.first + 2 * i);
    }
    byte[] key = arguments.at(1);
    SortedSetValue set = context.modify(key, DataType.SORTED_SET);
    if (set == null) {
      if (wanted.xx) {
        return wanted.incr ? Reply.NIL : Reply.ZERO;
      }
      set =
          SortedSetValue.beginning(
              context.hash(), pairs, arguments.at(wanted.first + 1).length, context.limits());
    } else {
      set.expect(pairs, context.limits());
    }
    int added = 0;
    int moved = 0;
    double last = Double.NaN;
    for (int i = 0; i < pairs; i++) {
      byte[] member = arguments.at(wanted.first + 2 * i + 1);
      double old = set.score(member);
      double score = wanted.incr && !Double.isNaN(old) ? old + scores[i] : scores[i];
      if (Double.isNaN(score) && !wanted.nx) {
        throw new CommandException(NOT_A_NUMBER); // of one pair: nothing has changed
      }
      if (wanted.allows(old, score)) {
        added += set.put(member, score, context.limits()) ? 1 : 0;
        moved += !Double.isNaN(old) && old != score ? 1 : 0;
        last = score;
      }
    }
    if (added + moved > 0) {
      context.changed(key, set, EventClass.SORTED_SET, wanted.incr ? "zincr" : "zadd");
    }
    if (wanted.incr) {
      return Double.isNaN(last) ? Reply.NIL : new Reply.Double(last);
    }
    return Reply.integer(wanted.ch ? added + moved : added);
  }
}
