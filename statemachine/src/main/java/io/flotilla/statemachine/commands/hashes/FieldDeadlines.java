package io.flotilla.statemachine.commands.hashes;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.ReadFunction;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.command.WriteFunction;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * HEXPIRE, HTTL, HPERSIST and their kin, of Redis 7.4: fields that vanish by themselves.
 *
 * <p>A field is gone when machine time reaches its deadline, as a key is. (Redis 7.4 shows a field
 * for its last millisecond to some commands and not to others.)
 */
final class FieldDeadlines {
  private static final String SINCE = "7.4.0";
  private static final int SECOND = 1000;
  private static final int MILLISECOND = 1;
  private static final String FIELDS = " FIELDS numfields field [field ...]";

  /** The latest deadline that a field may have, Unix milliseconds. Source: Redis. */
  private static final long LATEST = 0xffff_ffff_ffffL >> 2;

  private static final Reply.Int NO_FIELD = new Reply.Int(-2);
  private static final Reply.Int NO_DEADLINE = new Reply.Int(-1);
  private static final Reply.Int CONDITION_NOT_MET = Reply.ZERO;
  private static final Reply.Int SET = Reply.ONE;
  private static final Reply.Int REMOVED = new Reply.Int(2);

  private static final Reply.Error NEGATIVE =
      new Reply.Error("ERR invalid expire time, must be >= 0");
  private static final Reply.Error NO_FIELDS =
      new Reply.Error("ERR Mandatory argument FIELDS is missing or not at the right position");
  private static final Reply.Error NOT_POSITIVE =
      new Reply.Error("ERR Number of fields must be a positive integer");
  private static final Reply.Error NOT_ABOVE_ZERO =
      new Reply.Error("ERR Parameter `numFields` should be greater than 0");
  private static final Reply.Error OTHER_NUMBER =
      new Reply.Error("ERR The `numfields` parameter must match the number of arguments");

  static List<Row> rows() {
    return List.of(
        setter("HEXPIRE key seconds", (c, a) -> expire(c, a, SECOND, c.nowMillis()))
            .summary("Gives fields of a hash a time to live in seconds."),
        setter("HPEXPIRE key milliseconds", (c, a) -> expire(c, a, MILLISECOND, c.nowMillis()))
            .summary("Gives fields of a hash a time to live in milliseconds."),
        setter("HEXPIREAT key unix-time-seconds", (c, a) -> expire(c, a, SECOND, 0))
            .summary("Gives fields of a hash a deadline in Unix seconds."),
        setter("HPEXPIREAT key unix-time-milliseconds", (c, a) -> expire(c, a, MILLISECOND, 0))
            .summary("Gives fields of a hash a deadline in Unix milliseconds."),
        getter("HTTL", (c, a) -> tell(c, a, SECOND, c.nowMillis()))
            .summary("Tells how many seconds fields of a hash have to live."),
        getter("HPTTL", (c, a) -> tell(c, a, MILLISECOND, c.nowMillis()))
            .summary("Tells how many milliseconds fields of a hash have to live."),
        getter("HEXPIRETIME", (c, a) -> tell(c, a, SECOND, 0))
            .summary("Tells the deadlines of fields of a hash in Unix seconds."),
        getter("HPEXPIRETIME", (c, a) -> tell(c, a, MILLISECOND, 0))
            .summary("Tells the deadlines of fields of a hash in Unix milliseconds."),
        write("HPERSIST key" + FIELDS, FieldDeadlines::hpersist)
            .since(SINCE)
            .complexity("O(N) for N fields")
            .flags(FAST)
            .summary("Takes the deadlines of fields of a hash away."));
  }

  private static Row setter(String begin, WriteFunction function) {
    return write(begin + " [NX | XX | GT | LT]" + FIELDS, function)
        .since(SINCE)
        .complexity("O(N) for N fields")
        .flags(DENYOOM, FAST);
  }

  private static Row getter(String name, ReadFunction function) {
    return read(name + " key" + FIELDS, function)
        .since(SINCE)
        .complexity("O(N) for N fields")
        .flags(FAST);
  }

  private FieldDeadlines() {}

  private enum Condition {
    NONE,
    NX,
    XX,
    GT,
    LT;

