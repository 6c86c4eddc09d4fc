package io.flotilla.chaos.workload;

import static io.flotilla.chaos.resp.RespValue.text;

import io.flotilla.chaos.check.Fifo;
import io.flotilla.chaos.check.Linearizability;
import io.flotilla.chaos.check.QueueDelivery;
import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.history.Operation;
import io.flotilla.chaos.resp.RespValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Queues by LPUSH and RPOP: each value is delivered at most once, none is invented, none that was
 * acknowledged is lost, and the order is that of a queue.
 */
public final class QueueWorkload implements Workload {
  private static final int LIVE = 3;
  private static final int USES_PER_KEY = 60;

  private final Keys keys;
  private final AtomicLong values = new AtomicLong();
  private final Set<String> used = ConcurrentHashMap.newKeySet();
  private final History<Fifo.Action, Long> history;

  public QueueWorkload(String run, AtomicInteger processes) {
    this.keys = new Keys(run + ":queue", LIVE, USES_PER_KEY);
    this.history = new History<>(processes);
  }

  @Override
  public String name() {
    return "queue";
  }

  @Override
  public void step(Actor actor) {
    Random random = actor.random();
    String key = keys.next(random);
    used.add(key);
    if (random.nextBoolean()) {
      pop(actor, key);
      return;
    }
    long value = values.incrementAndGet();
    actor.perform(
        history,
        new Fifo.Push(key, value),
        () -> actor.client().say("LPUSH", key, Long.toString(value)),
        RespValue::number);
  }

  private Ending<Long> pop(Actor actor, String key) {
    return actor.perform(
        history,
        new Fifo.Pop(key),
        () -> actor.client().say("RPOP", key),
        reply -> reply instanceof RespValue.Null ? Fifo.NOTHING : Long.parseLong(text(reply)));
  }

  @Override
  public boolean finish(Actor actor) {
    boolean all = true;
    for (String key : used) {
      all &= Endings.untilEmpty(() -> pop(actor, key));
    }
    return all;
  }

  @Override
  public List<String> judge() {
    List<String> violations = new ArrayList<>(QueueDelivery.check(operations()));
    violations.addAll(
        RegisterWorkload.judge(
            name(),
            Linearizability.checkParts(
                new Fifo(), operations(), Fifo.Action::key, RegisterWorkload.BUDGET_PER_KEY)));
    return violations;
  }

  @Override
  public List<Operation<Fifo.Action, Long>> operations() {
    return history.operations();
  }
}
