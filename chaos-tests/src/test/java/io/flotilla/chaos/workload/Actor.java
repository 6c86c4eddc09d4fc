package io.flotilla.chaos.workload;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.resp.RespValue;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One client of a workload, on a thread of its own: it asks, waits, and writes down what came of
 * it. After an unknown outcome it goes on as a new process.
 */
public final class Actor {
  /** Where operations are counted as they end. */
  public interface Tally {
    void ended(Ending<?> ending, long tookNanos);

    void unexpected(String what);
  }

  /** A turn is 2^32 ns, some four seconds. */
  private static final int TURN_BITS = 32;

  private final int number;
  private final RawClient client;
  private final Random random;
  private final Tally tally;
  private int process = -1;

  /**
   * A client.
   *
   * @param number which of its workload's it is, from 0
   */
  public Actor(int number, RawClient client, Random random, Tally tally) {
    this.number = number;
    this.client = client;
    this.random = random;
    this.tally = tally;
  }

  /**
   * Whether it only reads at the moment: one of three actors of a workload at a time, by turns of
   * some seconds.
   *
   * <p>One that writes too is soon held up by a write where no majority is, and then never sees the
   * stale reads of a leader that is cut off; {@code bin/chaos --self-test} has shown it.
   */
  boolean onlyReads() {
    return onlyReads(System.nanoTime());
  }

  /** Whether it only reads at this moment of the machine's clock, in nanoseconds. */
  boolean onlyReads(long now) {
    return Math.floorMod((now >>> TURN_BITS) + number, 3) == 0;
  }

  int number() {
    return number;
  }

  public RawClient client() {
    return client;
  }

  public Random random() {
    return random;
  }

  /** Something that no client should ever see. */
  void unexpected(String what) {
    tally.unexpected(what);
  }

  /**
   * Does one operation.
   *
   * @param say what goes over the wire
   * @param meaning what the answer says; an exception means that no answer of this kind was
   *     expected
   */
  <A, R> Ending<R> perform(
      History<A, R> history,
      A action,
      Supplier<Ending<RespValue>> say,
      Function<RespValue, R> meaning) {
    return performOrNot(history, action, say, reply -> new Ending.Ok<>(meaning.apply(reply)));
  }

  /** Does one operation whose answer may also say that it was not done. */
  <A, R> Ending<R> performOrNot(
      History<A, R> history,
      A action,
      Supplier<Ending<RespValue>> say,
      Function<RespValue, Ending<R>> meaning) {
    if (process < 0) {
      process = history.newProcess();
    }
    long began = System.nanoTime();
    History<A, R>.Open open = history.invoke(process, action);
    Ending<R> ending = understand(action, say.get(), meaning);
    switch (ending) {
      case Ending.Ok<R> ok -> open.ok(ok.result());
      case Ending.Fail<R> fail -> open.fail(fail.why());
      case Ending.Info<R> info -> {
        open.info(info.why());
        process = -1;
      }
    }
    tally.ended(ending, System.nanoTime() - began);
    return ending;
  }

  private <A, R> Ending<R> understand(
      A action, Ending<RespValue> said, Function<RespValue, Ending<R>> meaning) {
    return switch (said) {
      case Ending.Fail<RespValue> fail -> new Ending.Fail<>(fail.why());
      case Ending.Info<RespValue> info -> new Ending.Info<>(info.why());
      case Ending.Ok<RespValue> ok -> {
        try {
          yield meaning.apply(ok.result());
        } catch (AssertionError | RuntimeException e) {
          tally.unexpected(action + " was answered " + ok.result());
          yield new Ending.Info<>("an answer that makes no sense: " + ok.result());
        }
      }
    };
  }
}
