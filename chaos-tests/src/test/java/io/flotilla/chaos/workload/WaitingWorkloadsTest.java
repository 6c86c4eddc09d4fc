package io.flotilla.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.chaos.check.Fifo;
import io.flotilla.chaos.check.Register;
import io.flotilla.chaos.cluster.RedisServer;
import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.Operation;
import io.flotilla.chaos.witness.Transcript;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The workloads whose commands have not landed, against a real Redis that has them: one server
 * without faults keeps every promise, so whatever they find is their own fault. And they must do
 * all that they are for, or they will find nothing later either.
 */
@Tag("cluster")
final class WaitingWorkloadsTest {
  private static final int STEPS = 150;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path directory = Path.of("");
  private @Nullable RedisServer redis;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(RedisServer.isInstalled(), "redis-server is not installed");
    redis = RedisServer.start(directory, "--save", "", "--appendonly", "no");
  }

  @AfterEach
  void end() {
    if (redis != null) {
      redis.close();
    }
  }

  /** Counts, and keeps what no client should ever see. */
  private static final class Tally implements Actor.Tally {
    private final List<String> unexpected = new ArrayList<>();

    @Override
    public void ended(Ending<?> ending, long tookNanos) {}

    @Override
    public synchronized void unexpected(String what) {
      unexpected.add(what);
    }
  }

  /** Runs one, and tells what it judges. */
  private Workload run(String name) throws Exception {
    long seed = new Random().nextLong(1L << 31);
    AtomicInteger processes = new AtomicInteger();
    Workload workload =
        Objects.requireNonNull(Workloads.waiting().get(name)).making().apply("run", processes);
    assertThat(workload.name()).isEqualTo(name);
    Tally tally = new Tally();
    Map<Integer, Actor> actors = new LinkedHashMap<>();
    for (int i = 0; i < workload.clients(3); i++) {
      Random random = new Random(seed + i);
      RawClient client =
          new RawClient(
              List.of(Objects.requireNonNull(redis).address()), PATIENCE, random, new Transcript());
      actors.put(i, new Actor(i, client, random, tally));
    }
    Actor first = Objects.requireNonNull(actors.get(0));
    workload.begin(first);
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Future<?>> running = new ArrayList<>();
      for (Actor actor : actors.values()) {
        running.add(
            threads.submit(() -> {
              for (int step = 0; step < STEPS; step++) {
                workload.step(actor);
              }
            }));
      }
      for (Future<?> each : running) {
        each.get(10 * PATIENCE.toSeconds(), TimeUnit.SECONDS);
      }
    }
    assertThat(workload.finish(first)).isTrue();
    actors.values().forEach(actor -> actor.client().close());
    assertThat(tally.unexpected).as("seed %d", seed).isEmpty();
    assertThat(workload.judge()).as("seed %d", seed).isEmpty();
    assertThat(workload.operations())
        .as("seed %d", seed)
        .allMatch(each -> each.ending() instanceof Ending.Ok<?>);
    return workload;
  }

  @Test
  void thoseWhoWaitForAQueueAreServedOrGoAway() throws Exception {
    List<Operation<Fifo.Action, Long>> all = ((QueueWorkload) run("blpop")).operations();
    assertThat(all)
        .as("somebody waited, and was served by a push that came later")
        .anyMatch(pop ->
            pop.action() instanceof Fifo.Pop
                && pop.ending() instanceof Ending.Ok<Long> got
                && all.stream()
                    .anyMatch(push ->
                        push.action() instanceof Fifo.Push pushed
                            && pushed.value() == got.result()
                            && push.invokedNanos() > pop.invokedNanos()));
    assertThat(all)
        .as("somebody waited in vain")
        .anyMatch(pop ->
            pop.action() instanceof Fifo.Pop && pop.ending().equals(new Ending.Ok<>(Fifo.NOTHING)));
  }

  @Test
  void scriptsCompareAndSet() throws Exception {
    List<Operation<Register.Action, Long>> all = ((RegisterWorkload) run("script")).operations();
    for (long result : new long[] {0, 1}) {
      assertThat(all)
          .as("a compare-and-set that answered %d", result)
          .anyMatch(each ->
              each.action() instanceof Register.CompareAndSet
                  && each.ending().equals(new Ending.Ok<>(result)));
    }
  }

  @Test
  void messagesAreHeardOnce() throws Exception {
    Workload workload = run("pubsub");
    assertThat(workload.told()).matches("([1-9]\\d*) of \\1 deliveries of [1-9]\\d* messages");
  }
}
