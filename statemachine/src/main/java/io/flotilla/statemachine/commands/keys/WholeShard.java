package io.flotilla.statemachine.commands.keys;

import static io.flotilla.statemachine.command.AclCategory.DANGEROUS;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.Flag.READONLY;
import static io.flotilla.statemachine.command.Flag.STALE;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.keyspace.Keyspace;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;

/**
 * DBSIZE, FLUSHALL and what CLUSTER tells of a slot: commands on all keys of a shard, or of a slot,
 * whatever their types. The node asks each shard that it leads and makes one answer of theirs.
 */
final class WholeShard {
  private static final Reply.Error INVALID_SLOT = new Reply.Error("ERR Invalid slot");
  private static final Reply.Error INVALID_SLOT_OR_NUMBER =
      new Reply.Error("ERR Invalid slot or number of keys");

  /** Redis's group {@code server}. */
  static List<Row> serverRows() {
    return List.of(
        read("DBSIZE", (context, arguments) -> Reply.integer(context.keyspace().size()))
            .summary("Returns the number of keys.")
            .complexity("O(1)")
            .flags(FAST)
            .tips("request_policy:all_shards", "response_policy:agg_sum"),
        flush("FLUSHALL [ASYNC | SYNC]", "Removes all keys."),
        flush("FLUSHDB [ASYNC | SYNC]", "Removes all keys: a cluster has one database."));
  }

  private static Row flush(String reference, String summary) {
    return write(reference, WholeShard::flush)
        .summary(summary)
        .complexity("O(S) for S slots with keys, and O(N) for N keys with deadlines")
        .categories(DANGEROUS)
        .tips("request_policy:all_shards", "response_policy:all_succeeded");
  }

  /** Redis's group {@code cluster}: the container, and what needs keys; the rest is the node's. */
  static List<Row> clusterRows() {
    return List.of(
        Row.container("CLUSTER")
            .summary("A container for Redis Cluster commands.")
            .since("3.0.0")
            .complexity("Depends on subcommand."),
        read("CLUSTER COUNTKEYSINSLOT slot", WholeShard::countKeysInSlot)
            .summary("Returns the number of keys in a hash slot.")
            .since("3.0.0")
            .complexity("O(1)")
            .withoutFlags(READONLY)
            .flags(STALE),
        read("CLUSTER GETKEYSINSLOT slot count", WholeShard::keysInSlot)
            .summary("Returns the key names in a hash slot.")
            .since("3.0.0")
            .complexity("O(N) where N is the number of requested keys")
            .withoutFlags(READONLY)
            .flags(STALE)
            .tips("nondeterministic_output"));
  }

  private WholeShard() {}

  private static Reply flush(WriteContext context, Arguments arguments) {
    if (arguments.count() > 2
        || (arguments.count() == 2 && !arguments.is(1, "ASYNC") && !arguments.is(1, "SYNC"))) {
      throw arguments.syntaxError();
    }
    context.keyspace().clear(slot -> true);
    return Reply.OK;
  }

  private static Reply countKeysInSlot(ReadContext context, Arguments arguments) {
    long slot = arguments.integer(2);
    if (slot < 0 || slot >= HashSlot.COUNT) {
      throw new CommandException(INVALID_SLOT);
    }
    return Reply.integer(context.keyspace().sizeOfSlot((int) slot));
  }

  private static Reply keysInSlot(ReadContext context, Arguments arguments) {
    long slot = arguments.integer(2);
    long most = arguments.integer(3);
    if (slot < 0 || slot >= HashSlot.COUNT || most < 0) {
      throw new CommandException(INVALID_SLOT_OR_NUMBER);
    }
    Keyspace keyspace = context.keyspace();
    List<Reply> keys = new ArrayList<>();
    if (most > 0) {
      keyspace.visitSlot(
          (int) slot,
          0,
          (key, value, deadline) -> {
            keys.add(Reply.bulk(key));
            return keys.size() < most;
          });
    }
    return Reply.array(keys);
  }
}
