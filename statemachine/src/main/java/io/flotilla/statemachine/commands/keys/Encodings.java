package io.flotilla.statemachine.commands.keys;

import static io.flotilla.statemachine.command.Flag.LOADING;
import static io.flotilla.statemachine.command.Flag.STALE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.Row.container;
import static io.flotilla.statemachine.command.Row.fixed;
import static io.flotilla.statemachine.command.Row.read;

import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Help;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.ReadFunction;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** OBJECT: how a value is kept. */
final class Encodings {
  /** Redis shares the objects of the integers from 0 to this. */
  private static final long LAST_SHARED_INTEGER = 9999;

  private static final Reply.Int SHARED = new Reply.Int(Integer.MAX_VALUE);

  static List<Row> rows() {
    return List.of(
        container("OBJECT")
            .summary("Commands on how values are kept.")
            .since("2.2.3")
            .complexity("Depends on the subcommand"),
        inspection("OBJECT ENCODING key", Encodings::encoding)
            .summary("Tells the encoding of a value.")
            .since("2.2.3"),
        inspection("OBJECT FREQ key", Encodings::freq)
            .summary("Refused: how often keys are used is not kept.")
            .since("4.0.0"),
        inspection("OBJECT IDLETIME key", Encodings::idletime)
            .summary("Tells 0: when keys are used is not kept.")
            .since("2.2.3"),
        inspection("OBJECT REFCOUNT key", Encodings::refcount)
            .summary("Tells how often a value is referred to, as Redis would.")
            .since("2.2.3"),
        fixed(
                "OBJECT HELP",
                Help.reply(
                    "OBJECT",
                    "ENCODING <key>",
                    "    Return the kind of internal representation used in order to store the"
                        + " value",
                    "    associated with a <key>.",
                    "FREQ <key>",
                    "    Return the access frequency index of the <key>. The returned integer is",
                    "    proportional to the logarithm of the recent access frequency of the key.",
                    "IDLETIME <key>",
                    "    Return the idle time of the <key>, that is the approximated number of",
                    "    seconds elapsed since the last access to the key.",
                    "REFCOUNT <key>",
                    "    Return the number of references of the value associated with the"
                        + " specified",
                    "    <key>."))
            .summary("Tells the subcommands.")
            .since("6.2.0")
            .complexity("O(1)")
            .flags(LOADING, STALE));
  }

  private static Row inspection(String reference, ReadFunction function) {
    return read(reference, function)
        .complexity("O(1)")
        .keyFlags(RO)
        .tips("nondeterministic_output");
  }

  private Encodings() {}

  private static @Nullable Value value(ReadContext context, Arguments arguments) {
    return context.readAny(arguments.at(2));
  }

  private static Reply encoding(ReadContext context, Arguments arguments) {
    Value value = value(context, arguments);
    return value == null ? Reply.NIL : Reply.bulk(value.encoding());
  }

  private static Reply freq(ReadContext context, Arguments arguments) {
    if (value(context, arguments) == null) {
      return Reply.NIL;
    }
    throw new CommandException(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note"
            + " that when switching between policies at runtime LRU and LFU data will take some"
            + " time to adjust.");
  }

  private static Reply idletime(ReadContext context, Arguments arguments) {
    return value(context, arguments) == null ? Reply.NIL : Reply.ZERO;
  }

  private static Reply refcount(ReadContext context, Arguments arguments) {
    Value value = value(context, arguments);
    if (value == null) {
      return Reply.NIL;
    }
    return value instanceof StringValue string && isSharedInteger(string) ? SHARED : Reply.ONE;
  }

  private static boolean isSharedInteger(StringValue string) {
    if (string.isChangedInPlace() || !Integers.isStrict(string.bytes())) {
      return false;
    }
    long number = Integers.parseStrict(string.bytes());
    return number >= 0 && number <= LAST_SHARED_INTEGER;
  }
}
