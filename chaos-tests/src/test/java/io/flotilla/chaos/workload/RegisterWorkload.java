package io.flotilla.chaos.workload;

import static io.flotilla.chaos.resp.RespValue.elements;
import static io.flotilla.chaos.resp.RespValue.text;

import io.flotilla.chaos.check.Linearizability;
import io.flotilla.chaos.check.Register;
import io.flotilla.chaos.check.Verdict;
import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.history.Operation;
import io.flotilla.chaos.resp.RespConnection;
import io.flotilla.chaos.resp.RespValue;
import io.flotilla.chaos.witness.Script;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Registers: SET, GET, and compare-and-set, by WATCH, GET, MULTI, SET, EXEC or by a script;
 * linearizable.
 *
 * <p>An EXEC that answers nil did nothing. It may do so though nothing had changed, so it proves
 * nothing about the value. A script that answers 0 has seen another value.
 */
public final class RegisterWorkload implements Workload {
  static final Duration BUDGET_PER_KEY = Duration.ofSeconds(30);
  private static final int LIVE = 4;
  private static final int USES_PER_KEY = 120;

  /** The value of a register that was never set. */
  private static final long ABSENT = 0;

  /** How a compare-and-set is said. */
  private enum CompareAndSet {
    WATCH,
    SCRIPT
  }

  private final Keys keys;
  private final int writesOfTen;
  private final CompareAndSet compareAndSet;
  private final String name;
  private final AtomicLong values = new AtomicLong();
  private final History<Register.Action, Long> history;

  private RegisterWorkload(
      String name,
      String run,
      int writesOfTen,
      CompareAndSet compareAndSet,
      AtomicInteger processes) {
    this.name = name;
    this.compareAndSet = compareAndSet;
    this.keys = new Keys(run + ":" + name, LIVE, USES_PER_KEY);
    this.writesOfTen = writesOfTen;
    this.history = new History<>(processes);
  }

  /** Reads, writes and compare-and-sets. */
  public static RegisterWorkload registers(String run, AtomicInteger processes) {
    return new RegisterWorkload("register", run, 3, CompareAndSet.WATCH, processes);
  }

  /** Almost nothing but compare-and-sets, which the clients contend for. */
  public static RegisterWorkload watches(String run, AtomicInteger processes) {
    return new RegisterWorkload("watch", run, 0, CompareAndSet.WATCH, processes);
  }

