package io.flotilla.chaos.workload;

import static io.flotilla.chaos.resp.RespValue.text;

import io.flotilla.chaos.check.Expiry;
import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.history.Operation;
import io.flotilla.chaos.resp.RespValue;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Keys with a time to live: there as long as they must be, gone when they must be, and not back
 * again; also across snapshots, restarts and new leaders.
 */
public final class ExpiryWorkload implements Workload {
  /** What the clocks of several leaders may differ by, and how finely a leader's time moves. */
  private static final Duration SLACK = Duration.ofMillis(500);

  private static final List<Duration> LIVES =
      List.of(Duration.ofMillis(1_500), Duration.ofSeconds(5), Duration.ofSeconds(12));

  /** More than clocks are made to jump. */
  private static final Duration SLACK_WHERE_CLOCKS_JUMP = Duration.ofHours(4);

  /** How many of the newest keys are looked at. */
  private static final int RECENT = 400;

  private final String run;
  private final AtomicLong keys = new AtomicLong();
  private final ConcurrentLinkedDeque<String> recent = new ConcurrentLinkedDeque<>();
  private final History<Expiry.Action, Boolean> history;
  private Duration slack = SLACK;

  public ExpiryWorkload(String run, AtomicInteger processes) {
    this.run = run;
    this.history = new History<>(processes);
  }

  /**
   * The nodes' clocks are made to jump, and a new leader takes its own for the time: then nobody
   * can say by another clock how long a key must live. It must not come back all the same, and the
   * log's own time tells the rest.
   */
  public void clocksJump() {
    slack = SLACK_WHERE_CLOCKS_JUMP;
  }

  @Override
  public String name() {
    return "ttl";
  }

  @Override
  public void step(Actor actor) {
    Random random = actor.random();
    if (random.nextInt(4) == 0) {
      String key = run + ":ttl:" + keys.incrementAndGet();
      Duration life = LIVES.get(random.nextInt(LIVES.size()));
      actor.perform(
          history,
          new Expiry.Set(key, life),
          () -> actor.client().say("SET", key, "v", "PX", Long.toString(life.toMillis())),
          reply -> {
            if (!text(reply).equals("OK")) {
              throw new AssertionError("SET answered " + reply);
            }
            return true;
          });
      recent.addLast(key);
      if (recent.size() > RECENT) {
        recent.pollFirst();
      }
      return;
    }
    List<String> all = List.copyOf(recent);
    if (!all.isEmpty()) {
      look(actor, all.get(random.nextInt(all.size())));
    }
  }

  private Ending<Boolean> look(Actor actor, String key) {
    return actor.perform(
        history,
        new Expiry.Look(key),
        () -> actor.client().say("GET", key),
        reply -> !(reply instanceof RespValue.Null) && text(reply).equals("v"));
  }

  @Override
  public boolean finish(Actor actor) {
    LockSupport.parkNanos(LIVES.getLast().plus(SLACK).plus(SLACK).toNanos());
    return recent.stream().allMatch(key -> Endings.untilDone(() -> look(actor, key)));
  }

  @Override
  public List<String> judge() {
    return Expiry.check(operations(), slack);
  }

  @Override
  public List<Operation<Expiry.Action, Boolean>> operations() {
    return history.operations();
  }
}
