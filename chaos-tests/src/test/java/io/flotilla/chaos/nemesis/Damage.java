package io.flotilla.chaos.nemesis;

import io.flotilla.chaos.cluster.Cluster;
import io.flotilla.chaos.nemesis.Fault.Injected;
import io.flotilla.chaos.witness.LogRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A log or snapshot of one replica that is cut, ends in zeros or has a bit flipped while its node
 * is down.
 *
 * <p>The node must refuse to start, with the exit code that says so; then the file is put back as
 * it was. One other ending is right: a damaged snapshot is set aside where the one before it and
 * the log make up for it.
 *
 * <p>A log is damaged at an entry that the node had said to be durable, and that no snapshot of its
 * covers; cut as often as not just between two entries, where nothing in the file itself shows it.
 * A torn end is another matter, and is mended.
 */
final class Damage {
  private static final int UNTRUSTED_DATA = 65;

  /** A start may take a minute where other things are under way. */
  private static final Duration START_PATIENCE = Duration.ofMinutes(4);

  private static final String SERVES = "serves clients on";

  private static final String STARTED = ", and the node started all the same";

  /** How long two nodes are a majority by themselves: some marks of durability, and some writes. */
  private static final Duration ALONE = Duration.ofSeconds(3);

  /** How long who has forgotten may go on without those who have not. */
  private static final Duration WITHOUT = Duration.ofSeconds(5);

  /** How many of the entries that were durable are forgotten, at most. */
  private static final int FORGOTTEN_MAX = 20;

  /** Where the index stands in the file that says how far a log is durable. */
  private static final int MARK_AT = 8;

  private Damage() {}

  static Injected inject(Stage stage, Random random) {
    int node = Target.ONE.choose(stage.cluster(), random).getFirst();
    stage.mayEnd(node);
    stage.cluster().kill(node);
    try {
      Path data = stage.cluster().dataOf(node);
      Hurt hurt = random.nextInt(3) == 0 ? snapshot(data, random) : log(data, random);
      if (hurt == null) {
        return new Injected(
            Cluster.nameOf(node) + " has no file to damage, and was killed",
            Duration.ZERO,
            () -> stage.start(node));
      }
      Path file = hurt.file;
      String what = Cluster.nameOf(node) + ": " + file.getFileName() + hurt.how;
      byte[] whole = Files.readAllBytes(file);
      Files.write(file, hurt.damaged);
      Path aside = file.resolveSibling(file.getFileName() + ".damaged");
      if (isRefused(stage, node, what, aside)) {
        Files.write(file, whole);
        stage.start(node);
        return Injected.atOnce(what + ", which was refused");
      }
      stage.start(node);
      return Injected.atOnce(what + ", and was set aside");
    } catch (IOException e) {
      throw new AssertionError("the files of " + Cluster.nameOf(node), e);
    }
  }

  /**
   * A log that is cut where it matters: all nodes but a leader and another one are frozen, so what
   * is acknowledged then is on these two alone. Both are killed, the other one's log is cut, and it
   * comes back without the leader.
   *
   * <p>It must refuse to start. A node that starts makes a majority with those that were frozen,
   * and together they know nothing of what had been acknowledged.
   */
  static Injected forget(Stage stage, Random random) {
    Cluster cluster = stage.cluster();
    int leader = Target.LEADER.choose(cluster, random).getFirst();
    List<Integer> others =
        IntStream.range(0, cluster.nodes()).filter(n -> n != leader).boxed().toList();
    int other = others.get(random.nextInt(others.size()));
    List<Integer> frozen = others.stream().filter(n -> n != other).toList();
    frozen.forEach(cluster::freeze);
    LockSupport.parkNanos(ALONE.toNanos());
    List<Integer> both = List.of(other, leader);
    both.forEach(stage::mayEnd);
    both.forEach(cluster::kill);
    frozen.forEach(cluster::thaw);
    try {
      Hurt hurt = forgotten(cluster.dataOf(other), random);
      if (hurt == null) {
        return new Injected(
            Cluster.nameOf(other) + " has nothing to forget, and was killed with its leader",
            Duration.ZERO,
            () -> both.forEach(stage::start));
      }
      byte[] whole = Files.readAllBytes(hurt.file);
      String what =
          Cluster.nameOf(other)
              + ": "
              + hurt.file.getFileName()
              + hurt.how
              + ", without "
              + Cluster.nameOf(leader);
      Files.write(hurt.file, hurt.damaged);
      Came came = start(stage, other, what);
      if (came == Came.SERVES) {
        stage.violation(what + STARTED);
        return new Injected(what + STARTED, WITHOUT, () -> both.forEach(stage::start));
      }
      if (came == Came.NEITHER) {
        cluster.kill(other);
      }
      Files.write(hurt.file, whole);
      both.forEach(stage::start);
      return Injected.atOnce(what + ", which was refused");
    } catch (IOException e) {
      throw new AssertionError("the files of " + Cluster.nameOf(other), e);
    }
  }

