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
import io.flotilla.statemachine.datatypes.SetValue;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ZUNION, ZINTER, ZDIFF and their kin: several sorted sets, or sets whose members all have score 1,
 * become one.
 */
final class Combinations {
  private static final String REFERENCE_OPTIONS =
      " numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]";
  private static final Reply.Error WRONG_TYPE =
      new Reply.Error("WRONGTYPE Operation against a key holding the wrong kind of value");
  private static final Reply.Error WEIGHT_NOT_A_FLOAT =
      new Reply.Error("ERR weight value is not a float");
  private static final Reply.Error NEGATIVE_LIMIT = new Reply.Error("ERR LIMIT can't be negative");

  static List<Row> rows() {
    return List.of(
        read(
                "ZUNION" + REFERENCE_OPTIONS + " [WITHSCORES]",
                (context, arguments) -> show(context, arguments, Operation.UNION))
            .summary("Answers the members of all of several sorted sets.")
            .since("6.2.0")
            .complexity("O(N)+O(M*log(M)) for N members in all sets and M answered")
            .arity(-3),
        write(
                "ZUNIONSTORE destination" + REFERENCE_OPTIONS,
                (context, arguments) -> store(context, arguments, Operation.UNION))
            .summary("Stores the members of all of several sorted sets.")
            .since("2.0.0")
            .complexity("O(N)+O(M*log(M)) for N members in all sets and M stored")
            .arity(-4)
            .flags(DENYOOM)
            .keys(KeySpec.at(1, OW, UPDATE), KeySpec.numbered(2, RO, ACCESS)),
        read(
                "ZINTER" + REFERENCE_OPTIONS + " [WITHSCORES]",
                (context, arguments) -> show(context, arguments, Operation.INTERSECTION))
            .summary("Answers the members that several sorted sets have in common.")
            .since("6.2.0")
            .complexity("O(N*K)+O(M*log(M)) for K sets, the smallest of N, and M answered")
            .arity(-3),
        write(
                "ZINTERSTORE destination" + REFERENCE_OPTIONS,
                (context, arguments) -> store(context, arguments, Operation.INTERSECTION))
            .summary("Stores the members that several sorted sets have in common.")
            .since("2.0.0")
            .complexity("O(N*K)+O(M*log(M)) for K sets, the smallest of N, and M stored")
            .arity(-4)
            .flags(DENYOOM)
            .keys(KeySpec.at(1, OW, UPDATE), KeySpec.numbered(2, RO, ACCESS)),
        read("ZINTERCARD numkeys key [key ...] [LIMIT limit]", Combinations::zintercard)
            .summary("Tells how many members several sorted sets have in common.")
            .since("7.0.0")
            .complexity("O(N*K) for K sets, the smallest of N members"),
        read(
                "ZDIFF numkeys key [key ...] [WITHSCORES]",
                (context, arguments) -> show(context, arguments, Operation.DIFFERENCE))
            .summary("Answers the members of a sorted set that no other has.")
            .since("6.2.0")
            .complexity("O(N*K)+O(M*log(M)) for K sets, the first of N, and M answered"),
        write(
                "ZDIFFSTORE destination numkeys key [key ...]",
                (context, arguments) -> store(context, arguments, Operation.DIFFERENCE))
            .summary("Stores the members of a sorted set that no other has.")
            .since("6.2.0")
            .complexity("O(N*K)+O(M*log(M)) for K sets, the first of N, and M stored")
            .flags(DENYOOM)
            .keys(KeySpec.at(1, OW, UPDATE), KeySpec.numbered(2, RO, ACCESS)));
  }

  private Combinations() {}

  private enum Operation {
    UNION("zunion"),
    INTERSECTION("zinter"),
    DIFFERENCE("zdiff");

    private final String command;

    Operation(String command) {
      this.command = command;
    }
  }

  private enum Aggregate {
    SUM,
    MIN,
    MAX;

    double of(double one, double other) {
      double result =
          switch (this) {
            case SUM -> one + other;
            case MIN -> other < one ? other : one;
            case MAX -> other > one ? other : one;
          };
      return Double.isNaN(result) ? 0 : result; // of two opposite infinities
    }
  }

  /** A sorted set, a set, or nothing, with the weight of its scores. */
  private record Source(@Nullable Value value, double weight) {
    long size() {
      return value == null ? 0 : value.weight();
    }

    /** The member's score as it stands there, NaN where it does not. */
    double score(byte[] member) {
      return switch (value) {
        case SortedSetValue set -> set.score(member);
        case SetValue set -> set.contains(member) ? 1 : Double.NaN;
        case null, default -> Double.NaN;
      };
    }

    void forEach(SortedSetValue.Visitor visitor) {
      if (value instanceof SortedSetValue set) {
        set.forEach(visitor);
      } else if (value instanceof SetValue set) {
        set.forEach(member -> visitor.visit(member, 1));
      }
    }

    double weighted(double score) {
      double weighted = weight * score;
      return Double.isNaN(weighted) ? 0 : weighted; // of zero and infinity
    }
  }

  /** What is asked, checked in Redis's order: the number of keys, their types, the options. */
  private record Wanted(List<Source> sources, Aggregate aggregate, boolean withScores, long limit) {
    /** The options that a command may have. */
    private record Allowed(boolean weights, boolean scores, boolean limit) {}

