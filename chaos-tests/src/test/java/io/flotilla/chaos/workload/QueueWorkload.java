package io.flotilla.chaos.workload;

import static io.flotilla.chaos.resp.RespValue.elements;
import static io.flotilla.chaos.resp.RespValue.text;

import io.flotilla.chaos.check.Fifo;
import io.flotilla.chaos.check.Linearizability;
import io.flotilla.chaos.check.QueueDelivery;
import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.history.Operation;
import io.flotilla.chaos.resp.RespValue;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Queues by LPUSH and RPOP, or by RPUSH and BLPOP: each value is delivered at most once, none is
 * invented, none that was acknowledged is lost, and the order is that of a queue. A BLPOP that was
 * given nothing found nothing when its time was over.
 */
public final class QueueWorkload implements Workload {
  private static final int LIVE = 3;
  private static final int USES_PER_KEY = 60;

  /** For how long BLPOP waits, in milliseconds: between these, by chance. */
  private static final int WAIT_LEAST = 10;

  private static final int WAIT_MOST = 300;

  /** One BLPOP in so many waits for a queue that nobody pushes to. */
  private static final int DRY = 16;

  private final String name;
  private final boolean blocks;
  private final Keys keys;
  private final AtomicLong values = new AtomicLong();
  private final Set<String> used = ConcurrentHashMap.newKeySet();
  private final History<Fifo.Action, Long> history;

  private QueueWorkload(String name, boolean blocks, String run, AtomicInteger processes) {
    this.name = name;
    this.blocks = blocks;
    this.keys = new Keys(run + ":" + name, LIVE, USES_PER_KEY);
    this.history = new History<>(processes);
  }

  /** Whoever finds nothing goes away. */
  public static QueueWorkload queues(String run, AtomicInteger processes) {
    return new QueueWorkload("queue", false, run, processes);
  }

  /** Whoever finds nothing waits. */
  public static QueueWorkload waiting(String run, AtomicInteger processes) {
    return new QueueWorkload("blpop", true, run, processes);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int clients(int nodes) {
    return blocks ? 4 : 2;
  }

  @Override
  public void step(Actor actor) {
    Random random = actor.random();
    String key = keys.next(random);
    used.add(key);
    if (random.nextBoolean()) {
      take(actor, blocks && random.nextInt(DRY) == 0 ? key + ":dry" : key);
      return;
    }
    long value = values.incrementAndGet();
    actor.perform(
        history,
        new Fifo.Push(key, value),
        () -> actor.client().say(blocks ? "RPUSH" : "LPUSH", key, Long.toString(value)),
        RespValue::number);
  }

  private Ending<Long> take(Actor actor, String key) {
    if (!blocks) {
      return pop(actor, key);
    }
    int millis = actor.random().nextInt(WAIT_LEAST, WAIT_MOST);
    return actor.perform(
        history,
        new Fifo.Pop(key),
        () -> actor.client().say("BLPOP", key, BigDecimal.valueOf(millis, 3).toPlainString()),
        reply -> {
          if (reply instanceof RespValue.Null) {
            return Fifo.NOTHING;
          }
          if (!text(elements(reply).getFirst()).equals(key)) {
            throw new AssertionError("BLPOP of " + key + " answered " + reply);
          }
          return Long.parseLong(text(elements(reply).get(1)));
        });
  }

  private Ending<Long> pop(Actor actor, String key) {
    return actor.perform(
        history,
        new Fifo.Pop(key),
        () -> actor.client().say(blocks ? "LPOP" : "RPOP", key),
        reply -> reply instanceof RespValue.Null ? Fifo.NOTHING : Long.parseLong(text(reply)));
  }

  @Override
  public boolean finish(Actor actor) {
    return used.stream().allMatch(key -> Endings.untilEmpty(() -> pop(actor, key)));
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
