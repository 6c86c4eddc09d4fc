package io.flotilla.node;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches how full the disk of the data directory is (ARCHITECTURE §11): above the first mark
 * writes are refused, above the second leaderships are given up.
 *
 * <p>A mark is left again only some percent below it, so that a disk at the mark does not flap. One
 * thread looks, any may ask.
 */
final class DiskGuard {
  private static final Logger log = LoggerFactory.getLogger(DiskGuard.class);

  /** How far below a mark the disk must fall before the mark counts as left. */
  private static final int HYSTERESIS_PERCENT = 2;

  private final Path directory;
  private final int refusePercent;
  private final int criticalPercent;
  private volatile boolean full;
  private volatile boolean critical;
  private volatile long totalBytes;
  private volatile long freeBytes;

  DiskGuard(Path directory, int refusePercent, int criticalPercent) {
    this.directory = directory;
    this.refusePercent = refusePercent;
    this.criticalPercent = criticalPercent;
  }

  /** Looks at the disk now. */
  void look() throws IOException {
    FileStore store = Files.getFileStore(directory);
    seen(store.getTotalSpace(), store.getUsableSpace());
  }

  void seen(long total, long free) {
    totalBytes = total;
    freeBytes = free;
    if (total <= 0) {
      return;
    }
    double used = 100.0 * (total - free) / total;
    boolean nowFull = used >= refusePercent || (full && used >= refusePercent - HYSTERESIS_PERCENT);
    boolean nowCritical =
        used >= criticalPercent || (critical && used >= criticalPercent - HYSTERESIS_PERCENT);
    if (nowFull != full || nowCritical != critical) {
      log.warn(
          "the disk of {} is {} % used: writes are {}, leaderships are {}",
          directory,
          Math.round(used),
          nowFull ? "refused" : "taken",
          nowCritical ? "given up" : "kept");
    }
    full = nowFull;
    critical = nowCritical;
  }

  /** Whether writes are to be refused. */
  boolean isFull() {
    return full;
  }

  /** Whether leaderships are to be given up. */
  boolean isCritical() {
    return critical;
  }

  long totalBytes() {
    return totalBytes;
  }

  long freeBytes() {
    return freeBytes;
  }
}
