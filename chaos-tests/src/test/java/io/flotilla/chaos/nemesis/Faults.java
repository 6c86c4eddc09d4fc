package io.flotilla.chaos.nemesis;

import static io.flotilla.chaos.nemesis.Target.ALL;
import static io.flotilla.chaos.nemesis.Target.LEADER;
import static io.flotilla.chaos.nemesis.Target.MAJORITY;
import static io.flotilla.chaos.nemesis.Target.METADATA_LEADER;
import static io.flotilla.chaos.nemesis.Target.MINORITY;
import static io.flotilla.chaos.nemesis.Target.ONE;

import io.flotilla.chaos.cluster.Cluster;
import io.flotilla.chaos.cluster.ContainerNetwork.Lost;
import io.flotilla.chaos.cluster.Machine;
import io.flotilla.chaos.cluster.NodeContainers;
import io.flotilla.chaos.cluster.NodeNetwork.Direction;
import io.flotilla.chaos.cluster.NodeProcesses;
import io.flotilla.chaos.nemesis.Fault.Injected;
import io.flotilla.chaos.workload.RawClient;
import io.flotilla.proto.admin.ShardStatus;
import io.flotilla.proto.admin.TakeSnapshotRequest;
import io.flotilla.proto.admin.TakeSnapshotResponse;
import io.flotilla.proto.admin.TransferLeaderRequest;
import io.flotilla.proto.admin.TransferLeaderResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** The faults that node processes on one machine can be given, and those that containers can. */
public final class Faults {
  private static final String REPLACE_NAME = "replace";

  private static final String PAUSE_NAME = "pause";

  private static final String PAUSE_LONG_NAME = "pause-long";

  private static final String STUTTER_NAME = "stutter";

  private static final String DISK_FULL_NAME = "disk-full";

  private static final Duration ADMIN_PATIENCE = Duration.ofSeconds(10);
  private static final int TRANSFER_MILLIS = 5_000;

  /** Longer than Ratis tolerates: a node that was still for so long must end or be right. */
  private static final Duration LONG_PAUSE = Duration.ofSeconds(70);

  /** How long a node is held back at most, whatever its fellows' logs still have. */
  private static final Duration HOLD_BACK = Duration.ofSeconds(20);

  /** With elections and other faults in between. */
  private static final Duration REPLACE = Duration.ofMinutes(2);

  private static final Duration STROBE = Duration.ofMillis(150);
  private static final Duration STUTTER_STOP = Duration.ofMillis(180);
  private static final Duration STUTTER_GO = Duration.ofMillis(20);

  private Faults() {}

  /** What a cluster must be made of for a fault. */
  private enum Where {
    ANYWHERE,
    PROCESSES,
    CONTAINERS;

    boolean has(boolean containers) {
      return this == ANYWHERE || (this == CONTAINERS) == containers;
    }
  }

  private record Named(String name, Where where, BiFunction<Stage, Random, Injected> act)
      implements Fault {
    Named(String name, BiFunction<Stage, Random, Injected> act) {
      this(name, Where.ANYWHERE, act);
    }

    @Override
    public Injected inject(Stage stage, Random random) {
      return act.apply(stage, random);
    }
  }

  /** All of them, by name. */
  public static Map<String, Fault> all() {
    return new LinkedHashMap<>(named());
  }

  private static Map<String, Named> named() {
    Map<String, Named> all = new LinkedHashMap<>();
    for (Named each :
        List.of(
            new Named("kill", Faults::kill),
            new Named("stop", Faults::stop),
            new Named(PAUSE_NAME, Faults::pause),
            new Named(PAUSE_LONG_NAME, Faults::pauseLong),
            new Named(STUTTER_NAME, Where.PROCESSES, Faults::stutter),
            new Named("starve", Where.CONTAINERS, Faults::starve),
            new Named("snapshot", Faults::snapshot),
            new Named("transfer", Faults::transfer),
            new Named("isolate", Faults::isolate),
            new Named("halves", Faults::halves),
            new Named("ring", Faults::ring),
            new Named("one-way", Faults::oneWay),
            new Named("slow", Faults::slow),
            new Named("lossy", Where.PROCESSES, Faults::lossy),
            new Named("install", Where.PROCESSES, Faults::install),
            new Named(REPLACE_NAME, Where.PROCESSES, Faults::replace),
            new Named("clock-jump", Where.PROCESSES, Faults::clockJump),
            new Named("clock-strobe", Where.PROCESSES, Faults::clockStrobe),
            new Named("loss", Where.CONTAINERS, Faults::loss),
            new Named("disconnect", Where.CONTAINERS, Faults::disconnect),
            new Named("client-side", Where.CONTAINERS, Faults::clientSide),
            new Named("clients", Faults::clients),
            new Named("corrupt", Damage::inject),
            new Named("forget", Damage::forget),
            new Named(DISK_FULL_NAME, Faults::diskFull))) {
      all.put(each.name, each);
    }
    return all;
  }