    static Wanted of(
        ReadContext context, Arguments arguments, int place, String command, Allowed allowed) {
      long keys = arguments.integer(place);
      if (keys < 1) {
        throw new CommandException(
            "ERR at least 1 input key is needed for '" + command + "' command");
      }
      if (keys > arguments.count() - place - 1) {
        throw arguments.syntaxError();
      }
      int count = (int) keys;
      List<@Nullable Value> values = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Value value = context.readAny(arguments.at(place + 1 + i));
        if (value != null && !(value instanceof SortedSetValue) && !(value instanceof SetValue)) {
          throw new CommandException(WRONG_TYPE);
        }
        values.add(value);
      }
      double[] weights = new double[count];
      Arrays.fill(weights, 1);
      Aggregate aggregate = Aggregate.SUM;
      boolean withScores = false;
      long limit = 0;
      int i = place + 1 + count;
      while (i < arguments.count()) {
        int left = arguments.count() - i;
        if (allowed.weights && left > count && arguments.is(i, "WEIGHTS")) {
          for (int j = 0; j < count; j++) {
            weights[j] = arguments.floating(i + 1 + j, WEIGHT_NOT_A_FLOAT);
          }
          i += 1 + count;
        } else if (allowed.weights && left >= 2 && arguments.is(i, "AGGREGATE")) {
          aggregate = aggregate(arguments, i + 1);
          i += 2;
        } else if (allowed.scores && arguments.is(i, "WITHSCORES")) {
          withScores = true;
          i++;
        } else if (allowed.limit && left >= 2 && arguments.is(i, "LIMIT")) {
          limit = arguments.integer(i + 1, 0, Long.MAX_VALUE, NEGATIVE_LIMIT);
          i += 2;
        } else {
          throw arguments.syntaxError();
        }
      }
      List<Source> sources = new ArrayList<>();
      for (int j = 0; j < count; j++) {
        sources.add(new Source(values.get(j), weights[j]));
      }
      return new Wanted(sources, aggregate, withScores, limit == 0 ? Long.MAX_VALUE : limit);
    }

    private static Aggregate aggregate(Arguments arguments, int place) {
      for (Aggregate aggregate : Aggregate.values()) {
        if (arguments.is(place, aggregate.name())) {
          return aggregate;
        }
      }
      throw arguments.syntaxError();
    }

    List<Source> smallestFirst() {
      List<Source> sorted = new ArrayList<>(sources);
      sorted.sort(Comparator.comparingLong(Source::size));
      return sorted;
    }
  }

  private static Reply show(ReadContext context, Arguments arguments, Operation operation) {
    Wanted wanted =
        Wanted.of(
            context,
            arguments,
            1,
            operation.command,
            new Wanted.Allowed(operation != Operation.DIFFERENCE, true, false));
    List<Reply> shown = new ArrayList<>();
    combined(context, wanted, operation)
        .forEach((member, score) -> {
          shown.add(Reply.bulk(member));
          if (wanted.withScores) {
            shown.add(new Reply.Double(score));
          }
        });
    return wanted.withScores ? new Reply.Pairs(shown) : Reply.array(shown);
  }

  private static Reply store(WriteContext context, Arguments arguments, Operation operation) {
    String command = operation.command + "store";
    Wanted wanted =
        Wanted.of(
            context,
            arguments,
            2,
            command,
            new Wanted.Allowed(operation != Operation.DIFFERENCE, false, false));
    SortedSetValue result = combined(context, wanted, operation);
    byte[] key = arguments.at(1);
    if (result.isEmpty()) {
      context.remove(key);
      return Reply.ZERO;
    }
    result.settle(context.limits());
    context.put(key, result, EventClass.SORTED_SET, command);
    return Reply.integer(result.size());
  }

  private static Reply zintercard(ReadContext context, Arguments arguments) {
    Wanted wanted =
        Wanted.of(context, arguments, 1, "zintercard", new Wanted.Allowed(false, false, true));
    long[] count = {0};
    intersect(
        wanted,
        (member, score) -> {
          if (count[0] < wanted.limit) {
            count[0]++;
          }
        });
    return Reply.integer(count[0]);
  }

  /**
   * The result, in the large form: it keeps the sign of a zero, which a reply shows, and which the
   * compact form drops. What is stored settles afterwards. As in Redis.
   */
  private static SortedSetValue combined(ReadContext context, Wanted wanted, Operation operation) {
    SortedSetValue result = SortedSetValue.empty(context.hash(), true);
    SortedSetValue.Visitor put = result::putExactly;
    switch (operation) {
      case UNION -> {
        for (Source source : wanted.smallestFirst()) {
          source.forEach((member, score) -> {
            double weighted = source.weighted(score);
            double known = result.score(member);
            put.visit(
                member, Double.isNaN(known) ? weighted : wanted.aggregate.of(known, weighted));
          });
        }
      }
      case INTERSECTION -> intersect(wanted, put);
      case DIFFERENCE -> {
        List<Source> others = wanted.sources.subList(1, wanted.sources.size());
        wanted
            .sources
            .get(0)
            .forEach((member, score) -> {
              if (isInNone(others, member)) {
                put.visit(member, score);
              }
            });
      }
    }
    return result;
  }

  private static boolean isInNone(List<Source> sources, byte[] member) {
    for (Source source : sources) {
      if (!Double.isNaN(source.score(member))) {
        return false;
      }
    }
    return true;
  }

  private static void intersect(Wanted wanted, SortedSetValue.Visitor visitor) {
    List<Source> sources = wanted.smallestFirst();
    sources
        .get(0)
        .forEach((member, score) -> {
          double sum = sources.get(0).weighted(score);
          for (int i = 1; i < sources.size(); i++) {
            double there = sources.get(i).score(member);
            if (Double.isNaN(there)) {
              return;
            }
            sum = wanted.aggregate.of(sum, there * sources.get(i).weight());
          }
          visitor.visit(member, sum);
        });
  }
}
