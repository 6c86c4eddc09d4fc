package io.flotilla.statemachine.commands.strings;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.INSERT;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.OW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.VARIABLE_FLAGS;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.expiry.Expirable;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SET and the older commands that are SET with an option or two. */
final class SetValue {
  static List<Row> rows() {
    return List.of(
        write(
                "SET key value [NX | XX] [GET] [EX seconds | PX milliseconds |"
                    + " EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
                SetValue::set)
            .summary("Gives a key a string value, whatever it held before.")
            .complexity("O(1)")
            .flags(DENYOOM)
            .keyFlags(RW, ACCESS, UPDATE, VARIABLE_FLAGS),
        write("SETNX key value", SetValue::setnx)
            .summary("Gives a key a string value if it does not exist.")
            .complexity("O(1)")
            .flags(DENYOOM, FAST)
            .keyFlags(OW, INSERT),
        write("SETEX key seconds value", SetValue::setex)
            .summary("Gives a key a string value and a time to live in seconds.")
            .since("2.0.0")
            .complexity("O(1)")
            .flags(DENYOOM)
            .keyFlags(OW, UPDATE),
        write("PSETEX key milliseconds value", SetValue::psetex)
            .summary("Gives a key a string value and a time to live in milliseconds.")
            .since("2.6.0")
            .complexity("O(1)")
            .flags(DENYOOM)
            .keyFlags(OW, UPDATE),
        write("GETSET key value", SetValue::getset)
            .summary("Gives a key a string value and returns the one that it had.")
            .complexity("O(1)")
            .flags(DENYOOM, FAST)
            .keyFlags(RW, ACCESS, UPDATE));
  }

  private SetValue() {}

  /** What must be true of the key for SET to happen. */
  private enum Condition {
    ALWAYS,
    ABSENT,
    PRESENT
  }

  private static Reply set(WriteContext context, Arguments arguments) {
    if (arguments.count() == 3) { // the common case
      put(context, arguments.at(1), arguments.at(2));
      return Reply.OK;
    }
    Condition condition = Condition.ALWAYS;
    boolean returnsOld = false;
    boolean keepsDeadline = false;
    ExpireOption expire = null;
    int amountPlace = 0;
    for (int i = 3; i < arguments.count(); i++) {
      ExpireOption option;
      if (arguments.is(i, "NX") && condition != Condition.PRESENT) {
        condition = Condition.ABSENT;
      } else if (arguments.is(i, "XX") && condition != Condition.ABSENT) {
        condition = Condition.PRESENT;
      } else if (arguments.is(i, "GET")) {
        returnsOld = true;
      } else if (arguments.is(i, "KEEPTTL") && expire == null) {
        keepsDeadline = true;
      } else if ((option = ExpireOption.at(arguments, i)) != null
          && !keepsDeadline
          && (expire == null || expire == option)
          && i + 1 < arguments.count()) {
        expire = option;
        amountPlace = ++i;
      } else {
        throw arguments.syntaxError();
      }
    }
    long deadline =
        expire == null
            ? Expirable.NEVER
            : expire.deadlineMillis(arguments.integer(amountPlace), context.nowMillis(), "set");

    byte[] key = arguments.at(1);
    Reply old = returnsOld ? GetValue.value(context, key) : Reply.NIL;
    if (condition != Condition.ALWAYS && context.exists(key) != (condition == Condition.PRESENT)) {
      return old;
    }
    if (keepsDeadline) {
      context.changed(key, StringValue.of(arguments.at(2)), EventClass.STRING, "set");
    } else {
      put(context, key, arguments.at(2));
    }
    if (expire != null) {
      context.expireAt(key, deadline);
    }
    return returnsOld ? old : Reply.OK;
  }

  private static Reply setnx(WriteContext context, Arguments arguments) {
    if (context.exists(arguments.at(1))) {
      return Reply.ZERO;
    }
    put(context, arguments.at(1), arguments.at(2));
    return Reply.ONE;
  }

  private static Reply setex(WriteContext context, Arguments arguments) {
    return putExpiring(context, arguments, ExpireOption.EX, "setex");
  }

  private static Reply psetex(WriteContext context, Arguments arguments) {
    return putExpiring(context, arguments, ExpireOption.PX, "psetex");
  }

  private static Reply putExpiring(
      WriteContext context, Arguments arguments, ExpireOption unit, String name) {
    long deadline = unit.deadlineMillis(arguments.integer(2), context.nowMillis(), name);
    put(context, arguments.at(1), arguments.at(3));
    context.expireAt(arguments.at(1), deadline);
    return Reply.OK;
  }

  private static Reply getset(WriteContext context, Arguments arguments) {
    @Nullable StringValue old = context.read(arguments.at(1), DataType.STRING);
    Reply reply = old == null ? Reply.NIL : Reply.bulk(old.bytes());
    put(context, arguments.at(1), arguments.at(2));
    return reply;
  }

  /** Puts a string in place of whatever was there, as SET does. */
  static void put(WriteContext context, byte[] key, byte[] value) {
    context.put(key, StringValue.of(value), EventClass.STRING, "set");
  }
}