  /** What is not chosen when nobody chooses, and why. */
  private static final Map<String, String> UNUSUAL =
      Map.of(
          PAUSE_LONG_NAME,
          "takes over a minute each time",
          DISK_FULL_NAME,
          "mounts file systems, which takes root",
          "clock-jump",
          "runs an edition of the nodes whose clocks can be set",
          "clock-strobe",
          "runs an edition of the nodes whose clocks can be set");

  /** What is chosen when nobody chooses, for processes. */
  public static List<String> usual() {
    return usual(false);
  }

  /** What is chosen when nobody chooses, for containers or for processes. */
  public static List<String> usual(boolean containers) {
    return named().values().stream()
        .filter(fault -> fault.where.has(containers) && !UNUSUAL.containsKey(fault.name))
        .map(Named::name)
        .toList();
  }

  /** Whether it can be had with containers, or with processes; unknown ones cannot. */
  public static boolean isFor(String name, boolean containers) {
    Named fault = named().get(name);
    return fault != null && fault.where.has(containers);
  }

  /** Those left out of {@link #usual()}, with the reason. */
  public static Map<String, String> unusual() {
    return new TreeMap<>(UNUSUAL);
  }

  /** Why a fault cannot be had on this machine; nothing if it can. */
  public static Optional<String> impossible(String name) {
    return switch (name) {
      case DISK_FULL_NAME ->
          Machine.canMount()
              ? Optional.empty()
              : Optional.of("disk-full needs root, to mount a small file system");
      default -> Optional.empty();
    };
  }

  /**
   * Of faults that were injected together, that with the least is healed first: what is to end must
   * not be frozen, what starts anew needs room on its disk, and to put a node into a place takes a
   * cluster that is otherwise whole.
   */
  public static int turnToHeal(String name) {
    return switch (name) {
      case DISK_FULL_NAME, PAUSE_NAME, PAUSE_LONG_NAME, STUTTER_NAME -> 0;
      case REPLACE_NAME -> 2;
      default -> 1;
    };
  }

  /** What the cluster must be started with for these faults. */
  public static Set<NodeProcesses.Extra> extras(Collection<String> names) {
    Set<NodeProcesses.Extra> extras = EnumSet.noneOf(NodeProcesses.Extra.class);
    if (names.contains(DISK_FULL_NAME)) {
      extras.add(NodeProcesses.Extra.SMALL_DISKS);
    }
    if (names.contains("clock-jump") || names.contains("clock-strobe")) {
      extras.add(NodeProcesses.Extra.CLOCKS);
    }
    return extras;
  }

  /** Those that need relays between the nodes. */
  public static boolean needsNetwork(String name) {
    return List.of("isolate", "halves", "ring", "one-way", "slow", "lossy", "install")
        .contains(name);
  }

  private static Duration seconds(Random random, int least, int most) {
    return Duration.ofMillis(1000L * least + random.nextInt(1000 * (most - least)));
  }

  private static Injected kill(Stage stage, Random random) {
    Target target = Target.any(random, ONE, MINORITY, MAJORITY, LEADER, METADATA_LEADER, ALL);
    List<Integer> nodes = target.choose(stage.cluster(), random);
    nodes.forEach(stage::mayEnd);
    nodes.forEach(stage.cluster()::kill);
    return new Injected(
        target.told(nodes), seconds(random, 0, 4), () -> nodes.forEach(stage::start));
  }

  private static Injected stop(Stage stage, Random random) {
    Target target = Target.any(random, ONE, LEADER, METADATA_LEADER);
    List<Integer> nodes = target.choose(stage.cluster(), random);
    nodes.forEach(stage::mayEnd);
    Map<Integer, Supplier<Optional<Integer>>> ends = new LinkedHashMap<>();
    nodes.forEach(node -> ends.put(node, stage.cluster().terminate(node)));
    return new Injected(
        target.told(nodes),
        seconds(random, 0, 2),
        () ->
            ends.forEach((node, end) -> {
              end.get()
                  .filter(code -> !stage.isExpected(node, code))
                  .ifPresent(code ->
                      stage.violation(Cluster.nameOf(node) + " stopped with exit code " + code));
              stage.start(node);
            }));
  }

