package io.flotilla.statemachine.commands.hashes;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.INSERT;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** HSET and its kin: fields get values, or go. */
final class SetFields {
  static List<Row> rows() {
    return List.of(
        write("HSET key field value [field value ...]", SetFields::hset)
            .summary("Gives fields of a hash their values, creating it where needed.")
            .since("2.0.0")
            .complexity("O(N) for N pairs of field and value")
            .flags(DENYOOM, FAST)
            .keyFlags(RW, UPDATE),
        write("HMSET key field value [field value ...]", SetFields::hmset)
            .summary("Gives fields of a hash their values; HSET does the same.")
            .since("2.0.0")
            .complexity("O(N) for N pairs of field and value")
            .flags(DENYOOM, FAST)
            .keyFlags(RW, UPDATE),
        write("HSETNX key field value", SetFields::hsetnx)
            .summary("Gives a field of a hash a value if the field is not there yet.")
            .since("2.0.0")
            .complexity("O(1)")
            .flags(DENYOOM, FAST)
            .keyFlags(RW, INSERT),
        write("HDEL key field [field ...]", SetFields::hdel)
            .summary("Removes fields of a hash, and the hash with its last field.")
            .since("2.0.0")
            .complexity("O(N) for N fields to remove")
            .flags(FAST)
            .keyFlags(RW, DELETE));
  }

  private SetFields() {}

  private static Reply hset(WriteContext context, Arguments arguments) {
    return Reply.integer(set(context, arguments, "hset"));
  }

  private static Reply hmset(WriteContext context, Arguments arguments) {
    set(context, arguments, "hmset");
    return Reply.OK;
  }

  /** Sets all pairs; the number of fields that are new. */
  private static int set(WriteContext context, Arguments arguments, String name) {
    if (arguments.count() % 2 == 1) {
      throw new CommandException(Errors.wrongArity(name));
    }
    byte[] key = arguments.at(1);
    HashValue hash = modifyOrCreate(context, key);
    int longest = 0;
    for (int i = 2; i < arguments.count(); i++) {
      longest = Math.max(longest, arguments.at(i).length);
    }
    hash.expect((arguments.count() - 2) / 2, longest, context.limits());
    int added = 0;
    for (int i = 2; i < arguments.count(); i += 2) {
      added += hash.set(arguments.at(i), arguments.at(i + 1), context.limits()) ? 1 : 0;
    }
    context.changed(key, hash, EventClass.HASH, "hset");
    return added;
  }

  /** The hash of a key, or a new one that is not stored yet. */
  static HashValue modifyOrCreate(WriteContext context, byte[] key) {
    HashValue hash = context.modify(key, DataType.HASH);
    return hash == null ? HashValue.empty(context.hash()) : hash;
  }

  private static Reply hsetnx(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    HashValue there = context.read(key, DataType.HASH);
    if (there != null && there.contains(arguments.at(2))) {
      return Reply.ZERO;
    }
    HashValue hash = modifyOrCreate(context, key);
    hash.set(arguments.at(2), arguments.at(3), context.limits());
    context.changed(key, hash, EventClass.HASH, "hset");
    return Reply.ONE;
  }

  private static Reply hdel(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    HashValue hash = context.modify(key, DataType.HASH);
    if (hash == null) {
      return Reply.ZERO;
    }
    int removed = 0;
    for (int i = 2; i < arguments.count(); i++) {
      removed += hash.remove(arguments.at(i)) ? 1 : 0;
    }
    if (removed > 0) {
      context.changed(key, hash, EventClass.HASH, "hdel");
    }
    return Reply.integer(removed);
  }
}
