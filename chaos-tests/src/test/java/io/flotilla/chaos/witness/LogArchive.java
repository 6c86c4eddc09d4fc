package io.flotilla.chaos.witness;

import io.flotilla.chaos.cluster.Cluster;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * All files that the nodes' logs ever had, kept by a second name: snapshots make nodes remove their
 * logs every few seconds, and a removed file lives on as long as it has a name.
 *
 * <p>A file is found while it is being written, and its second name shows whatever is written or
 * cut later. So each archive ends up with what its node left in the log.
 */
public final class LogArchive implements Closeable {
  private static final System.Logger logger = System.getLogger(LogArchive.class.getName());

  private static final Duration LOOK = Duration.ofMillis(200);

  private final Cluster cluster;
  private final Path archive;
  private final Set<Object> known = new HashSet<>();
  private final Thread thread;
  private int files;
  private volatile boolean stopping;

  /**
   * Begins to keep.
   *
   * @param archive a directory on the file system of the nodes' data
   */
  public LogArchive(Cluster cluster, Path archive) throws IOException {
    this.cluster = cluster;
    this.archive = Files.createDirectories(archive);
    this.thread =
        Thread.ofPlatform()
            .name("log-archive")
            .daemon(true)
            .start(() -> {
              while (!stopping) {
                look();
                LockSupport.parkNanos(LOOK.toNanos());
              }
            });
  }

  private synchronized void look() {
    for (int node = 0; node < cluster.nodes(); node++) {
      Path data = cluster.dataOf(node);
      try (Stream<Path> found = Files.walk(data)) {
        found.filter(f -> f.getFileName().toString().startsWith("log_")).forEach(this::keep);
      } catch (IOException | UncheckedIOException e) {
        logger.log(System.Logger.Level.DEBUG, "something was removed meanwhile; looks again", e);
      }
    }
  }

  private void keep(Path file) {
    try {
      Object inode =
          Objects.requireNonNull(
              Files.readAttributes(file, BasicFileAttributes.class).fileKey(), "no inodes here");
      if (known.contains(inode)) {
        return;
      }
      // …/<group>/current/log_… : the group is part of the name.
      String group =
          Objects.requireNonNull(Objects.requireNonNull(file.getParent()).getParent())
              .getFileName()
              .toString();
      Files.createLink(archive.resolve(group + "@" + files++), file);
      known.add(inode);
    } catch (NoSuchFileException e) {
      logger.log(System.Logger.Level.DEBUG, "it was renamed or removed this very moment", e);
    } catch (IOException e) {
      throw new AssertionError(file + " cannot be kept", e);
    }
  }

  /**
   * The committed entries of each group in their order, once all nodes have come to rest.
   *
   * <p>Of several entries at one place the one of the highest term is committed: no leader of a
   * later term has written another one over what was committed. What stands at the end, with a
   * lower term than something before it, is what a leader wrote that was cut off, and nobody has.
   */
  public synchronized Map<String, List<LogRecords.Entry>> committed() throws IOException {
    look();
    Map<String, TreeMap<Long, LogRecords.Entry>> groups = new TreeMap<>();
    List<Path> kept;
    try (Stream<Path> found = Files.list(archive)) {
      kept = found.sorted().toList();
    }
    for (Path file : kept) {
      String name = file.getFileName().toString();
      TreeMap<Long, LogRecords.Entry> entries =
          groups.computeIfAbsent(name.substring(0, name.indexOf('@')), g -> new TreeMap<>());
      for (LogRecords.Entry entry : LogRecords.read(Files.readAllBytes(file))) {
        entries.merge(entry.index(), entry, (a, b) -> a.term() >= b.term() ? a : b);
      }
    }
    Map<String, List<LogRecords.Entry>> committed = new TreeMap<>();
    groups.forEach((group, entries) -> {
      List<LogRecords.Entry> inOrder = new ArrayList<>();
      for (LogRecords.Entry entry : entries.values()) {
        if (inOrder.isEmpty() || entry.term() >= inOrder.getLast().term()) {
          inOrder.add(entry);
        }
      }
      committed.put(group, inOrder);
    });
    return committed;
  }

  @Override
  public void close() {
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