  private static Injected pause(Stage stage, Random random) {
    Target target = Target.any(random, ONE, MINORITY, MAJORITY, LEADER, METADATA_LEADER, ALL);
    return freeze(stage, target, target.choose(stage.cluster(), random), seconds(random, 1, 5));
  }

  private static Injected pauseLong(Stage stage, Random random) {
    Target target = Target.any(random, ONE, LEADER, ALL);
    List<Integer> nodes = target.choose(stage.cluster(), random);
    return freeze(stage, target, nodes, LONG_PAUSE);
  }

  private static Injected freeze(
      Stage stage, Target target, List<Integer> nodes, Duration duration) {
    nodes.forEach(stage.cluster()::freeze);
    return new Injected(target.told(nodes), duration, () -> nodes.forEach(stage.cluster()::thaw));
  }

  /** A processor that is hardly there: a tenth of the time. */
  private static Injected stutter(Stage stage, Random random) {
    Target target = Target.any(random, ONE, MINORITY, LEADER);
    List<Integer> nodes = target.choose(stage.cluster(), random);
    AtomicBoolean enough = new AtomicBoolean();
    Thread stuttering =
        Thread.ofPlatform()
            .name(STUTTER_NAME)
            .daemon(true)
            .start(() -> {
              while (!enough.get()) {
                nodes.forEach(stage.cluster()::freeze);
                LockSupport.parkNanos(STUTTER_STOP.toNanos());
                nodes.forEach(stage.cluster()::thaw);
                LockSupport.parkNanos(STUTTER_GO.toNanos());
              }
            });
    return new Injected(
        target.told(nodes),
        seconds(random, 2, 5),
        () -> {
          enough.set(true);
          try {
            stuttering.join();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          nodes.forEach(stage.cluster()::thaw);
        });
  }

  /** A tenth of a processor, as the engine shares it out. */
  private static Injected starve(Stage stage, Random random) {
    Target target = Target.any(random, ONE, MINORITY, LEADER, METADATA_LEADER);
    List<Integer> nodes = target.choose(stage.cluster(), random);
    NodeContainers containers = stage.containers();
    nodes.forEach(containers::starve);
    return new Injected(
        target.told(nodes), seconds(random, 3, 8), () -> nodes.forEach(containers::feed));
  }

  private static Injected snapshot(Stage stage, Random random) {
    Optional<TakeSnapshotResponse> response =
        stage
            .cluster()
            .maybeAsk(
                ADMIN_PATIENCE, a -> a.takeSnapshot(TakeSnapshotRequest.getDefaultInstance()));
    return Injected.atOnce(
        response
            .map(r ->
                r.getResultsList().stream().filter(s -> s.getError().isEmpty()).count()
                    + " of "
                    + r.getResultsCount()
                    + " replicas")
            .orElse("nobody answered"));
  }

  private static Injected transfer(Stage stage, Random random) {
    Optional<ShardStatus> shard =
        stage
            .cluster()
            .maybeStatus()
            .map(s -> s.getShards(random.nextInt(Math.max(1, s.getShardsCount()))));
    if (shard.isEmpty()) {
      return Injected.atOnce("nobody answered");
    }
    var replicas = shard.get().getGroup().getReplicasList();
    String to = replicas.get(random.nextInt(replicas.size())).getNodeName();
    Optional<TransferLeaderResponse> response =
        stage
            .cluster()
            .maybeAsk(
                ADMIN_PATIENCE,
                a ->
                    a.transferLeader(
                        TransferLeaderRequest.newBuilder()
                            .setShard(Integer.toString(shard.get().getNumber()))
                            .setToNode(to)
                            .setTimeoutMillis(TRANSFER_MILLIS)
                            .build()));
    return Injected.atOnce(
        "shard "
            + shard.get().getNumber()
            + " to "
            + to
            + (response.isPresent() ? "" : ", which did not work out"));
  }

  private static Injected cut(Stage stage, String what, Random random) {
    return new Injected(what, seconds(random, 2, 8), stage.cluster().network()::heal);
  }

  private static Injected isolate(Stage stage, Random random) {
    Target target = Target.any(random, ONE, LEADER, METADATA_LEADER, MINORITY);
    List<Integer> nodes = target.choose(stage.cluster(), random);
    int all = stage.cluster().nodes();
    stage
        .cluster()
        .network()
        .cut(nodes.stream().flatMap(n -> Direction.around(List.of(n), all).stream()).toList());
    return cut(stage, target.told(nodes), random);
  }

  private static Injected halves(Stage stage, Random random) {
    List<Integer> minority = MINORITY.choose(stage.cluster(), random);
    stage.cluster().network().cut(Direction.around(minority, stage.cluster().nodes()));
    return cut(stage, MINORITY.told(minority) + " from the rest", random);
  }

  /** Everybody sees a majority, and no two the same one. */
  private static Injected ring(Stage stage, Random random) {
    int nodes = stage.cluster().nodes();
    List<Integer> order = new ArrayList<>(IntStream.range(0, nodes).boxed().toList());
    Collections.shuffle(order, random);
    int reach = Math.max(1, nodes / 4);
    List<Direction> directions = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      for (int j = i + 1; j < nodes; j++) {
        int apart = Math.min(j - i, nodes - (j - i));
        // Of three, all are neighbours: there the ring is open at one place.
        boolean isCut = nodes <= 3 ? j - i == nodes - 1 : apart > reach;
        if (isCut) {
          directions.addAll(Direction.both(order.get(i), order.get(j)));
        }
      }
    }
    stage.cluster().network().cut(directions);
    return cut(stage, String.join("-", order.stream().map(Cluster::nameOf).toList()), random);
  }