  /** An open log without its last entries, among them such as were durable. */
  private static @Nullable Hurt forgotten(Path data, Random random) throws IOException {
    Map<Path, List<Choice>> byFile = new LinkedHashMap<>();
    for (Choice choice : choices(data)) {
      if (isOpen(choice.file)) {
        byFile.computeIfAbsent(choice.file, f -> new ArrayList<>()).add(choice);
      }
    }
    // The log that was written to most, which is a shard's.
    List<Choice> most =
        byFile.values().stream()
            .max(Comparator.comparingInt(choices -> choices.size()))
            .orElse(List.of());
    if (most.isEmpty()) {
      return null;
    }
    int forgotten = Math.min(most.size(), 1 + random.nextInt(FORGOTTEN_MAX));
    Choice choice = most.get(most.size() - forgotten);
    return new Hurt(
        choice.file,
        " is cut before entry " + choice.place.entry().index(),
        Arrays.copyOf(Files.readAllBytes(choice.file), choice.place.from()));
  }

  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Hurt(Path file, String how, byte[] damaged) {}

  private record Choice(Path file, LogRecords.Place place) {}

  private static @Nullable Hurt snapshot(Path data, Random random) throws IOException {
    List<Path> files = newestSnapshots(data);
    if (files.isEmpty()) {
      return null;
    }
    Path file = files.get(random.nextInt(files.size()));
    byte[] whole = Files.readAllBytes(file);
    int place = random.nextInt(whole.length);
    return random.nextBoolean()
        ? new Hurt(file, " is cut", Arrays.copyOf(whole, place))
        : new Hurt(file, " has a bit flipped", flipped(whole, place, random));
  }

  private static byte[] flipped(byte[] whole, int place, Random random) {
    byte[] damaged = whole.clone();
    damaged[place] ^= (byte) (1 << random.nextInt(Byte.SIZE));
    return damaged;
  }

  private static @Nullable Hurt log(Path data, Random random) throws IOException {
    Map<Boolean, List<Choice>> all =
        choices(data).stream().collect(Collectors.partitioningBy(choice -> isOpen(choice.file)));
    List<Choice> open = all.getOrDefault(true, List.of());
    List<Choice> closed = all.getOrDefault(false, List.of());
    List<Choice> from =
        closed.isEmpty() || (random.nextInt(4) != 0 && !open.isEmpty()) ? open : closed;
    if (from.isEmpty()) {
      return null;
    }
    Choice choice = from.get(random.nextInt(from.size()));
    byte[] whole = Files.readAllBytes(choice.file);
    int first = choice.place.from();
    int within = first + 1 + random.nextInt(choice.place.to() - first - 1);
    String entry = " entry " + choice.place.entry().index();
    return switch (random.nextInt(4)) {
      case 0 ->
          new Hurt(choice.file, " has a bit flipped in" + entry, flipped(whole, within, random));
      case 1 -> new Hurt(choice.file, " is cut within" + entry, Arrays.copyOf(whole, within));
      case 2 -> new Hurt(choice.file, " is cut before" + entry, Arrays.copyOf(whole, first));
      default -> {
        byte[] zeros = whole.clone();
        Arrays.fill(zeros, first, zeros.length, (byte) 0);
        yield new Hurt(choice.file, " is zeros from" + entry, zeros);
      }
    };
  }

