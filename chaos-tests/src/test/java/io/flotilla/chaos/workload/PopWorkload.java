package io.flotilla.chaos.workload;

import static io.flotilla.chaos.resp.RespValue.number;
import static io.flotilla.chaos.resp.RespValue.text;

import io.flotilla.chaos.check.Fifo;
import io.flotilla.chaos.check.QueueDelivery;
import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.history.Operation;
import io.flotilla.chaos.resp.RespValue;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sets from which members are taken by chance, by SADD and SPOP: each member is delivered at most
 * once, none is invented and none lost; and the replicas must have thrown the same dice, which the
 * comparison of their digests shows.
 */
public final class PopWorkload implements Workload {
  private static final int LIVE = 3;
  private static final int USES_PER_KEY = 200;

  private final Keys keys;
  private final AtomicLong values = new AtomicLong();
  private final Set<String> used = ConcurrentHashMap.newKeySet();
  private final History<Fifo.Action, Long> history;

  public PopWorkload(String run, AtomicInteger processes) {
    this.keys = new Keys(run + ":pop", LIVE, USES_PER_KEY);
    this.history = new History<>(processes);
  }

  @Override
  public String name() {
    return "pop";
  }

  @Override
  public void step(Actor actor) {
    Random random = actor.random();
    String key = keys.next(random);
    used.add(key);
    if (random.nextInt(5) < 2) {
      pop(actor, key);
      return;
    }
    long value = values.incrementAndGet();
    actor.perform(
        history,
        new Fifo.Push(key, value),
        () -> actor.client().say("SADD", key, Long.toString(value)),
        reply -> {
          if (number(reply) != 1) {
            throw new AssertionError(value + " was there before");
          }
          return 1L;
        });
  }

  private Ending<Long> pop(Actor actor, String key) {
    return actor.perform(
        history,
        new Fifo.Pop(key),
        () -> actor.client().say("SPOP", key),
        reply -> reply instanceof RespValue.Null ? Fifo.NOTHING : Long.parseLong(text(reply)));
  }

  @Override
  public boolean finish(Actor actor) {
    return used.stream().allMatch(key -> Endings.untilEmpty(() -> pop(actor, key)));
  }

  @Override
  public List<String> judge() {
    return QueueDelivery.check(operations());
  }

  @Override
  public List<Operation<Fifo.Action, Long>> operations() {
    return history.operations();
  }
}
