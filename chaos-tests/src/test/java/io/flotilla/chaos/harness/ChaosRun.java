package io.flotilla.chaos.harness;

import io.flotilla.chaos.cluster.Cluster;
import io.flotilla.chaos.cluster.NodeContainers;
import io.flotilla.chaos.cluster.NodeProcesses;
import io.flotilla.chaos.nemesis.Fault;
import io.flotilla.chaos.nemesis.Faults;
import io.flotilla.chaos.nemesis.Stage;
import io.flotilla.chaos.witness.LogArchive;
import io.flotilla.chaos.witness.LogWitness;
import io.flotilla.chaos.witness.Transcript;
import io.flotilla.chaos.workload.Actor;
import io.flotilla.chaos.workload.ExpiryWorkload;
import io.flotilla.chaos.workload.PinnedWorkload;
import io.flotilla.chaos.workload.ProbeWorkload;
import io.flotilla.chaos.workload.RawClient;
import io.flotilla.chaos.workload.Workload;
import io.flotilla.chaos.workload.Workloads;
import io.flotilla.proto.admin.ShardStatus;
import io.flotilla.proto.admin.ShardVerification;
import io.flotilla.proto.admin.SlotRange;
import io.flotilla.proto.admin.VerifyRequest;
import io.flotilla.proto.admin.VerifyResponse;
import io.flotilla.proto.admin.VerifyVerdict;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One chaos run: start a cluster, let clients use it, hurt it, heal it, read everything, judge.
 *
 * <p>What must hold in the end: every workload's own judgement; every replica's digest at the same
 * place in the log; no process that ended though nobody ended it; after each fault every workload
 * goes on within {@link #RECOVERY}; after the last one the cluster is healthy. A system that
 * refuses everything breaks no other promise, so the last two count as much.
 */
final class ChaosRun {
  /**
   * How long after a fault was healed a workload may be without success: with a start of all nodes
   * on a machine that is busy with other things. How long it was is told.
   */
  private static final Duration RECOVERY = Duration.ofSeconds(90);

  /** Longer than a node needs to find out that it does not know: write.deadline-millis. */
  private static final Duration CLIENT_PATIENCE = Duration.ofSeconds(3);

  private static final Duration VERIFY_PATIENCE = Duration.ofSeconds(60);
  private static final Duration VERIFY_AGAIN = Duration.ofMinutes(2);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** Leaves processor time to the nodes: this shows correctness, not speed. */
  private static final Duration BREATH = Duration.ofMillis(8);

  private static final Duration PROBE_BREATH = Duration.ofMillis(20);

  /** After a refusal, so that a cluster without a leader is not flooded. */
  private static final Duration PAUSE = Duration.ofMillis(80);

  private static final Duration PINNED_PAUSE = Duration.ofMillis(40);

  /** Well below an election timeout ({@link PinnedWorkload} says why). */
  private static final Duration PINNED_PATIENCE = Duration.ofMillis(300);

  /**
   * Snapshots every few hundred entries, that is every few seconds: most known faults of a Redis on
   * Raft are where snapshots, purged logs, restarts and elections meet. And a short deadline, so
   * that writers leave a leader that is cut off while it still is: else nobody's reads there are
   * stale.
   */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "snapshot.every-entries",
          "300",
          "snapshot.keep-entries",
          "100",
          "write.deadline-millis",
          "1500");

  private final Plan plan;
  private final PrintStream out;
  private final Path directory;
  private final Map<String, String> environment;
  private final long beganNanos = System.nanoTime();
  private final List<String> violations = new CopyOnWriteArrayList<>();
  private final List<Result.Event> timeline = new CopyOnWriteArrayList<>();
  private final List<Result.Leader> leaders = new CopyOnWriteArrayList<>();
  private final Map<Workload, Meter> meters = new LinkedHashMap<>();
  private final List<RawClient> clients = new CopyOnWriteArrayList<>();
  private final Transcript transcript = new Transcript();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopping;
  private String witnessed = "the logs were not compared";

  /**
   * @param directory an empty one, for the nodes
   * @param environment further environment of the nodes
   */
  ChaosRun(Plan plan, Path directory, Map<String, String> environment, PrintStream out) {
    this.plan = plan;
    this.directory = directory;
    this.environment = environment;
    this.out = out;
  }

  private long millis() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos);
  }

  Result run() {
    say("starting " + plan.nodes() + " nodes; to repeat: " + plan.command());
    Cluster cluster = start();
    // Whoever interrupts a run shall not have to look for its nodes.
    Thread atExit = new Thread(cluster::close);
    Runtime.getRuntime().addShutdownHook(atExit);
    try {
      return run(cluster);
    } finally {
      stopping = true;
      cluster.close();
      Runtime.getRuntime().removeShutdownHook(atExit);
    }
  }

  private Map<String, String> settings() {
    Map<String, String> settings = new TreeMap<>(SETTINGS);
    settings.putAll(plan.settings());
    return settings;
  }

  private Cluster start() {
    if (plan.containers()) {
      boolean smallDisks = Faults.extras(plan.faults()).contains(NodeProcesses.Extra.SMALL_DISKS);
      return NodeContainers.start(directory, plan.nodes(), settings(), environment, smallDisks);
    }
    boolean relayed = plan.faults().stream().anyMatch(Faults::needsNetwork);
    return NodeProcesses.start(
        directory, plan.nodes(), settings(), relayed, environment, Faults.extras(plan.faults()));
  }

  private Result run(Cluster cluster) {
    make(cluster);
    @Nullable LogArchive archive = archive(cluster);
    Stage stage = new Stage(cluster, clients, this::violation);
    Random random = new Random(plan.seed());
    begin(cluster, random);
    watch(cluster, stage);
    awaitProgress("the start");
    long endMillis = millis() + plan.time().toMillis();
    while (millis() < endMillis) {
      hurt(stage, random);
    }
    stage.heal();
    try {
      cluster.awaitHealthy();
    } catch (RuntimeException | AssertionError e) {
      violation("after the end the cluster does not become healthy: " + cluster.maybeStatus());
    }
    stop();
    finish(cluster);
    String verify = verify(cluster);
    judge();
    compareWithLog(archive);
    return result(verify);
  }

  private void make(Cluster cluster) {
    AtomicInteger processes = new AtomicInteger();
    for (String name : plan.workloads()) {
      Workload workload =
          Workloads.all().getOrDefault(name, (r, p) -> unknown(name)).apply(plan.run(), processes);
      if (workload instanceof ExpiryWorkload expiry
          && Faults.extras(plan.faults()).contains(NodeProcesses.Extra.CLOCKS)) {
        expiry.clocksJump();
      }
      meters.put(workload, new Meter(beganNanos));
    }
    for (ShardStatus shard : cluster.awaitHealthy().getShardsList()) {
      meters.put(
          new ProbeWorkload(plan.run(), shard.getNumber(), slot -> has(shard, slot), processes),
          new Meter(beganNanos));
    }
  }

  private @Nullable LogArchive archive(Cluster cluster) {
    if (Faults.extras(plan.faults()).contains(NodeProcesses.Extra.SMALL_DISKS)) {
      say("the logs are not compared: files on small disks cannot be kept by a second name");
      return null;
    }
    try {
      return new LogArchive(cluster, directory.resolve("archive"));
    } catch (IOException e) {
      throw new AssertionError("the logs cannot be kept", e);
    }
  }

  /** The second witness: what clients were told, against the committed log. */
  private void compareWithLog(@Nullable LogArchive archive) {
    if (archive == null) {
      return;
    }
    archive.close();
    try {
      LogWitness witness = new LogWitness(archive.committed());
      witness.check(transcript.all()).stream().limit(20).forEach(this::violation);
      witnessed = witness.told();
      say(witnessed);
    } catch (IOException e) {
      violation("the archived logs cannot be read: " + e);
    }
  }

  private static Workload unknown(String name) {
    throw new IllegalArgumentException("there is no workload " + name);
  }

  private static boolean has(ShardStatus shard, int slot) {
    for (SlotRange range : shard.getSlotsList()) {
      if (range.getFirst() <= slot && slot <= range.getLast()) {
        return true;
      }
    }
    return false;
  }

  private Actor actor(Cluster cluster, int number, Meter meter, long seed) {
    return actor(cluster, number, meter, seed, CLIENT_PATIENCE);
  }

  private Actor actor(Cluster cluster, int number, Meter meter, long seed, Duration patience) {
    Random random = new Random(seed);
    RawClient client = new RawClient(cluster.clients(), patience, random, transcript);
    clients.add(client);
    return new Actor(number, client, random, meter);
  }

  private void begin(Cluster cluster, Random random) {
    meters.forEach((workload, meter) -> {
      workload.begin(actor(cluster, 0, meter, random.nextLong()));
      for (int i = 0; i < workload.clients(plan.nodes()); i++) {
        Duration patience = workload instanceof PinnedWorkload ? PINNED_PATIENCE : CLIENT_PATIENCE;
        Actor actor = actor(cluster, i, meter, random.nextLong(), patience);
        threads.add(
            Thread.ofPlatform()
                .name(workload.name() + "-" + i)
                .daemon(true)
                .start(() -> use(workload, meter, actor)));
      }
    });
  }

  private void use(Workload workload, Meter meter, Actor actor) {
    long breath = (workload instanceof ProbeWorkload ? PROBE_BREATH : BREATH).toNanos();
    // Who asks where he may be told no goes on asking.
    long pause = (workload instanceof PinnedWorkload ? PINNED_PAUSE : PAUSE).toNanos();
    try {
      while (!stopping) {
        long before = meter.ok();
        workload.step(actor);
        LockSupport.parkNanos(meter.ok() > before ? breath : pause);
      }
    } catch (RuntimeException | Error e) {
      violation("a client of " + workload.name() + " failed: " + e);
      e.printStackTrace(out);
    }
  }

  /** Looks after processes, and writes down who leads. */
  private void watch(Cluster cluster, Stage stage) {
    Thread watcher =
        Thread.ofPlatform()
            .name("watch")
            .daemon(true)
            .start(() -> {
              Map<Integer, Integer> known = new ConcurrentHashMap<>();
              while (!stopping) {
                stage.supervise();
                try {
                  cluster
                      .leaders()
                      .forEach((shard, node) -> {
                        if (!node.equals(known.put(shard, node))) {
                          leaders.add(new Result.Leader(shard, node, millis()));
                        }
                      });
                } catch (RuntimeException e) {
                  // The cluster is going down, or nobody knows at the moment.
                  continue;
                }
                LockSupport.parkNanos(LOOK.toNanos());
              }
            });
    threads.add(watcher);
  }

  private void hurt(Stage stage, Random random) {
    LockSupport.parkNanos(Duration.ofMillis(500 + random.nextInt(1_500)).toNanos());
    if (plan.faults().isEmpty()) {
      progress("no fault");
      return;
    }
    List<String> names = new ArrayList<>(plan.faults());
    Collections.shuffle(names, random);
    int together = random.nextInt(10) < 3 ? 2 : 1;
    Map<Fault.Injected, String> injected = new LinkedHashMap<>();
    meters.values().forEach(Meter::takeLongestGapNanos);
    long from = millis();
    Duration dwell = Duration.ZERO;
    for (String name : names.subList(0, Math.min(together, names.size()))) {
      Fault fault = Faults.all().get(name);
      if (fault == null) {
        throw new IllegalArgumentException("there is no fault " + name);
      }
      Fault.Injected one = fault.inject(stage, random);
      injected.put(one, name);
      dwell = dwell.compareTo(one.dwell()) < 0 ? one.dwell() : dwell;
    }
    LockSupport.parkNanos(dwell.toNanos());
    injected.entrySet().stream()
        .sorted(Comparator.comparingInt(entry -> Faults.turnToHeal(entry.getValue())))
        .forEachOrdered(entry -> entry.getKey().heal().run());
    stage.healed();
    String told = String.join(" + ", injected.values());
    awaitProgress(told);
    long gap =
        meters.entrySet().stream()
            .filter(e -> e.getKey() instanceof ProbeWorkload)
            .mapToLong(e -> e.getValue().takeLongestGapNanos())
            .max()
            .orElse(0);
    long gapMillis = TimeUnit.NANOSECONDS.toMillis(gap);
    injected.forEach((one, name) ->
        timeline.add(
            new Result.Event(name, one.what(), from, millis(), gapMillis, injected.size() == 1)));
    progress(
        told
            + " ("
            + String.join("; ", injected.keySet().stream().map(Fault.Injected::what).toList())
            + "), worst gap "
            + gapMillis
            + " ms");
  }

  private void progress(String what) {
    say(
        "%5.1f s  %d ok, %d fail, %d info, %d faults, %d violations; %s"
            .formatted(
                millis() / 1000.0,
                sum(Meter::ok),
                sum(Meter::fail),
                sum(Meter::info),
                timeline.size(),
                violations.size(),
                what));
  }

  private long sum(ToLongFunction<Meter> what) {
    return meters.values().stream().mapToLong(what).sum();
  }

  private void say(String what) {
    out.println("chaos: " + what);
    out.flush();
  }

  private void violation(String what) {
    violations.add(what);
    say("VIOLATION at " + millis() + " ms: " + what);
  }

  /** Every workload must succeed again, or the cluster does not serve. */
  private void awaitProgress(String after) {
    record Waiting(Workload workload, Meter meter, long before) {}
    List<Waiting> waiting = new ArrayList<>();
    meters.forEach((workload, meter) -> waiting.add(new Waiting(workload, meter, meter.ok())));
    long deadline = System.nanoTime() + RECOVERY.toNanos();
    while (System.nanoTime() < deadline) {
      waiting.removeIf(w -> w.meter.ok() > w.before);
      if (waiting.isEmpty()) {
        return;
      }
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
    violation(
        "after "
            + after
            + " nothing succeeded for "
            + RECOVERY.toSeconds()
            + " s in "
            + waiting.stream().map(w -> w.workload.name()).toList());
  }

  private void stop() {
    stopping = true;
    for (Thread thread : threads) {
      try {
        thread.join(STOP_PATIENCE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
      if (thread.isAlive()) {
        violation(thread.getName() + " does not end");
      }
    }
    clients.forEach(RawClient::close);
  }

  private void finish(Cluster cluster) {
    say("healed and stopped; reading everything");
    // Expiry waits longest, so it goes last, while the others' reads take their time.
    meters.forEach((workload, meter) -> {
      if (!workload.finish(actor(cluster, 0, meter, plan.seed()))) {
        violation(workload.name() + ": not everything could be read in the end");
      }
    });
  }

  private String verify(Cluster cluster) {
    VerifyRequest request =
        VerifyRequest.newBuilder()
            .setTimeoutMillis(Math.toIntExact(VERIFY_PATIENCE.toMillis() / 2))
            .build();
    Optional<VerifyResponse> response = cluster.maybeAsk(VERIFY_PATIENCE, a -> a.verify(request));
    // An election in between leaves a group without an answer, which says nothing of its replicas.
    long deadline = System.nanoTime() + VERIFY_AGAIN.toNanos();
    while (response.map(ChaosRun::isIncomplete).orElse(true) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(LOOK.toNanos());
      response = cluster.maybeAsk(VERIFY_PATIENCE, a -> a.verify(request));
    }
    if (response.isEmpty()) {
      violation("the replicas' digests could not be compared: no node answers");
      return "not answered";
    }
    List<ShardVerification> all = new ArrayList<>(response.get().getShardsList());
    all.add(response.get().getMetadata());
    int agree = 0;
    for (ShardVerification each : all) {
      if (each.getVerdict() == VerifyVerdict.VERIFY_VERDICT_AGREE) {
        agree++;
      } else {
        violation("the digests of the replicas of a group: " + each);
      }
    }
    return "of " + all.size() + " groups, in " + agree + " all replicas agree";
  }

  private static boolean isIncomplete(VerifyResponse response) {
    return Stream.concat(response.getShardsList().stream(), Stream.of(response.getMetadata()))
        .anyMatch(each -> each.getVerdict() == VerifyVerdict.VERIFY_VERDICT_INCOMPLETE);
  }

  private void judge() {
    meters.forEach((workload, meter) -> {
      long began = System.nanoTime();
      workload.judge().stream().limit(20).forEach(this::violation);
      meter.unexpected().stream().limit(20).forEach(this::violation);
      say(
          "judged "
              + workload.name()
              + ": "
              + workload.operations().size()
              + " operations in "
              + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began)
              + " ms"
              + (workload.told().isEmpty() ? "" : "; " + workload.told()));
    });
  }

  private Result result(String verify) {
    Map<String, List<Long>> gaps = new TreeMap<>();
    timeline.forEach(event ->
        gaps.computeIfAbsent(event.fault(), f -> new ArrayList<>()).add(event.longestGapMillis()));
    Map<String, Result.Gap> unavailability = new TreeMap<>();
    gaps.forEach((fault, each) -> {
      Collections.sort(each);
      unavailability.put(
          fault, new Result.Gap(each.size(), each.get(each.size() / 2), each.getLast()));
    });
    List<Result.Counts> counts = new ArrayList<>();
    meters.forEach((workload, meter) ->
        counts.add(
            new Result.Counts(
                workload.name(),
                meter.ok(),
                meter.fail(),
                meter.info(),
                TimeUnit.NANOSECONDS.toMillis(meter.longestTookNanos()),
                meter.seconds())));
    return new Result(
        plan.command(),
        plan.seed(),
        millis() / 1000,
        sum(Meter::ok),
        sum(Meter::fail),
        sum(Meter::info),
        timeline.size(),
        List.copyOf(violations),
        counts,
        List.copyOf(timeline),
        List.copyOf(leaders),
        unavailability,
        Workloads.off(),
        verify,
        witnessed);
  }
}
