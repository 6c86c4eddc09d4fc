package io.flotilla.node.raft;

import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.ReplicatedMachine.SnapshotCut;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When a replica takes snapshots, and how one comes about without a stall.
 *
 * <pre>
 *   on the loop            background writer                      Ratis' apply thread
 *   ───────────            ─────────────────                      ───────────────────
 *   enough log, or asked
 *   cut at index i ──────▶ write, fsync, rename, fsync folder
 *   goes on applying       report ──────────────────────────────▶ takeSnapshot = i, purge the log up to i
 * </pre>
 *
 * <p>Every replica decides for itself, by what it has applied since its last snapshot; replaying a
 * log after a restart counts too, so that a long log is cut soon. One snapshot at a time per
 * replica. A failure is logged and tried again when as much log has come once more: the old
 * snapshot and the log are still whole.
 *
 * <p>All fields are touched on the loop only.
 */
final class Snapshots {
  private static final Logger log = LoggerFactory.getLogger(Snapshots.class);

  private final Replica replica;
  private final RaftSettings settings;
  private final SnapshotFiles files;
  private final Reporter reporter;
  private final RaftCounters counters;

  private long entriesSince;
  private long bytesSince;
  private boolean running;
  private List<CompletableFuture<LogPosition>> waiting = new ArrayList<>();

  /** What a replica asks of the host around it. */
  interface Reporter {
    /** Tells Ratis that a snapshot of this index is durable; may block. */
    void snapshotWritten(Replica replica, long index);

    /** Where snapshots are written: blocking allowed. */
    Executor writer();

    /** Makes the replica step down; does not block. */
    void stepDown(Replica replica, String reason);
  }

  Snapshots(
      Replica replica,
      RaftSettings settings,
      SnapshotFiles files,
      Reporter reporter,
      RaftCounters counters) {
    this.replica = replica;
    this.settings = settings;
    this.files = files;
    this.reporter = reporter;
    this.counters = counters;
  }

  Reporter reporter() {
    return reporter;
  }

  /** The machine has applied an entry of so many bytes; on the loop. */
  void applied(long bytes) {
    entriesSince++;
    bytesSince += bytes;
    if (!running
        && (entriesSince >= settings.snapshotEntries()
            || bytesSince >= Math.max(settings.snapshotLogBytes(), files.latestBytes()))) {
      begin();
    }
  }

  /** A snapshot of another replica has taken the place of our state; on Ratis' apply thread. */
  void installed() {
    counters.snapshotsInstalled.increment();
    replica.post(() -> {
      entriesSince = 0;
      bytesSince = 0;
    });
  }

  /**
   * Takes a snapshot now, or waits for the one under way; any thread.
   *
   * @return the position of a durable snapshot
   */
  CompletableFuture<LogPosition> request() {
    CompletableFuture<LogPosition> result = new CompletableFuture<>();
    boolean posted =
        replica.post(() -> {
          waiting.add(result);
          if (!running) {
            begin();
          }
        });
    if (!posted) {
      result.completeExceptionally(new IOException("the group is closed"));
    }
    return result;
  }

  private void begin() {
    LogPosition now = replica.lastApplied();
    if (now.index() < 0 || now.index() <= files.latestIndex()) {
      answer(new LogPosition(now.term(), files.latestIndex()), null);
      return;
    }
    entriesSince = 0;
    bytesSince = 0;
    SnapshotCut cut;
    try {
      cut = replica.beginSnapshot();
    } catch (Throwable t) {
      replica.stopFor("its machine threw when a snapshot began at entry " + now.index(), t);
      return;
    }
    running = true;
    try {
      reporter.writer().execute(() -> write(cut));
    } catch (RejectedExecutionException e) {
      cut.close();
      running = false;
      answer(null, new IOException("the node is stopping", e));
    }
  }

  private void write(SnapshotCut cut) {
    LogPosition written = null;
    Throwable failure = null;
    try {
      long began = System.nanoTime();
      written = files.write(cut);
      if (written == null) {
        failure = new IOException("overtaken by a snapshot from the leader");
      } else {
        counters.snapshotsTaken.increment();
        log.info(
            "group {}: snapshot at entry {} of term {}, {} bytes in {} ms",
            replica.group(),
            written.index(),
            written.term(),
            files.latestBytes(),
            (System.nanoTime() - began) / 1_000_000);
        reporter.snapshotWritten(replica, written.index());
      }
    } catch (IOException | RuntimeException e) {
      counters.snapshotsFailed.increment();
      log.error("group {}: no snapshot could be written at {}", replica.group(), cut.position(), e);
      failure = e;
    } catch (Error e) {
      replica.stopFor("writing a snapshot threw", e);
      failure = e;
    } finally {
      cut.close();
    }
    LogPosition position = written;
    Throwable why = failure;
    boolean posted =
        replica.post(() -> {
          running = false;
          answer(position, why);
        });
    if (!posted) {
      running = false;
    }
  }

  private void answer(@Nullable LogPosition written, @Nullable Throwable failure) {
    List<CompletableFuture<LogPosition>> asked = waiting;
    waiting = new ArrayList<>();
    for (CompletableFuture<LogPosition> each : asked) {
      if (written != null && failure == null) {
        each.complete(written);
      } else {
        each.completeExceptionally(failure == null ? new IOException("no snapshot") : failure);
      }
    }
  }

  void close() {
    replica.post(() -> answer(null, new IOException("the group is closing")));
  }
}
