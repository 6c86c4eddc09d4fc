package io.flotilla.chaos.workload;

import io.flotilla.chaos.check.Counter;
import io.flotilla.chaos.check.Linearizability;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.history.Operation;
import io.flotilla.chaos.resp.RespValue;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** Counters: INCRBY and GET; linearizable, so that no increment is lost or done twice. */
public final class CounterWorkload implements Workload {
  private static final int LIVE = 4;
  private static final int USES_PER_KEY = 150;

  private final Keys keys;
  private final History<Counter.Action, Long> history;

  public CounterWorkload(String run, AtomicInteger processes) {
    this.keys = new Keys(run + ":counter", LIVE, USES_PER_KEY);
    this.history = new History<>(processes);
  }

  @Override
  public String name() {
    return "counter";
  }

  @Override
  public void step(Actor actor) {
    Random random = actor.random();
    String key = keys.next(random);
    int add = actor.onlyReads() ? 0 : random.nextInt(4);
    if (add == 0) {
      actor.perform(
          history,
          new Counter.Action(key, 0),
          () -> actor.client().say("GET", key),
          reply -> reply instanceof RespValue.Null ? 0L : Long.parseLong(RespValue.text(reply)));
    } else {
      actor.perform(
          history,
          new Counter.Action(key, add),
          () -> actor.client().say("INCRBY", key, Integer.toString(add)),
          RespValue::number);
    }
  }

  @Override
  public List<String> judge() {
    return RegisterWorkload.judge(
        name(),
        Linearizability.checkParts(
            new Counter(), operations(), Counter.Action::key, RegisterWorkload.BUDGET_PER_KEY));
  }

  @Override
  public List<Operation<Counter.Action, Long>> operations() {
    return history.operations();
  }
}
