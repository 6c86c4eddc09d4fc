package io.flotilla.statemachine.commands.transactions;

import static io.flotilla.statemachine.command.Flag.ALLOW_BUSY;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.Flag.LOADING;
import static io.flotilla.statemachine.command.Flag.NOSCRIPT;
import static io.flotilla.statemachine.command.Flag.NO_MULTI;
import static io.flotilla.statemachine.command.Flag.READONLY;
import static io.flotilla.statemachine.command.Flag.SKIP_SLOWLOG;
import static io.flotilla.statemachine.command.Flag.STALE;

import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.Family;
import io.flotilla.statemachine.command.KeySpec.KeyFlag;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;

/**
 * Transactions. The session queues what stands between MULTI and EXEC and hands it to the log as
 * one item, with the versions of the keys that it watched; the machine applies all of it or, where
 * a version has changed, none.
 *
 * <p>Only WATCH asks a shard before that: as a read, so that the version it remembers is not older
 * than the moment of asking.
 */
public final class Transactions {
  /** MULTI EXEC DISCARD WATCH UNWATCH. */
  public static final Family FAMILY =
      Family.of("transactions", AclCategory.TRANSACTION, List.of(rows()));

  private Transactions() {}

  private static List<Row> rows() {
    return List.of(
        Row.node("MULTI")
            .summary("Starts a transaction.")
            .since("1.2.0")
            .complexity("O(1)")
            .flags(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY),
        Row.node("EXEC")
            .summary("Executes all commands in a transaction.")
            .since("1.2.0")
            .complexity("Depends on commands in the transaction")
            .flags(NOSCRIPT, LOADING, STALE, SKIP_SLOWLOG),
        Row.node("DISCARD")
            .summary("Discards a transaction.")
            .since("2.0.0")
            .complexity("O(N), when N is the number of queued commands")
            .flags(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY),
        Row.read("WATCH key [key ...]", Transactions::watch)
            .summary("Monitors changes to keys to determine the execution of a transaction.")
            .since("2.2.0")
            .complexity("O(1) for every key.")
            .withoutFlags(READONLY)
            .flags(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY, NO_MULTI)
            .keyFlags(KeyFlag.RO),
        Row.node("UNWATCH")
            .summary("Forgets about watched keys of a transaction.")
            .since("2.2.0")
            .complexity("O(1)")
            .flags(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY));
  }

  /** Answers the version of each key, for the session to keep; the client is told OK. */
  private static Reply watch(ReadContext context, Arguments arguments) {
    List<Reply> versions = new ArrayList<>(arguments.count() - 1);
    for (int i = 1; i < arguments.count(); i++) {
      versions.add(new Reply.Int(context.keyspace().versionOf(arguments.at(i))));
    }
    return new Reply.Array(versions);
  }
}