  private static boolean isOpen(Path log) {
    return log.getFileName().toString().startsWith("log_inprogress");
  }

  /** All entries that the node had said to be durable, and that no snapshot of its covers. */
  private static List<Choice> choices(Path data) throws IOException {
    List<Choice> choices = new ArrayList<>();
    for (Path file : files(data, "log_\\S+")) {
      Path group = parent(parent(file));
      long durable = mark(group.resolve("flotilla").resolve("durable"));
      long covered =
          files(group, "snapshot\\.\\d+_\\d+").stream().mapToLong(Damage::index).max().orElse(-1);
      for (LogRecords.Place place : LogRecords.places(Files.readAllBytes(file))) {
        if (place.entry().index() > covered && place.entry().index() <= durable) {
          choices.add(new Choice(file, place));
        }
      }
    }
    return choices;
  }

  private static Path parent(Path path) {
    return Objects.requireNonNull(path.getParent());
  }

  private static long mark(Path file) throws IOException {
    return Files.exists(file) ? ByteBuffer.wrap(Files.readAllBytes(file)).getLong(MARK_AT) : -1;
  }

  /** What became of a node that was started on a damaged file. */
  private enum Came {
    ENDED,
    SERVES,
    NEITHER
  }

  private static Came start(Stage stage, int node, String what) {
    int served = timesServed(stage, node);
    stage.cluster().start(node);
    long deadline = System.nanoTime() + START_PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      Optional<Integer> code = stage.cluster().exitCode(node);
      if (code.isPresent()) {
        if (code.get() != UNTRUSTED_DATA) {
          stage.violation(what + ", and the node ended with exit code " + code.get());
        }
        return Came.ENDED;
      }
      if (timesServed(stage, node) > served) {
        return Came.SERVES;
      }
      LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
    }
    stage.violation(what + ", and the node neither serves nor ends");
    return Came.NEITHER;
  }

  /** Whether a start on a damaged file was refused; false if the node goes on by right. */
  private static boolean isRefused(Stage stage, int node, String what, Path aside) {
    switch (start(stage, node, what)) {
      case ENDED -> {}
      case SERVES -> {
        if (Files.exists(aside)) {
          return false;
        }
        stage.violation(what + STARTED);
        stage.cluster().kill(node);
      }
      case NEITHER -> stage.cluster().kill(node);
    }
    return true;
  }

  /** How often a node has said that it serves. */
  private static int timesServed(Stage stage, int node) {
    return stage.cluster().log(node).split(SERVES, -1).length - 1;
  }

  /** The newest of each group: the one that a start reads. */
  private static List<Path> newestSnapshots(Path data) throws IOException {
    Map<Path, Path> newest = new LinkedHashMap<>();
    for (Path file : files(data, "snapshot\\.\\d+_\\d+")) {
      newest.merge(file.getParent(), file, (a, b) -> index(a) > index(b) ? a : b);
    }
    return List.copyOf(newest.values());
  }

  private static long index(Path snapshot) {
    String name = snapshot.getFileName().toString();
    return Long.parseLong(name.substring(name.lastIndexOf('_') + 1));
  }

  private static List<Path> files(Path data, String names) throws IOException {
    try (Stream<Path> files = Files.walk(data)) {
      return files
          .filter(Files::isRegularFile)
          .filter(f -> f.getFileName().toString().matches(names))
          .sorted(Comparator.comparing(Path::toString))
          .toList();
    }
  }
}
