package io.flotilla.chaos.workload;

import static io.flotilla.chaos.resp.RespValue.text;

import io.flotilla.chaos.check.Register;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.history.Operation;
import io.flotilla.chaos.ledger.SlotClient;
import io.flotilla.chaos.resp.RespValue;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;

/**
 * A client that writes and reads one shard by turns without pause: from it one sees for how long
 * the shard could not be used. What it was told is judged too.
 */
public final class ProbeWorkload implements Workload {
  private static final int USES_PER_KEY = 200;

  private final int shard;
  private final String tag;
  private final AtomicLong uses = new AtomicLong();
  private final History<Register.Action, Long> history;

  /**
   * @param isOfShard whether a slot is the shard's
   */
  public ProbeWorkload(String run, int shard, IntPredicate isOfShard, AtomicInteger processes) {
    this.shard = shard;
    int number = 0;
    while (!isOfShard.test(SlotClient.slotOf(run + ":probe:" + shard + ":" + number))) {
      number++;
    }
    this.tag = "{" + run + ":probe:" + shard + ":" + number + "}";
    this.history = new History<>(processes);
  }

  @Override
  public String name() {
    return "probe-" + shard;
  }

  @Override
  public int clients(int nodes) {
    return 1;
  }

  @Override
  public void step(Actor actor) {
    long use = uses.incrementAndGet();
    String key = tag + ":" + use / USES_PER_KEY;
    if (use % 2 == 0) {
      actor.perform(
          history,
          new Register.Write(key, use),
          () -> actor.client().say("SET", key, Long.toString(use)),
          reply -> {
            if (!text(reply).equals("OK")) {
              throw new AssertionError("SET answered " + reply);
            }
            return use;
          });
    } else {
      actor.perform(
          history,
          new Register.Read(key),
          () -> actor.client().say("GET", key),
          reply -> reply instanceof RespValue.Null ? 0L : Long.parseLong(text(reply)));
    }
  }

  @Override
  public List<String> judge() {
    return RegisterWorkload.judge(name(), 0, operations());
  }

  @Override
  public List<Operation<Register.Action, Long>> operations() {
    return history.operations();
  }
}
