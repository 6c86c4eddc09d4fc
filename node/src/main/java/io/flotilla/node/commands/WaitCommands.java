package io.flotilla.node.commands;

import static io.flotilla.statemachine.command.Flag.NOSCRIPT;

import io.flotilla.node.session.CommandBook.Bindings;
import io.flotilla.node.session.NodeCommand;
import io.flotilla.node.session.NodeCommand.Later;
import io.flotilla.node.session.Session;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * WAIT and WAITAOF: on how many replicas a connection's writes are.
 *
 * <p>In Redis a client asks because an acknowledged write may be on no replica. Here an
 * acknowledged write is on the disks of a majority, so at least that many less one are answered at
 * once; the leader knows how far each of the others is, so who asks for more waits until it is true
 * or the time is over, as in Redis. What is on a replica's disk is what WAITAOF asks for too.
 *
 * <p>They are taken in turn, when all earlier commands of the connection have their replies, and
 * what comes behind them waits. Inside a transaction nothing waits: the answer is what is so by
 * then.
 */
final class WaitCommands {
  static final List<Row> ROWS =
      List.of(
          Row.node("WAIT numreplicas timeout")
              .summary(
                  "Blocks until the connection's writes are on the disks of so many replicas; acknowledged writes are on a majority's.")
              .since("3.0.0")
              .complexity("O(1)")
              .tips("request_policy:all_shards", "response_policy:agg_min"),
          Row.node("WAITAOF numlocal numreplicas timeout")
              .summary(
                  "Blocks until the connection's writes are on so many disks; acknowledged writes are on a majority's.")
              .since("7.2.0")
              .complexity("O(1)")
              .flags(NOSCRIPT)
              .tips("request_policy:all_shards", "response_policy:agg_min"));

  /**
   * How often a waiting connection looks: twice within the time that a replica's disk takes, at the
   * first look, then ever more rarely.
   */
  private static final long FIRST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long LAST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final Reply WAIT_ON_REPLICA =
      Reply.error(
          "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be"
              + " writable (which is not the default) writes to replicas are just local and are not propagated.");

  private static final Reply WAITAOF_ON_REPLICA =
      Reply.error(
          "ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are just local and are not"
              + " propagated.");

  private static final Reply BAD_TIMEOUT =
      Reply.error("ERR timeout is not an integer or out of range");

  private WaitCommands() {}

  static void bind(Bindings bindings) {
    bindings.inTurn("wait", (NodeCommand.Slow) WaitCommands::awaitReplicas);
    bindings.inTurn("waitaof", (NodeCommand.Slow) WaitCommands::awaitDisks);
  }

  private static void awaitReplicas(Session session, byte[][] argv, Later later) {
    Long wanted = Words.integer(argv[1]);
    Reply problem =
        isReplica(session)
            ? WAIT_ON_REPLICA
            : wanted == null ? Errors.NOT_AN_INTEGER : timeoutProblem(argv[2]);
    if (problem != null || wanted == null) {
      later.answer(problem == null ? Errors.NOT_AN_INTEGER : problem);
      return;
    }
    begin(session, wanted, argv[2], later, Reply::integer);
  }

  private static void awaitDisks(Session session, byte[][] argv, Later later) {
    Long local = Words.integer(argv[1]);
    Long wanted = Words.integer(argv[2]);
    Reply problem = timeoutProblem(argv[3]);
    if (local == null || wanted == null) {
      problem = Errors.NOT_AN_INTEGER;
    } else if (local < 0 || local > 1) {
      problem = Reply.error("ERR value is out of range, value must between 0 and 1");
    } else if (wanted < 0) {
      problem = Errors.MUST_BE_POSITIVE;
    } else if (problem == null && isReplica(session)) {
      problem = WAITAOF_ON_REPLICA;
    }
    if (problem != null || wanted == null) {
      later.answer(problem == null ? Errors.NOT_AN_INTEGER : problem);
      return;
    }
    begin(
        session,
        wanted,
        argv[3],
        later,
        replicas -> Reply.array(Reply.ONE, Reply.integer(replicas)));
  }

  private static boolean isReplica(Session session) {
    return session.front().router().table().led().isEmpty();
  }

  private static @Nullable Reply timeoutProblem(byte[] argument) {
    Long millis = Words.integer(argument);
    return millis == null
        ? BAD_TIMEOUT
        : millis < 0 ? Reply.error("ERR timeout is negative") : null;
  }

  private static void begin(
      Session session, long wanted, byte[] timeout, Later later, IntFunction<Reply> reply) {
    int now = session.replicasHolding();
    if (now >= wanted || session.isInTransaction()) {
      later.answer(reply.apply(now));
      return;
    }
    Long millis = Words.integer(timeout);
    long deadline = // 0: for ever
        millis == null || millis == 0
            ? Long.MAX_VALUE
            : session.front().nanoTime()
                + Math.min(TimeUnit.MILLISECONDS.toNanos(millis), Long.MAX_VALUE / 2);
    session.block(true);
    lookLater(session, wanted, deadline, FIRST_LOOK_NANOS, later, reply);
  }

  private static void lookLater(
      Session session,
      long wanted,
      long deadline,
      long pause,
      Later later,
      IntFunction<Reply> reply) {
    session
        .connection()
        .loop()
        .schedule(
            () -> {
              if (session.isGone()) {
                return;
              }
              int now = session.replicasHolding();
              boolean over =
                  deadline != Long.MAX_VALUE && session.front().nanoTime() - deadline >= 0;
              if (now >= wanted || over) {
                session.block(false);
                later.answer(reply.apply(now));
              } else {
                long next = Math.min(2 * pause, LAST_LOOK_NANOS);
                lookLater(session, wanted, deadline, next, later, reply);
              }
            },
            pause);
  }
}
