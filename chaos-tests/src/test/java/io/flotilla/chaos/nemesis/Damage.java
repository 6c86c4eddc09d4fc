package io.flotilla.chaos.nemesis;

import io.flotilla.chaos.cluster.Cluster;
import io.flotilla.chaos.nemesis.Fault.Injected;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * A log or snapshot of one replica that is cut or has a bit flipped while its node is down.
 *
 * <p>The node must refuse to start, with the exit code that says so; then the file is put back as
 * it was. One other ending is right: a damaged snapshot is set aside where the one before it and
 * the log make up for it.
 *
 * <p>A log is damaged in the first quarter of a file that is some seconds old, so it hits what the
 * node had said to be durable: a torn end is another matter, and is mended.
 */
final class Damage {
  private static final int UNTRUSTED_DATA = 65;
  private static final int LEAST_BYTES = 16 << 10;
  private static final Duration OLD_ENOUGH = Duration.ofSeconds(8);

  private Damage() {}

  static Injected inject(Stage stage, Random random) {
    int node = Target.ONE.choose(stage.cluster(), random).getFirst();
    boolean snapshot = random.nextBoolean();
    boolean cut = random.nextBoolean();
    int dice = random.nextInt(1 << 16);
    stage.mayEnd(node);
    stage.cluster().kill(node);
    try {
      Path data = stage.cluster().dataOf(node);
      List<Path> files = snapshot ? newestSnapshots(data) : oldLogs(data);
      if (files.isEmpty()) {
        return new Injected(
            Cluster.nameOf(node) + " has no file to damage, and was killed",
            Duration.ZERO,
            () -> stage.start(node));
      }
      Path file = files.get(dice % files.size());
      String what =
          Cluster.nameOf(node)
              + ": "
              + file.getFileName()
              + (cut ? " is cut" : " has a bit flipped");
      byte[] whole = Files.readAllBytes(file);
      int used = usedBytes(whole);
      int place = snapshot ? random.nextInt(used) : used / 8 + random.nextInt(used / 8);
      byte[] damaged = cut ? Arrays.copyOf(whole, place) : whole.clone();
      if (!cut) {
        damaged[place] ^= (byte) (1 << random.nextInt(Byte.SIZE));
      }
      Files.write(file, damaged);
      stage.cluster().start(node);
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

  /** Whether the node ended; false if it goes on by right. */
  private static boolean isRefused(Stage stage, int node, String what, Path aside) {
    int code;
    try {
      code = stage.cluster().awaitEnd(node);
    } catch (AssertionError e) {
      if (Files.exists(aside)) {
        return false;
      }
      stage.violation(what + ", and the node started all the same");
      stage.cluster().kill(node);
      return true;
    }
    if (code != UNTRUSTED_DATA) {
      stage.violation(what + ", and the node ended with exit code " + code);
    }
    return true;
  }

  /** Without the zeros that a log is filled up with in advance. */
  private static int usedBytes(byte[] file) {
    int used = file.length;
    while (used > 0 && file[used - 1] == 0) {
      used--;
    }
    return used;
  }

  private static List<Path> oldLogs(Path data) throws IOException {
    List<Path> logs = new ArrayList<>();
    for (Path file : files(data, "log_\\S+")) {
      Instant made =
          Files.readAttributes(file, BasicFileAttributes.class).creationTime().toInstant();
      if (made.plus(OLD_ENOUGH).isBefore(Instant.now())
          && usedBytes(Files.readAllBytes(file)) >= LEAST_BYTES) {
        logs.add(file);
      }
    }
    return logs;
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
