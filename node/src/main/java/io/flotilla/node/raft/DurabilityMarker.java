package io.flotilla.node.raft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A small checksummed file beside a replica's log that says how far the log is known to be durable,
 * and in which term.
 *
 * <p>Raft counts on a voter to keep what it has acknowledged. A log file cannot show that its end
 * is missing: cut at an entry's boundary it reads as a shorter log, and Ratis accepts it; the voter
 * would then help to elect a leader that lacks acknowledged entries. The marker is the second
 * witness: a log that ends before it is refused at the next start, and so is a vote file of an
 * older term. It is written at most {@link #REFRESH_MILLIS} after the log has grown, so a cut
 * within that last moment of a crash stays unseen; a clean stop leaves no such gap.
 *
 * <p>It may only lag behind the log, never lead. The log shrinks when another leader's entries take
 * the place of ours: then {@link #lowerTo} comes first, and nothing raises the marker again until
 * Ratis has cut its files and set its own flushed index back.
 *
 * <pre>
 *   bytes  0  8  "FLOTDUR1"
 *          8  8  index: the log, or the snapshot before it, holds this entry; -1: none yet
 *         16  8  term: the vote file is of this term or a later one
 *         24  4  CRC-32C of the bytes before
 * </pre>
 *
 * <p>All methods may be called from any thread.
 */
final class DurabilityMarker {
  /**
   * How long the log may have grown without the marker: half of the second that ARCHITECTURE §6
   * allows.
   */
  static final long REFRESH_MILLIS = 500;

  private static final long MAGIC = 0x464C4F5444555231L;
  private static final int BYTES = 28;

  private final Path file;
  private @Nullable Mark written;
  private int cutsUnderWay;
  private boolean cutJustEnded;
  private boolean retired;

  /** What the marker says. */
  record Mark(long index, long term) {}

  DurabilityMarker(Path file) {
    this.file = file;
  }

  Path file() {
    return file;
  }

  /**
   * Reads what was written last.
   *
   * @return null where there is no file
   * @throws IOException if the file does not hold a whole marker
   */
  synchronized @Nullable Mark read() throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return null;
    }
    ByteBuffer b = ByteBuffer.wrap(bytes);
    if (bytes.length != BYTES || b.getLong(0) != MAGIC || b.getInt(24) != checksum(bytes)) {
      throw new IOException("the durability marker is damaged");
    }
    written = new Mark(b.getLong(8), b.getLong(16));
    return written;
  }

  /** Writes the first marker, before the replica may vote or append, unless there is one. */
  synchronized void begin() throws IOException {
    if (read() == null) {
      write(new Mark(-1, 0));
    }
  }

  /** Raises the marker to what is durable now; nothing while the log is being cut. */
  synchronized void raiseTo(long index, long term) throws IOException {
    if (cutsUnderWay > 0 || retired) {
      return;
    }
    if (cutJustEnded) {
      cutJustEnded = false;
      return;
    }
    Mark last = written;
    if (last == null || index > last.index || term > last.term) {
      write(
          new Mark(
              Math.max(index, last == null ? -1 : last.index),
              Math.max(term, last == null ? 0 : last.term)));
    }
  }

  /**
   * Lowers the marker before the log is cut behind {@code index}.
   *
   * @return what Ratis waits for once it has cut its files, before it sets its flushed index back;
   *     its {@code get} tells us so
   */
  synchronized CompletableFuture<Void> lowerTo(long index) {
    Mark last = written;
    if (last != null && index < last.index) {
      try {
        write(new Mark(index, last.term));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    cutsUnderWay++;
    return new CutEnd();
  }

  /** The group is being removed with its folder: nothing is written any more. */
  synchronized void retire() {
    retired = true;
  }

  private synchronized void cutEnded() {
    cutsUnderWay--;
    // Ratis sets its flushed index right after this call: the next refresh might still read the old
    // one.
    cutJustEnded = true;
  }

  private void write(Mark mark) throws IOException {
    byte[] bytes = new byte[BYTES];
    ByteBuffer b = ByteBuffer.wrap(bytes);
    b.putLong(0, MAGIC).putLong(8, mark.index).putLong(16, mark.term);
    b.putInt(24, checksum(bytes));
    Disk.replace(file, b);
    written = mark;
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, 24);
    return (int) crc.getValue();
  }

  /** Complete from the start; that somebody waits for it is the event. */
  private final class CutEnd extends CompletableFuture<Void> {
    private boolean seen;

    CutEnd() {
      complete(null);
    }

    @Override
    public Void get() throws InterruptedException, ExecutionException {
      if (!seen) {
        seen = true;
        cutEnded();
      }
      return super.get();
    }
  }
}