  private static Injected oneWay(Stage stage, Random random) {
    Target target = Target.any(random, ONE, LEADER, METADATA_LEADER);
    int node = target.choose(stage.cluster(), random).getFirst();
    boolean outward = random.nextBoolean();
    stage
        .cluster()
        .network()
        .cut(
            IntStream.range(0, stage.cluster().nodes())
                .filter(other -> other != node)
                .mapToObj(other -> new Direction(outward ? node : other, outward ? other : node))
                .toList());
    return cut(
        stage,
        target.told(List.of(node)) + (outward ? " is heard by nobody" : " hears nobody"),
        random);
  }

  private static Injected slow(Stage stage, Random random) {
    Duration delay = Duration.ofMillis(20 + random.nextInt(180));
    return cut(stage, stage.cluster().network().slowDown(delay), random);
  }

  /** Connections between nodes break under way, and messages are late, each by another time. */
  private static Injected lossy(Stage stage, Random random) {
    int ofThousand = 2 + random.nextInt(40);
    Duration upTo = Duration.ofMillis(random.nextInt(120));
    return cut(stage, stage.cluster().network().lose(ofThousand, upTo), random);
  }

  /** A node hears nobody until what it lacks is in nobody's log any more. */
  private static Injected install(Stage stage, Random random) {
    Cluster cluster = stage.cluster();
    int node = ONE.choose(cluster, random).getFirst();
    cluster.network().cut(Direction.around(List.of(node), cluster.nodes()));
    HeldBack heldBack = new HeldBack(cluster, node);
    long deadline = System.nanoTime() + HOLD_BACK.toNanos();
    int lacking = 0;
    while (System.nanoTime() < deadline && lacking < heldBack.groups()) {
      LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
      // A log file ends, and can be removed, where a term ends.
      transfer(stage, random);
      snapshot(stage, random);
      lacking = heldBack.lacking();
    }
    return new Injected(
        Cluster.nameOf(node)
            + " was held back until "
            + lacking
            + " of "
            + heldBack.groups()
            + " logs did not reach back to it",
        Duration.ZERO,
        cluster.network()::heal);
  }

  /** The disk of a node is lost; it comes back empty, and is put into its own place by a new id. */
  private static Injected replace(Stage stage, Random random) {
    Target target = Target.any(random, ONE, LEADER, METADATA_LEADER);
    int node = target.choose(stage.cluster(), random).getFirst();
    if (!stage.isWhole()) {
      return Injected.atOnce("nobody, for a node that lost its disk is still to be replaced");
    }
    stage.mayEnd(node);
    stage.cluster().kill(node);
    stage.cluster().wipe(node);
    stage.cluster().start(node);
    return new Injected(
        target.told(List.of(node)) + " lost its disk",
        seconds(random, 0, 3),
        () -> {
          stage
              .cluster()
              .replace(node, REPLACE)
              .ifPresent(why -> {
                stage.violation(Cluster.nameOf(node) + " could not be replaced; last: " + why);
                stage.notWhole();
              });
          stage.start(node);
        });
  }

