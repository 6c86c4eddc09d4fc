package io.flotilla.node.commands;

import static io.flotilla.statemachine.command.Flag.BLOCKING;

import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.session.CommandBook.Bindings;
import io.flotilla.node.session.Session;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/**
 * WAIT and WAITAOF. In Redis they wait for what an acknowledged write does not promise; here an
 * acknowledged write is on the disks of a majority, so the answer is known at once: all but one of
 * that majority are replicas.
 *
 * <p>They are answered in turn, when all earlier writes of the connection are acknowledged. More
 * replicas than the majority's are not waited for: Redis, too, answers with fewer at its time-out.
 */
final class WaitCommands {
  static final List<Row> ROWS =
      List.of(
          Row.node("WAIT numreplicas timeout")
              .summary(
                  "Tells on how many replicas the connection's writes are; an acknowledged write is on a majority.")
              .since("3.0.0")
              .complexity("O(1)")
              .flags(BLOCKING)
              .tips("request_policy:all_shards", "response_policy:agg_min"),
          Row.node("WAITAOF numlocal numreplicas timeout")
              .summary(
                  "Tells on how many disks the connection's writes are; an acknowledged write is on a majority's.")
              .since("7.2.0")
              .complexity("O(1)")
              .flags(BLOCKING)
              .tips("request_policy:all_shards", "response_policy:agg_min"));

  private static final Reply REPLICA =
      Reply.error(
          "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be"
              + " writable (which is not the default) writes to replicas are just local and are not propagated.");

  private WaitCommands() {}

  static void bind(Bindings bindings) {
    bindings
        .inTurn("wait", Words.prompt((session, argv) -> wait(session, argv, 1)))
        .inTurn("waitaof", Words.prompt((session, argv) -> wait(session, argv, 2)));
  }

  private static Reply wait(Session session, byte[][] argv, int replicasAt) {
    for (int i = 1; i < argv.length; i++) {
      Long value = Words.integer(argv[i]);
      boolean timeout = i == argv.length - 1;
      if (value == null) {
        return timeout
            ? Reply.error("ERR timeout is not an integer or out of range")
            : Errors.NOT_AN_INTEGER;
      }
      if (value < 0) {
        return timeout ? Reply.error("ERR timeout is negative") : Errors.MUST_BE_POSITIVE;
      }
    }
    List<Shard> led = session.front().router().table().led();
    if (led.isEmpty()) {
      return REPLICA;
    }
    int replicas = led.stream().mapToInt(shard -> shard.replicas().size() / 2).min().orElse(0);
    return replicasAt == 1
        ? Reply.integer(replicas)
        : Reply.array(Reply.ONE, Reply.integer(replicas));
  }
}
