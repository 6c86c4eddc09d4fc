package io.flotilla.node.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Second names for log segments that Ratis is about to delete, so that to free their room is not
 * the log thread's work.
 *
 * <p>Ratis deletes all segments that a snapshot has made superfluous at once, on the thread that
 * writes the log, and all replicas of a group do so at about the same entry: (M) 13 files of 20 MB,
 * 10 to 27 ms each, held up every write of the group for 250 to 370 ms, once in ten seconds of a
 * heavy load. What takes so long is to give back the blocks and the cached pages, which happens
 * when a file's last name goes. So each has a second name by then, a hard link, and loses it later,
 * on another thread, one after the other with rests between.
 *
 * <p>Names are only ever removed: a segment that Ratis keeps after all loses its second name and
 * nothing else. Where a file system has no hard links, Ratis deletes as it always did.
 *
 * <p>One thread at a time.
 */
final class SpentSegments {
  private static final Pattern CLOSED = Pattern.compile("log_(\\d+)-(\\d+)");

  /** Between two looks whether Ratis has deleted what it was told it may. */
  private static final Duration LOOK = Duration.ofMillis(20);

  private final Path log;
  private final Path second;

  /** How a thread rests. */
  @FunctionalInterface
  interface Rest {
    void rest(Duration duration) throws InterruptedException;
  }

  /**
   * @param log where Ratis keeps its segments
   * @param second where the second names stand, on the same file system
   */
  SpentSegments(Path log, Path second) {
    this.log = log;
    this.second = second;
  }

  /**
   * Gives a second name to each closed segment whose last entry is at this index or before it.
   *
   * @throws IOException if that cannot be; some may have one
   */
  synchronized void keep(long index) throws IOException {
    Files.createDirectories(second);
    for (Path segment : Disk.list(log)) {
      Matcher name = CLOSED.matcher(segment.getFileName().toString());
      if (name.matches()
          && Long.parseLong(name.group(2)) <= index
          && !secondName(segment, second.resolve(segment.getFileName()))) {
        return;
      }
    }
  }

  /** Whether the file system has such. */
  private static boolean secondName(Path segment, Path name) throws IOException {
    try {
      if (!Files.exists(name)) { // else one of a removal that was given up
        Files.createLink(name, segment);
      }
      return true;
    } catch (NoSuchFileException e) {
      return true; // deleted meanwhile
    } catch (UnsupportedOperationException e) {
      return false;
    }
  }

  /**
   * Removes the second names, each when the first is gone, or when the patience is over.
   *
   * @param patience for Ratis to delete the first names, in all
   * @param between the rest behind each
   * @param ending whether to stop: the rest is done when the group is opened again
   */
  synchronized void remove(Duration patience, Duration between, BooleanSupplier ending, Rest rest)
      throws IOException, InterruptedException {
    Duration left = patience;
    for (Path name : Disk.list(second)) {
      while (Files.exists(log.resolve(name.getFileName())) && left.isPositive()) {
        if (ending.getAsBoolean()) {
          return;
        }
        rest.rest(LOOK);
        left = left.minus(LOOK);
      }
      if (ending.getAsBoolean()) {
        return;
      }
      Files.deleteIfExists(name);
      rest.rest(between);
    }
  }

  /** Removes what an earlier process left; before the log is opened. */
  synchronized void clear() throws IOException {
    for (Path name : Disk.list(second)) {
      Files.deleteIfExists(name);
    }
  }
}