  /** Reads, writes and compare-and-sets by EVAL and FCALL. */
  public static RegisterWorkload scripts(String run, AtomicInteger processes) {
    return new RegisterWorkload("script", run, 3, CompareAndSet.SCRIPT, processes);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int clients(int nodes) {
    return 3;
  }

  @Override
  public void begin(Actor actor) {
    if (compareAndSet == CompareAndSet.SCRIPT) {
      AtomicInteger node = new AtomicInteger();
      boolean loaded =
          Endings.untilDone(() ->
              actor
                  .client()
                  .sayTo(
                      node.getAndIncrement() % actor.client().nodes().size(),
                      "FUNCTION",
                      "LOAD",
                      "REPLACE",
                      Script.LIBRARY));
      if (!loaded) {
        throw new AssertionError("the functions could not be loaded");
      }
    }
  }

  @Override
  public void step(Actor actor) {
    Random random = actor.random();
    String key = keys.next(random);
    int dice = actor.onlyReads() ? writesOfTen : random.nextInt(10);
    if (dice < writesOfTen) {
      long value = values.incrementAndGet();
      actor.perform(
          history,
          new Register.Write(key, value),
          () -> actor.client().say("SET", key, Long.toString(value)),
          reply -> {
            if (!text(reply).equals("OK")) {
              throw new AssertionError("SET answered " + reply);
            }
            return value;
          });
    } else if (dice < writesOfTen + 3) {
      actor.perform(
          history,
          new Register.Read(key),
          () -> actor.client().say("GET", key),
          RegisterWorkload::valueOf);
    } else if (compareAndSet == CompareAndSet.WATCH) {
      byWatch(actor, key);
    } else {
      byScript(actor, key);
    }
  }

  /** It expects what was there a moment ago, or, one time in four, what is mostly elsewhere. */
  private void byScript(Actor actor, String key) {
    Ending<Long> seen =
        actor.perform(
            history,
            new Register.Read(key),
            () -> actor.client().say("GET", key),
            RegisterWorkload::valueOf);
    if (!(seen instanceof Ending.Ok<Long> ok)) {
      return;
    }
    long expected = actor.random().nextInt(4) == 0 ? values.get() : ok.result();
    long value = values.incrementAndGet();
    String[] command = Script.compareAndSet(key, expected, value, actor.random().nextBoolean());
    actor.perform(
        history,
        new Register.CompareAndSet(key, expected, value),
        () ->
            actor
                .client()
                .talk(
                    key, List.of(List.of(command)), false, connection -> connection.call(command)),
        RespValue::number);
  }

  private static long valueOf(RespValue reply) {
    return reply instanceof RespValue.Null ? ABSENT : Long.parseLong(text(reply));
  }

  private void byWatch(Actor actor, String key) {
    // The connection on which the watch stands, and the transaction must be.
    AtomicReference<@Nullable RespConnection> watched = new AtomicReference<>();
    Ending<Long> seen =
        actor.perform(
            history,
            new Register.Read(key),
            () ->
                actor
                    .client()
                    .talk(
                        key,
                        List.of(List.of("GET", key)),
                        false,
                        connection -> {
                          RespValue watch = connection.call("WATCH", key);
                          if (watch instanceof RespValue.Failure) {
                            return watch;
                          }
                          watched.set(connection);
                          return connection.call("GET", key);
                        }),
            RegisterWorkload::valueOf);
    if (!(seen instanceof Ending.Ok<Long> ok)) {
      forget(watched.get());
      return;
    }
    long value = values.incrementAndGet();
    actor.performOrNot(
        history,
        new Register.CompareAndSet(key, ok.result(), value),
        () ->
            actor
                .client()
                .talk(
                    key,
                    List.of(List.of("SET", key, "" + value)),
                    true,
                    connection -> {
                      if (watched.get() != connection) {
                        throw new IOException("another connection than that of the watch");
                      }
                      return RawClient.transaction(
                          connection, List.<String[]>of(new String[] {"SET", key, "" + value}));
                    }),
        reply -> {
          if (reply instanceof RespValue.Null) {
            return new Ending.Fail<>("the watch failed");
          }
          if (!text(elements(reply).getFirst()).equals("OK")) {
            throw new AssertionError("EXEC answered " + reply);
          }
          return new Ending.Ok<>(1L);
        });
  }

  /** A watch that nobody needs any more must not make a later transaction fail. */
  private static void forget(@Nullable RespConnection watched) {
    if (watched != null) {
      try {
        watched.call("UNWATCH");
      } catch (IOException e) {
        // It is broken, which its next user will find out, and the watch is gone with it.
        return;
      }
    }
  }

  @Override
  public List<String> judge() {
    return judge(name, ABSENT, operations());
  }

  /** Judges operations on registers that hold this at first, each register for itself. */
  static List<String> judge(
      String name, long atFirst, List<Operation<Register.Action, Long>> operations) {
    return judge(
        name,
        Linearizability.checkParts(
            new Register(atFirst), operations, Register.Action::key, BUDGET_PER_KEY));
  }

  /** What a verdict says of a workload. */
  static List<String> judge(String name, Verdict verdict) {
    return switch (verdict) {
      case Verdict.Linearizable l -> List.of();
      case Verdict.Illegal illegal ->
          List.of(name + ": not linearizable: " + illegal.explanation());
      case Verdict.Unknown unknown ->
          List.of(name + ": could not be judged, which is a failure: " + unknown.why());
    };
  }

  @Override
  public List<Operation<Register.Action, Long>> operations() {
    return history.operations();
  }
}
