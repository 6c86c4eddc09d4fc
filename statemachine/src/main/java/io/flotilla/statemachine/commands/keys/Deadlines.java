package io.flotilla.statemachine.commands.keys;

import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.command.WriteFunction;
import io.flotilla.statemachine.expiry.Expirable;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/**
 * EXPIRE and TTL and their kin: when a key shall go.
 *
 * <p>A deadline is absolute, Unix milliseconds, from the moment in which its entry is applied; the
 * commands differ in how they write it: in seconds or milliseconds, from now or from 1970. A
 * deadline that has passed already removes the key at once.
 */
final class Deadlines {
  private static final Reply.Int NO_KEY = new Reply.Int(-2);
  private static final Reply.Int NO_DEADLINE = new Reply.Int(-1);

  private static final int SECOND = 1000;
  private static final int MILLISECOND = 1;

  static List<Row> rows() {
    return List.of(
        setter("EXPIRE key seconds", (c, a) -> expire(c, a, SECOND, c.nowMillis(), "expire"))
            .summary("Gives a key a time to live in seconds.")
            .since("1.0.0"),
        setter(
                "PEXPIRE key milliseconds",
                (c, a) -> expire(c, a, MILLISECOND, c.nowMillis(), "pexpire"))
            .summary("Gives a key a time to live in milliseconds.")
            .since("2.6.0"),
        setter("EXPIREAT key unix-time-seconds", (c, a) -> expire(c, a, SECOND, 0, "expireat"))
            .summary("Gives a key a deadline in Unix seconds.")
            .since("1.2.0"),
        setter(
                "PEXPIREAT key unix-time-milliseconds",
                (c, a) -> expire(c, a, MILLISECOND, 0, "pexpireat"))
            .summary("Gives a key a deadline in Unix milliseconds.")
            .since("2.6.0"),
        write("PERSIST key", Deadlines::persist)
            .summary("Takes the deadline of a key away.")
            .since("2.2.0")
            .complexity("O(1)")
            .flags(FAST),
        read("TTL key", (c, a) -> left(c, a, SECOND, c.nowMillis()))
            .summary("Tells how many seconds a key has left.")
            .complexity("O(1)")
            .flags(FAST)
            .tips("nondeterministic_output"),
        read("PTTL key", (c, a) -> left(c, a, MILLISECOND, c.nowMillis()))
            .summary("Tells how many milliseconds a key has left.")
            .since("2.6.0")
            .complexity("O(1)")
            .flags(FAST)
            .tips("nondeterministic_output"),
        read("EXPIRETIME key", (c, a) -> left(c, a, SECOND, 0))
            .summary("Tells the deadline of a key in Unix seconds.")
            .since("7.0.0")
            .complexity("O(1)")
            .flags(FAST),
        read("PEXPIRETIME key", (c, a) -> left(c, a, MILLISECOND, 0))
            .summary("Tells the deadline of a key in Unix milliseconds.")
            .since("7.0.0")
            .complexity("O(1)")
            .flags(FAST));
  }

  private static Row setter(String reference, WriteFunction function) {
    return write(reference + " [NX | XX | GT | LT]", function).complexity("O(1)").flags(FAST);
  }

  private Deadlines() {}

  /** Which of the old and the new deadline must hold for the new one to be set. */
  private record Condition(boolean nx, boolean xx, boolean gt, boolean lt) {
    static Condition of(Arguments arguments) {
      boolean nx = false;
      boolean xx = false;
      boolean gt = false;
      boolean lt = false;
      for (int i = 3; i < arguments.count(); i++) {
        if (arguments.is(i, "NX")) {
          nx = true;
        } else if (arguments.is(i, "XX")) {
          xx = true;
        } else if (arguments.is(i, "GT")) {
          gt = true;
        } else if (arguments.is(i, "LT")) {
          lt = true;
        } else {
          throw new CommandException("ERR Unsupported option " + arguments.text(i));
        }
      }
      if (nx && (xx || gt || lt)) {
        throw new CommandException(
            "ERR NX and XX, GT or LT options at the same time are not compatible");
      }
      if (gt && lt) {
        throw new CommandException("ERR GT and LT options at the same time are not compatible");
      }
      return new Condition(nx, xx, gt, lt);
    }

    /** A key without a deadline counts as one that lives for ever. */
    boolean allows(long old, long deadline) {
      boolean has = old != Expirable.NEVER;
      return !(nx && has)
          && !(xx && !has)
          && !(gt && (!has || deadline <= old))
          && !(lt && has && deadline >= old);
    }
  }

  private static Reply expire(
      WriteContext context, Arguments arguments, int unitMillis, long base, String name) {
    Condition condition = Condition.of(arguments);
    long amount = arguments.integer(2);
    boolean fits =
        amount <= Long.MAX_VALUE / unitMillis
            && amount >= Long.MIN_VALUE / unitMillis
            && amount * unitMillis <= Long.MAX_VALUE - base;
    if (!fits) {
      throw new CommandException(Errors.invalidExpireTime(name));
    }
    long deadline = amount * unitMillis + base;
    byte[] key = arguments.at(1);
    if (!context.exists(key) || !condition.allows(context.deadlineMillis(key), deadline)) {
      return Reply.ZERO;
    }
    if (deadline <= context.nowMillis()) {
      context.remove(key);
    } else {
      context.expireAt(key, deadline);
    }
    return Reply.ONE;
  }

  private static Reply persist(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    return Reply.yesNo(context.deadlineMillis(key) != Expirable.NEVER && context.persist(key));
  }

  /** The time from {@code from} to the deadline, in rounded units. */
  private static Reply left(ReadContext context, Arguments arguments, int unitMillis, long from) {
    byte[] key = arguments.at(1);
    long deadline = context.deadlineMillis(key);
    if (deadline == Expirable.NEVER) {
      return context.exists(key) ? NO_DEADLINE : NO_KEY;
    }
    long millis = Math.max(0, deadline - from);
    return Reply.integer(unitMillis == MILLISECOND ? millis : (millis + 500) / unitMillis);
  }
}
