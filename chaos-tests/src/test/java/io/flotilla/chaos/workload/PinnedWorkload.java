package io.flotilla.chaos.workload;

import static io.flotilla.chaos.resp.RespValue.text;
import static java.util.concurrent.ConcurrentHashMap.newKeySet;

import io.flotilla.chaos.check.Register;
import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.history.Operation;
import io.flotilla.chaos.resp.RespValue;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Registers whose clients never leave their node: one reader and one writer at each.
 *
 * <p>Clients that follow redirects leave a leader that is cut off, or are held up there by a write,
 * and then nobody is left to see its stale reads. Here a reader stays, and writers wait at every
 * other node for the moment at which it leads. The writer stays too: Ratis takes a leader that
 * hears nobody down only when nothing has come for a whole election timeout, so what keeps an old
 * leader in office, and its reads dangerous, is that it is written to more often than that. So
 * clients here are impatient too: who waits until the leader gives a write up writes too seldom.
 */
public final class PinnedWorkload implements Workload {
  private static final int PLACES = 6;
  private static final int USES_PER_KEY = 150;

  private final String run;
  private final AtomicLong values = new AtomicLong();
  private final AtomicLongArray uses = new AtomicLongArray(PLACES);

  /** The places that each node has served lately. */
  private final Map<Integer, Set<Integer>> servedBy = new ConcurrentHashMap<>();

  private final History<Register.Action, Long> history;

  public PinnedWorkload(String run, AtomicInteger processes) {
    this.run = run;
    this.history = new History<>(processes);
  }

  @Override
  public String name() {
    return "pinned";
  }

  @Override
  public int clients(int nodes) {
    return 2 * nodes;
  }

  @Override
  public void step(Actor actor) {
    Random random = actor.random();
    int node = actor.number() / 2 % actor.client().nodes().size();
    boolean reads = actor.number() % 2 == 0;
    // Both ask mostly where their node serves, and else anywhere, to find out when it leads.
    List<Integer> served = List.copyOf(servedBy.computeIfAbsent(node, n -> newKeySet()));
    int place =
        !served.isEmpty() && random.nextInt(4) > 0
            ? served.get(random.nextInt(served.size()))
            : random.nextInt(PLACES);
    String key = run + ":pinned:" + place + ":" + uses.get(place) / USES_PER_KEY;
    Ending<Long> ending;
    if (reads) {
      ending =
          actor.perform(
              history,
              new Register.Read(key),
              () -> actor.client().sayTo(node, "GET", key),
              reply -> reply instanceof RespValue.Null ? 0L : Long.parseLong(text(reply)));
    } else {
      long value = values.incrementAndGet();
      ending =
          actor.perform(
              history,
              new Register.Write(key, value),
              () -> actor.client().sayTo(node, "SET", key, Long.toString(value)),
              reply -> {
                if (!text(reply).equals("OK")) {
                  throw new AssertionError("SET answered " + reply);
                }
                return value;
              });
    }
    if (ending instanceof Ending.Ok<Long>) {
      servedBy.computeIfAbsent(node, n -> newKeySet()).add(place);
      uses.incrementAndGet(place);
    } else if (ending instanceof Ending.Fail<Long>) {
      servedBy.computeIfAbsent(node, n -> newKeySet()).remove(place);
    }
  }

  @Override
  public List<String> judge() {
    return RegisterWorkload.judge(name(), 0, Register.withoutUnseen(operations()));
  }

  @Override
  public List<Operation<Register.Action, Long>> operations() {
    return history.operations();
  }
}
