package io.flotilla.node.raft;

import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.ReplicatedMachine.SnapshotCut;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.jspecify.annotations.Nullable;

/**
 * A replica's snapshot files: written in the background, checked as a whole before they are
 * believed, the newest two kept.
 *
 * <pre>
 *   file snapshot.&lt;term&gt;_&lt;index&gt;
 *   bytes  0  8  "FLOTSNP1"
 *          8  8  term of the last entry that it holds
 *         16  8  index of that entry
 *         24  n  what the machine wrote
 *     24 + n  8  n
 *     32 + n  4  CRC-32C of all bytes before
 *     36 + n  4  "FEND"
 * </pre>
 *
 * <p>A snapshot is written to a file outside the folder that Ratis swaps, fsynced, renamed into it,
 * the folder fsynced; only then does {@link #adopt} give its index to Ratis, which purges the log
 * up to there. A flipped bit and a lost tail both fail {@link #check}. On the way to a lagging
 * follower Ratis guards the file by the MD5 sum that we computed when it was written or checked.
 *
 * <p>While Ratis puts a received snapshot in place (between {@link #beginInstall} and {@link
 * #endInstall}) nothing of ours is renamed into the folder: a snapshot that was finished in that
 * moment is dropped.
 *
 * <p>All methods may be called from any thread; {@link #write} is called by one at a time.
 */
final class SnapshotFiles {
  /**
   * The newest, and the one before: if the newest fails its check, the older one and the log may
   * still make it good.
   */
  static final int RETAINED = 2;

  private static final long MAGIC = 0x464C4F54534E5031L;
  private static final int END = 0x46454E44;
  private static final int HEADER_BYTES = 24;
  private static final int TRAILER_BYTES = 16;

  /**
   * After so many bytes the file is forced to disk while it is written. Else the log's fsyncs would
   * wait behind one huge write when the file is forced at its end.
   */
  private static final long FORCE_EVERY_BYTES = 1024 * 1024;

  /** Buffers of reading and writing. */
  private static final int BUFFER_BYTES = 256 * 1024;

  private static final Pattern NAME = Pattern.compile("snapshot\\.(\\d+)_(\\d+)");

  private final Path folder;
  private final Path incoming;
  private final Path unfinished;

  /**
   * Read by Ratis for each request of a leader, so never behind a lock that is held during a write.
   */
  private volatile @Nullable SingleFileSnapshotInfo latest;

  private volatile @Nullable SingleFileSnapshotInfo written;
  private boolean installing;

  /** Takes a snapshot's content into the machine. */
  @FunctionalInterface
  interface Restorer {
    void restore(LogPosition position, InputStream content) throws IOException;
  }

  /** A snapshot file by its name, checked or not. */
  record Named(Path file, LogPosition position) {}

  SnapshotFiles(Path folder, Path incoming, Path unfinished) {
    this.folder = folder;
    this.incoming = incoming;
    this.unfinished = unfinished;
  }

  Path folder() {
    return folder;
  }

  /** Where Ratis gathers the pieces of a snapshot that it receives. */
  Path incomingFolder() {
    return incoming;
  }

  /** Where a snapshot stands while it is being written. */
  Path unfinished() {
    return unfinished;
  }

  /** The snapshot that this replica stands on, or null. */
  @Nullable SingleFileSnapshotInfo latest() {
    return latest;
  }

  /** The index of {@link #latest}, or -1. */
  long latestIndex() {
    SingleFileSnapshotInfo now = latest;
    return now == null ? -1 : now.getIndex();
  }

  /** The size of the newest file, in bytes; 0 where there is none. */
  long latestBytes() {
    SingleFileSnapshotInfo newest = written;
    if (newest == null) {
      newest = latest;
    }
    return newest == null ? 0 : newest.getFile().getFileSize();
  }

  // --------------------------------------------------------------------------------------------------------------------- write

