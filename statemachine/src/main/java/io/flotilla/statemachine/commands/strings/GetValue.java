package io.flotilla.statemachine.commands.strings;

import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.expiry.Expirable;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** GET, and GET that also removes the key or moves its deadline. */
final class GetValue {
  static List<Row> rows() {
    return List.of(
        read("GET key", GetValue::get)
            .summary("Returns the string value of a key.")
            .complexity("O(1)")
            .flags(FAST),
        read("STRLEN key", GetValue::strlen)
            .summary("Returns the length of a string value in bytes.")
            .since("2.2.0")
            .complexity("O(1)")
            .flags(FAST)
            .keyFlags(RO),
        write("GETDEL key", GetValue::getdel)
            .summary("Returns the string value of a key and removes the key.")
            .since("6.2.0")
            .complexity("O(1)")
            .flags(FAST)
            .keyFlags(RW, ACCESS, DELETE),
        write(
                "GETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds |"
                    + " PXAT unix-time-milliseconds | PERSIST]",
                GetValue::getex)
            .summary("Returns the string value of a key and sets or takes away its time to live.")
            .since("6.2.0")
            .complexity("O(1)")
            .flags(FAST)
            .keyFlags(RW, ACCESS, UPDATE));
  }

  private GetValue() {}

  private static Reply get(ReadContext context, Arguments arguments) {
    return value(context, arguments.at(1));
  }

  /** A key's string as a reply; WRONGTYPE if it is none. */
  static Reply value(ReadContext context, byte[] key) {
    StringValue value = context.read(key, DataType.STRING);
    return value == null ? Reply.NIL : Reply.bulk(value.bytes());
  }

  private static Reply strlen(ReadContext context, Arguments arguments) {
    StringValue value = context.read(arguments.at(1), DataType.STRING);
    return value == null ? Reply.ZERO : Reply.integer(value.length());
  }

  private static Reply getdel(WriteContext context, Arguments arguments) {
    Reply reply = value(context, arguments.at(1));
    context.remove(arguments.at(1));
    return reply;
  }

  private static Reply getex(WriteContext context, Arguments arguments) {
    ExpireOption expire = null;
    boolean persists = false;
    int amountPlace = 0;
    for (int i = 2; i < arguments.count(); i++) {
      ExpireOption option;
      if (arguments.is(i, "PERSIST") && expire == null) {
        persists = true;
      } else if ((option = ExpireOption.at(arguments, i)) != null
          && !persists
          && (expire == null || expire == option)
          && i + 1 < arguments.count()) {
        expire = option;
        amountPlace = ++i;
      } else {
        throw arguments.syntaxError();
      }
    }
    byte[] key = arguments.at(1);
    StringValue value = context.read(key, DataType.STRING);
    if (value == null) {
      return Reply.NIL; // before the time is looked at: an absent key forgives a wrong one
    }
    Reply reply = Reply.bulk(value.bytes());
    if (expire != null) {
      long now = context.nowMillis();
      long deadline = expire.deadlineMillis(arguments.integer(amountPlace), now, "getex");
      if (expire.isAbsolute() && deadline <= now) {
        context.remove(key);
      } else {
        context.expireAt(key, deadline);
      }
    } else if (persists && context.deadlineMillis(key) != Expirable.NEVER) {
      context.persist(key);
    }
    return reply;
  }
}
