package io.flotilla.node.commands;

import io.flotilla.node.session.Front;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.reply.Reply;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is said of Redis commands that Flotilla does not have: that, and what to do instead.
 *
 * <p>They are not in the table, so COMMAND does not promise them. What makes no sense on Raft names
 * the Flotilla way; what is only missing keeps the words by which clients notice that a server does
 * not know a command.
 */
public final class Unsupported implements Front.Unsupported {
  private static final Map<String, String> INSTEAD = new HashMap<>();
  private static final Map<String, String> MISSING = new HashMap<>();

  /** What Redis refuses there before it looks at anything else. */
  private static final Set<String> NEVER_IN_A_TRANSACTION = Set.of("save", "sync", "psync");

  static {
    instead(
        "the metadata group places replicas; see 'flotilla shards' and 'flotilla node replace'",
        "replicaof",
        "slaveof",
        "cluster|replicate");
    instead(
        "replicas follow the shard's Raft log; there is no replication stream",
        "sync",
        "psync",
        "replconf");
    instead("leaders are elected; see 'flotilla transfer-leader'", "failover", "cluster|failover");
    instead(
        "a node joins with 'flotilla node', and leaves with 'flotilla node replace'",
        "cluster|meet",
        "cluster|forget",
        "cluster|reset");
    instead(
        "the metadata group assigns slots; see 'flotilla slots'",
        "cluster|addslots",
        "cluster|addslotsrange",
        "cluster|delslots",
        "cluster|delslotsrange",
        "cluster|flushslots",
        "cluster|setslot");
    instead("epochs are the metadata group's", "cluster|bumpepoch", "cluster|set-config-epoch");
    instead(
        "the metadata group keeps the cluster's state; there is nothing to save",
        "cluster|saveconfig");
    instead(
        "failures are noticed by Raft, not by gossip; see 'flotilla status'",
        "cluster|count-failure-reports");
    instead("there are no modules", "module");
    instead(
        "every acknowledged write is on disk already; see 'flotilla snapshot'",
        "save",
        "bgsave",
        "bgrewriteaof");
    instead("a cluster has one database", "swapdb");
    missing(
        "the blocking forms",
        "blpop",
        "brpop",
        "blmove",
        "blmpop",
        "brpoplpush",
        "bzpopmin",
        "bzpopmax",
        "bzmpop");
    missing(
        "scripts",
        "eval",
        "eval_ro",
        "evalsha",
        "evalsha_ro",
        "script",
        "fcall",
        "fcall_ro",
        "function");
    missing(
        "publish and subscribe",
        "subscribe",
        "unsubscribe",
        "psubscribe",
        "punsubscribe",
        "ssubscribe",
        "sunsubscribe",
        "publish",
        "spublish",
        "pubsub");
    missing("access rules", "acl");
  }

  private static void instead(String way, String... names) {
    for (String name : names) {
      INSTEAD.put(name, way);
    }
  }

  private static void missing(String what, String... names) {
    for (String name : names) {
      MISSING.put(name, what);
    }
  }

  @Override
  public @Nullable Reply of(byte[][] argv, boolean inTransaction) {
    String name = Ascii.text(argv[0]).toLowerCase(Locale.ROOT);
    if (inTransaction && NEVER_IN_A_TRANSACTION.contains(name)) {
      return Reply.error("ERR Command not allowed inside a transaction");
    }
    String full =
        argv.length > 1 ? name + "|" + Ascii.text(argv[1]).toLowerCase(Locale.ROOT) : name;
    String way = INSTEAD.containsKey(full) ? INSTEAD.get(full) : INSTEAD.get(name);
    if (way != null) {
      String shown = INSTEAD.containsKey(full) ? full : name;
      return Reply.error(
          "ERR "
              + shown.toUpperCase(Locale.ROOT).replace('|', ' ')
              + " makes no sense on Flotilla: "
              + way);
    }
    String what = MISSING.get(name);
    return what == null
        ? null
        : Reply.error(
            "ERR unknown command '"
                + Ascii.text(argv[0])
                + "': this version of Flotilla does not have "
                + what);
  }
}