  /**
   * Writes a cut.
   *
   * @return its position, or null if it was overtaken by an installed snapshot and dropped
   */
  @Nullable LogPosition write(SnapshotCut cut) throws IOException {
    LogPosition p = cut.position();
    MessageDigest md5 = md5();
    try {
      Files.createDirectories(Disk.parent(unfinished));
      try (FileChannel channel =
          FileChannel.open(
              unfinished,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        try (Sink sink = new Sink(channel, md5)) {
          sink.write(
              ByteBuffer.allocate(HEADER_BYTES)
                  .putLong(MAGIC)
                  .putLong(p.term())
                  .putLong(p.index())
                  .array());
          BufferedOutputStream buffered = new BufferedOutputStream(sink, BUFFER_BYTES);
          cut.writeTo(buffered);
          buffered.flush();
          sink.write(ByteBuffer.allocate(Long.BYTES).putLong(sink.bytes - HEADER_BYTES).array());
          int crc = (int) sink.crc.getValue();
          sink.write(ByteBuffer.allocate(2 * Integer.BYTES).putInt(crc).putInt(END).array());
          channel.force(true);
        }
      }
      return publish(p, MD5Hash.newInstance(md5.digest())) ? p : null;
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  private synchronized boolean publish(LogPosition p, MD5Hash sum) throws IOException {
    if (installing || p.index() <= latestIndex()) {
      return false;
    }
    Path file = folder.resolve("snapshot." + p.term() + "_" + p.index());
    Files.createDirectories(folder);
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    Disk.syncFolder(folder);
    written = new SingleFileSnapshotInfo(new FileInfo(file, sum), p.term(), p.index());
    return true;
  }

  /**
   * Makes the snapshot that was written last the one to stand on; called by Ratis when it is told
   * of it.
   */
  synchronized long adopt() {
    SingleFileSnapshotInfo newest = written;
    if (newest != null && newest.getIndex() > latestIndex()) {
      latest = newest;
    }
    written = null;
    return latestIndex();
  }

  /** Removes all but the newest {@link #RETAINED} files. */
  synchronized void removeOld() throws IOException {
    if (installing) {
      return;
    }
    List<Named> all = named();
    for (int i = RETAINED; i < all.size(); i++) {
      Files.deleteIfExists(all.get(i).file);
      Files.deleteIfExists(all.get(i).file.resolveSibling(all.get(i).file.getFileName() + ".md5"));
    }
  }

  // ------------------------------------------------------------------------------------------------------------------- install

  /**
   * A received snapshot is complete and about to replace the folder: makes it durable, which Ratis
   * does not.
   */
  synchronized void beginInstall() {
    installing = true;
    written = null;
    try {
      Disk.syncTree(incoming);
    } catch (IOException e) {
      throw new UncheckedIOException("a received snapshot cannot be made durable", e);
    }
  }

  /** Ratis has put the received snapshot in place. */
  synchronized void endInstall() throws IOException {
    Disk.syncFolder(folder);
    Disk.syncFolder(Disk.parent(folder));
    installing = false;
  }

  // ---------------------------------------------------------------------------------------------------------------------- read

  /** The snapshot files by name, newest first. */
  List<Named> named() throws IOException {
    List<Named> found = new ArrayList<>();
    for (Path file : Disk.list(folder)) {
      Matcher m = NAME.matcher(file.getFileName().toString());
      if (m.matches()) {
        found.add(
            new Named(
                file, new LogPosition(Long.parseLong(m.group(1)), Long.parseLong(m.group(2)))));
      }
    }
    found.sort(Comparator.comparingLong((Named n) -> n.position.index()).reversed());
    return found;
  }

  /**
   * Reads a whole file against its checksum, length and name.
   *
   * @return what Ratis needs to know to send it
   * @throws IOException if it is not what was written
   */
  static SingleFileSnapshotInfo check(Named snapshot) throws IOException {
    MessageDigest md5 = md5();
    CRC32C crc = new CRC32C();
    long size = Files.size(snapshot.file);
    if (size < HEADER_BYTES + TRAILER_BYTES) {
      throw new IOException("the file is too short for a snapshot: " + size + " bytes");
    }
    byte[] header;
    byte[] trailer;
    try (InputStream in =
        new BufferedInputStream(Files.newInputStream(snapshot.file), BUFFER_BYTES)) {
      header = in.readNBytes(HEADER_BYTES);
      crc.update(header);
      md5.update(header);
      byte[] buffer = new byte[BUFFER_BYTES];
      long left = size - HEADER_BYTES - TRAILER_BYTES;
      while (left > 0) {
        int n = in.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
        if (n == 0) {
          throw new IOException("the file ended while it was read");
        }
        crc.update(buffer, 0, n);
        md5.update(buffer, 0, n);
        left -= n;
      }
      trailer = in.readNBytes(TRAILER_BYTES);
    }
    crc.update(trailer, 0, Long.BYTES);
    md5.update(trailer);
    ByteBuffer h = ByteBuffer.wrap(header);
    ByteBuffer t = ByteBuffer.wrap(trailer);
    if (h.getLong(0) != MAGIC || trailer.length != TRAILER_BYTES || t.getInt(12) != END) {
      throw new IOException("the file is no whole snapshot");
    }
    if (t.getLong(0) != size - HEADER_BYTES - TRAILER_BYTES) {
      throw new IOException("the file has lost or gained bytes");
    }
    if (t.getInt(8) != (int) crc.getValue()) {
      throw new IOException("the checksum does not match");
    }
    if (h.getLong(8) != snapshot.position.term() || h.getLong(16) != snapshot.position.index()) {
      throw new IOException("the file was written under another name");
    }
    return new SingleFileSnapshotInfo(
        new FileInfo(snapshot.file, MD5Hash.newInstance(md5.digest())),
        snapshot.position.term(),
        snapshot.position.index());
  }

  /**
   * What a preflight has checked in this very start, so that {@link #load} need not read it again.
   */
  synchronized void believe(@Nullable SingleFileSnapshotInfo checked) {
    latest = checked;
  }

  /** Checks the newest file, then lets the machine take it; nothing where there is none. */
  void load(Restorer machine) throws IOException {
    List<Named> all = named();
    if (all.isEmpty()) {
      return;
    }
    Named newest = all.getFirst();
    SingleFileSnapshotInfo info = latest();
    if (info == null || !info.getFile().getPath().equals(newest.file)) {
      try {
        info = check(newest);
      } catch (IOException e) {
        throw new IOException(
            "snapshot " + newest.file + " cannot be trusted: " + e.getMessage(), e);
      }
    }
    long content = Files.size(newest.file) - HEADER_BYTES - TRAILER_BYTES;
    try (InputStream in =
        new BufferedInputStream(Files.newInputStream(newest.file), BUFFER_BYTES)) {
      in.skipNBytes(HEADER_BYTES);
      machine.restore(newest.position, new Bounded(in, content));
    }
    synchronized (this) {
      latest = info;
      written = null;
    }
  }

  private static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has MD5", e);
    }
  }

  /** Counts, sums up, and forces the file to disk every so often. */
  private static final class Sink extends FilterOutputStream {
    private final FileChannel channel;
    private final MessageDigest md5;
    private final CRC32C crc = new CRC32C();
    private long bytes;
    private long forced;

    Sink(FileChannel channel, MessageDigest md5) {
      super(Channels.newOutputStream(channel));
      this.channel = channel;
      this.md5 = md5;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] b, int offset, int length) throws IOException {
      out.write(b, offset, length);
      crc.update(b, offset, length);
      md5.update(b, offset, length);
      bytes += length;
      if (bytes - forced >= FORCE_EVERY_BYTES) {
        channel.force(false);
        forced = bytes;
      }
    }
  }

  /** The machine's part of a file: ends before the trailer. */
  private static final class Bounded extends InputStream {
    private final InputStream in;
    private long left;

    Bounded(InputStream in, long left) {
      this.in = in;
      this.left = left;
    }

    @Override
    public int read() throws IOException {
      if (left == 0) {
        return -1;
      }
      int b = in.read();
      if (b >= 0) {
        left--;
      }
      return b;
    }

    @Override
    public int read(byte[] b, int offset, int length) throws IOException {
      if (left == 0) {
        return length == 0 ? 0 : -1;
      }
      int n = in.read(b, offset, (int) Math.min(length, left));
      if (n > 0) {
        left -= n;
      }
      return n;
    }

    @Override
    public int available() throws IOException {
      return (int) Math.min(left, in.available());
    }
  }
}