    boolean allows(long old, long deadline) {
      return switch (this) {
        case NONE -> true;
        case NX -> old < 0;
        case XX -> old >= 0;
        case GT -> old >= 0 && deadline > old;
        case LT -> old < 0 || deadline < old;
      };
    }
  }

  private static Reply expire(WriteContext context, Arguments arguments, int unit, long base) {
    byte[] key = arguments.at(1);
    HashValue hash = context.modify(key, DataType.HASH);
    long deadline = deadline(arguments, unit, base);
    Condition condition = Condition.NONE;
    for (Condition each : Condition.values()) {
      condition = each != Condition.NONE && arguments.is(3, each.name()) ? each : condition;
    }
    List<byte[]> fields = fields(arguments, condition == Condition.NONE ? 3 : 4, NOT_ABOVE_ZERO);
    List<Reply> replies = new ArrayList<>();
    if (hash == null) {
      fields.forEach(field -> replies.add(NO_FIELD));
      return Reply.array(replies);
    }
    hash.allowDeadlines();
    int set = 0;
    int removed = 0;
    for (byte[] field : fields) {
      if (!hash.contains(field)) {
        replies.add(NO_FIELD);
      } else if (!condition.allows(hash.deadlineMillis(field), deadline)) {
        replies.add(CONDITION_NOT_MET);
      } else if (deadline <= context.nowMillis()) {
        hash.remove(field);
        removed++;
        replies.add(REMOVED);
      } else {
        hash.deadline(field, deadline);
        set++;
        replies.add(SET);
      }
    }
    if (set + removed > 0) {
      context.changed(key, hash, EventClass.HASH, removed > 0 ? "hdel" : "hexpire");
    }
    return Reply.array(replies);
  }

  private static long deadline(Arguments arguments, int unit, long base) {
    long time = arguments.integer(2);
    if (time < 0) {
      throw new CommandException(NEGATIVE);
    }
    if (time > LATEST / unit || time * unit > LATEST - base) {
      throw new CommandException(
          Errors.invalidExpireTime(Ascii.text(arguments.at(0)).toLowerCase(Locale.ROOT)));
    }
    return time * unit + base;
  }

  /** The fields behind FIELDS and their number, which begin at this place. */
  private static List<byte[]> fields(Arguments arguments, int place, Reply.Error notPositive) {
    if (!arguments.is(place, "FIELDS")) {
      throw new CommandException(NO_FIELDS);
    }
    if (place + 1 >= arguments.count()) {
      throw new CommandException(OTHER_NUMBER);
    }
    long number = arguments.integer(place + 1, 1, Long.MAX_VALUE, notPositive);
    if (number != arguments.count() - place - 2) {
      throw new CommandException(OTHER_NUMBER);
    }
    return Arrays.asList(arguments.all()).subList(place + 2, arguments.count());
  }

  private static Reply tell(ReadContext context, Arguments arguments, int unit, long base) {
    HashValue hash = context.read(arguments.at(1), DataType.HASH);
    List<Reply> replies = new ArrayList<>();
    for (byte[] field : fields(arguments, 2, NOT_POSITIVE)) {
      replies.add(deadline(hash, field, unit, base));
    }
    return Reply.array(replies);
  }

  private static Reply deadline(@Nullable HashValue hash, byte[] field, int unit, long base) {
    if (hash == null || !hash.contains(field)) {
      return NO_FIELD;
    }
    long deadline = hash.deadlineMillis(field);
    return deadline < 0 ? NO_DEADLINE : Reply.integer((deadline - base + unit - 1) / unit);
  }

  private static Reply hpersist(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    HashValue hash = context.modify(key, DataType.HASH);
    List<byte[]> fields = fields(arguments, 2, NOT_POSITIVE);
    List<Reply> replies = new ArrayList<>();
    boolean changed = false;
    for (byte[] field : fields) {
      if (hash == null || !hash.contains(field)) {
        replies.add(NO_FIELD);
      } else if (hash.persist(field)) {
        changed = true;
        replies.add(SET);
      } else {
        replies.add(NO_DEADLINE);
      }
    }
    if (changed && hash != null) {
      context.changed(key, hash, EventClass.HASH, "hpersist");
    }
    return Reply.array(replies);
  }
}
