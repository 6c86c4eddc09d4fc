package io.flotilla.statemachine.commands.keys;

import static io.flotilla.statemachine.command.AclCategory.DANGEROUS;
import static io.flotilla.statemachine.command.AclCategory.KEYSPACE;
import static io.flotilla.statemachine.command.Flag.ASKING;
import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.OW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.expiry.Expirable;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.rdb.DumpPayload;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** DUMP and RESTORE: values in Redis's own notation, to and from any Redis. */
final class Dumps {
  /**
   * A payload is one array, built in the shard's turn; no command could bring a larger one back.
   */
  private static final long MAX_DUMPED_BYTES = 256L << 20;

  private static final String REFERENCE =
      " key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]";
  private static final Reply.Error BUSY =
      new Reply.Error("BUSYKEY Target key name already exists.");
  private static final Reply.Error NEGATIVE_TTL =
      new Reply.Error("ERR Invalid TTL value, must be >= 0");
  private static final Reply.Error IDLETIME =
      new Reply.Error("ERR Invalid IDLETIME value, must be >= 0");
  private static final Reply.Error FREQ =
      new Reply.Error("ERR Invalid FREQ value, must be >= 0 and <= 255");
  private static final Reply.Error NOT_WHOLE =
      new Reply.Error("ERR DUMP payload version or checksum are wrong");
  private static final Reply.Error BAD_FORMAT = new Reply.Error("ERR Bad data format");
  private static final Reply.Error TOO_LARGE =
      new Reply.Error("ERR the value is too large to be dumped");

  static List<Row> rows() {
    return List.of(
        read("DUMP key", Dumps::dump)
            .summary("Returns a key's value in Redis's notation.")
            .since("2.6.0")
            .complexity("O(N) for a value of N elements")
            .tips("nondeterministic_output"),
        restore("RESTORE").since("2.6.0"));
  }

  /** Redis's group {@code server}. */
  static List<Row> serverRows() {
    return List.of(restore("RESTORE-ASKING").since("3.0.0").flags(ASKING).categories(KEYSPACE));
  }

  private static Row restore(String name) {
    return write(name + REFERENCE, Dumps::restore)
        .summary("Puts a value in Redis's notation under a key.")
        .complexity("O(N*log(N)) for a value of N elements")
        .flags(DENYOOM)
        .categories(DANGEROUS)
        .keyFlags(OW, UPDATE);
  }

  private Dumps() {}

  private static Reply dump(ReadContext context, Arguments arguments) {
    Value value = context.readAny(arguments.at(1));
    if (value == null) {
      return Reply.NIL;
    }
    if (value.bytesUpTo(MAX_DUMPED_BYTES) > MAX_DUMPED_BYTES) {
      throw new CommandException(TOO_LARGE);
    }
    return Reply.bulk(DumpPayload.of(value));
  }

  private static Reply restore(WriteContext context, Arguments arguments) {
    boolean replace = false;
    boolean absolute = false;
    boolean idle = false;
    boolean frequency = false;
    for (int i = 4; i < arguments.count(); i++) {
      boolean more = i + 1 < arguments.count();
      if (arguments.is(i, "REPLACE")) {
        replace = true;
      } else if (arguments.is(i, "ABSTTL")) {
        absolute = true;
      } else if (more && !frequency && arguments.is(i, "IDLETIME")) {
        if (arguments.integer(++i) < 0) {
          throw new CommandException(IDLETIME);
        }
        idle = true;
      } else if (more && !idle && arguments.is(i, "FREQ")) {
        long given = arguments.integer(++i);
        if (given < 0 || given > 255) {
          throw new CommandException(FREQ);
        }
        frequency = true;
      } else {
        throw arguments.syntaxError();
      }
    }
    byte[] key = arguments.at(1);
    if (!replace && context.exists(key)) {
      throw new CommandException(BUSY);
    }
    long ttl = arguments.integer(2);
    if (ttl < 0) {
      throw new CommandException(NEGATIVE_TTL);
    }
    Value value = value(context, arguments.at(3));
    long deadline = Expirable.NEVER;
    if (ttl > 0) {
      deadline = absolute ? ttl : ttl + context.nowMillis();
      if (deadline <= context.nowMillis()) {
        context.remove(key);
        return Reply.OK;
      }
    }
    context.put(key, value, deadline, EventClass.GENERIC, "restore");
    return Reply.OK;
  }

  private static Value value(WriteContext context, byte[] payload) {
    if (!DumpPayload.isWhole(payload)) {
      throw new CommandException(NOT_WHOLE);
    }
    DumpPayload.Restored restored;
    try {
      restored = DumpPayload.restore(payload, context.hash(), context.limits());
    } catch (CorruptException corrupt) {
      throw new CommandException(BAD_FORMAT);
    }
    context.pad(restored.expandedBytes());
    return restored.value();
  }
}
