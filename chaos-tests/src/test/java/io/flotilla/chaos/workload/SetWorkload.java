package io.flotilla.chaos.workload;

import static io.flotilla.chaos.resp.RespValue.elements;
import static io.flotilla.chaos.resp.RespValue.number;

import io.flotilla.chaos.check.GrowingSet;
import io.flotilla.chaos.check.GrowingSet.Members;
import io.flotilla.chaos.check.SetDurability;
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

/** Sets: what SADD acknowledged is in every later SMEMBERS. */
public final class SetWorkload implements Workload {
  private static final int LIVE = 3;
  private static final int USES_PER_KEY = 200;

  private final Keys keys;
  private final AtomicLong values = new AtomicLong();
  private final Set<String> used = ConcurrentHashMap.newKeySet();
  private final History<GrowingSet.Action, Members> history;

  public SetWorkload(String run, AtomicInteger processes) {
    this.keys = new Keys(run + ":set", LIVE, USES_PER_KEY);
    this.history = new History<>(processes);
  }

  @Override
  public String name() {
    return "set";
  }

  @Override
  public void step(Actor actor) {
    Random random = actor.random();
    String key = keys.next(random);
    used.add(key);
    if (actor.onlyReads() || random.nextInt(4) == 0) {
      read(actor, key);
      return;
    }
    long element = values.incrementAndGet();
    actor.perform(
        history,
        new GrowingSet.Add(key, element),
        () -> actor.client().say("SADD", key, Long.toString(element)),
        reply -> number(reply) == 1 ? Members.of(element) : Members.NONE);
  }

  private Ending<Members> read(Actor actor, String key) {
    return actor.perform(
        history,
        new GrowingSet.Read(key),
        () -> actor.client().say("SMEMBERS", key),
        reply ->
            Members.of(
                elements(reply).stream()
                    .map(RespValue::text)
                    .mapToLong(Long::parseLong)
                    .toArray()));
  }

  @Override
  public boolean finish(Actor actor) {
    return used.stream().allMatch(key -> Endings.untilDone(() -> read(actor, key)));
  }

  @Override
  public List<String> judge() {
    return SetDurability.check(operations());
  }

  @Override
  public List<Operation<GrowingSet.Action, Members>> operations() {
    return history.operations();
  }
}