  /** Now and then the clock is set right again at once; else it stays wrong until the next jump. */
  private static Injected clockJump(Stage stage, Random random) {
    Target target = Target.any(random, ONE, MINORITY, LEADER, METADATA_LEADER, ALL);
    List<Integer> nodes = target.choose(stage.cluster(), random);
    StringBuilder what = new StringBuilder(target.told(nodes));
    for (int node : nodes) {
      Duration ahead = skew(random);
      stage.cluster().setClock(node, ahead);
      what.append(' ').append(ahead.toMillis()).append(" ms");
    }
    boolean isSetRight = random.nextInt(3) == 0;
    return new Injected(
        what.toString(),
        seconds(random, 1, 4),
        () -> {
          if (isSetRight) {
            nodes.forEach(node -> stage.cluster().setClock(node, Duration.ZERO));
          }
        });
  }

  /** From 100 ms to an hour, either way; as often small as large. */
  private static Duration skew(Random random) {
    double magnitude = 2 + random.nextDouble() * (Math.log10(3_600_000) - 2);
    long millis = Math.round(Math.pow(10, magnitude));
    return Duration.ofMillis(random.nextBoolean() ? millis : -millis);
  }

  /** A clock that goes to and fro several times a second. */
  private static Injected clockStrobe(Stage stage, Random random) {
    Target target = Target.any(random, ONE, LEADER);
    int node = target.choose(stage.cluster(), random).getFirst();
    Duration ahead = skew(random);
    AtomicBoolean enough = new AtomicBoolean();
    Thread strobe =
        Thread.ofPlatform()
            .name("strobe")
            .daemon(true)
            .start(() -> {
              while (!enough.get()) {
                stage.cluster().setClock(node, ahead);
                LockSupport.parkNanos(STROBE.toNanos());
                stage.cluster().setClock(node, Duration.ZERO);
                LockSupport.parkNanos(STROBE.toNanos());
              }
            });
    return new Injected(
        target.told(List.of(node)) + ' ' + ahead.toMillis() + " ms, to and fro",
        seconds(random, 2, 5),
        () -> {
          enough.set(true);
          try {
            strobe.join();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  /** Packets that arrive are dropped at random, clients' too. */
  private static Injected loss(Stage stage, Random random) {
    Target target = Target.any(random, ONE, MINORITY, LEADER, METADATA_LEADER, ALL);
    List<Integer> nodes = target.choose(stage.cluster(), random);
    int percent = 10 + random.nextInt(41);
    stage.containers().network().lose(nodes, percent);
    return cut(stage, target.told(nodes) + " loses " + percent + " %", random);
  }

  private static Injected disconnect(Stage stage, Random random) {
    Target target = Target.any(random, ONE, MINORITY, LEADER, METADATA_LEADER);
    List<Integer> nodes = target.choose(stage.cluster(), random);
    stage.containers().network().unplug(nodes);
    return cut(stage, target.told(nodes), random);
  }

  /** The nodes hear one another, but clients do not hear them, or they do not hear clients. */
  private static Injected clientSide(Stage stage, Random random) {
    Target target = Target.any(random, ONE, MINORITY, LEADER);
    List<Integer> nodes = target.choose(stage.cluster(), random);
    Lost lost = random.nextBoolean() ? Lost.REQUESTS : Lost.ANSWERS;
    stage.containers().network().cutClients(nodes, lost);
    return cut(
        stage,
        "clients' "
            + lost.name().toLowerCase(Locale.ROOT)
            + (lost == Lost.REQUESTS ? " to " : " from ")
            + target.told(nodes),
        random);
  }

  private static Injected clients(Stage stage, Random random) {
    int cut = 0;
    for (RawClient client : stage.clients()) {
      if (random.nextBoolean()) {
        client.cut();
        cut++;
      }
    }
    return Injected.atOnce("the connections of " + cut + " clients");
  }

  /** A node without room may refuse, step back or end, but not lie. */
  private static Injected diskFull(Stage stage, Random random) {
    Target target = Target.any(random, ONE, LEADER, METADATA_LEADER);
    List<Integer> nodes = target.choose(stage.cluster(), random);
    nodes.forEach(stage::mayHalt);
    nodes.forEach(stage.cluster()::fillDisk);
    return new Injected(
        target.told(nodes),
        seconds(random, 2, 8),
        () -> {
          nodes.forEach(stage.cluster()::freeDisk);
          nodes.forEach(stage::start);
        });
  }
}
