package io.flotilla.node.raft;

import io.flotilla.node.proposal.GroupId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.CodedInputStream;
import org.apache.ratis.thirdparty.com.google.protobuf.WireFormat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The inspection of a replica's files before Ratis opens them: what was acknowledged must be there,
 * or the node refuses.
 *
 * <p>Ratis' own reading is no proof. It takes a log that was cut at an entry's boundary for a
 * shorter log, ignores a last record that ends with the file, formats a folder without a vote file
 * if that folder is empty, and for a torn record it offers to throw or to cut whatever follows.
 * Raft counts on each voter to keep what it has acknowledged, so here:
 *
 * <table>
 *   <caption>What is found, and what follows</caption>
 *   <tr><td>a whole chain of records up to the {@link DurabilityMarker} or beyond</td><td>start</td></tr>
 *   <tr><td>at the end of the last segment a bad record, beyond the marker, with only zeros behind</td>
 *       <td>it was being written when the process or the machine died, and nobody was told of it: cut it</td></tr>
 *   <tr><td>the log ends before the marker</td><td>refuse</td></tr>
 *   <tr><td>any other bad record, gap, or foreign bytes</td><td>refuse</td></tr>
 *   <tr><td>the vote file is empty, and a {@link KeptVote} is there</td><td>put it back</td></tr>
 *   <tr><td>the vote file is missing, unreadable or of an older term than the marker's</td><td>refuse: a vote may be forgotten</td></tr>
 *   <tr><td>the newest snapshot fails its check, the one before does not, and the log reaches back to it</td>
 *       <td>set the bad one aside</td></tr>
 *   <tr><td>the newest snapshot fails its check otherwise</td><td>refuse</td></tr>
 *   <tr><td>segments before a gap that a snapshot covers (a purge or an install was interrupted)</td><td>remove them</td></tr>
 * </table>
 *
 * <p>A segment is the header {@code RaftLog1}, then records: a varint length, a protobuf entry, a
 * CRC-32C of both; the open one is filled up with zeros. A record torn by a loss of power, whose
 * later pages reached the disk while an earlier did not, has foreign bytes behind zeros and is
 * refused: it cannot be told from damage.
 */
final class LogPreflight {
  private static final Logger log = LoggerFactory.getLogger(LogPreflight.class);

  private static final byte[] HEADER = {'R', 'a', 'f', 't', 'L', 'o', 'g', '1'};
  private static final Pattern CLOSED = Pattern.compile("log_(\\d+)-(\\d+)");
  private static final Pattern OPEN = Pattern.compile("log_inprogress_(\\d+)");

  /** The longest varint of a 32-bit length. */
  private static final int LENGTH_BYTES_MAX = 5;

  private static final int CHECKSUM_BYTES = 4;

  /** The number of the field that holds the index in Ratis' log entry. */
  private static final int INDEX_FIELD = 2;

  private final GroupFolder folder;
  private final GroupId group;
  private final int recordBytesMax;

  /** The largest record that a node may ever have written, whatever its settings were then. */
  private static final int RECORD_BYTES_EVER =
      RaftSettings.ENTRY_BYTES_MOST + RatisSettings.ENTRY_ENVELOPE_BYTES;

  private record Segment(Path file, long first, long last, boolean open) {}

  private LogPreflight(GroupFolder folder, int recordBytesMax) {
    this.folder = folder;
    this.group = folder.group();
    this.recordBytesMax = recordBytesMax;
  }

  /**
   * Inspects a replica's folder, mends what may be mended, and refuses the rest.
   *
   * @param entryBytesMax the largest entry that the log may hold
   * @throws UntrustedDataException if the replica must not start
   */
  static void inspect(GroupFolder folder, int entryBytesMax) throws IOException {
    new LogPreflight(folder, entryBytesMax + RatisSettings.ENTRY_ENVELOPE_BYTES).inspect();
  }

  private void inspect() throws IOException {
    if (!Files.isDirectory(folder.root())) {
      return;
    }
    DurabilityMarker.Mark mark = readMark();
    List<Segment> segments = segments();
    if (mark == null) {
      if (!segments.isEmpty()) {
        throw refuse(
            folder.marker().file(),
            "the durability marker is missing beside a log that has entries");
      }
      return; // Ratis made the folder, and the process died before the replica could vote or
      // append.
    }
    inspectVotes(mark);
    finishInterruptedInstall();
    Files.deleteIfExists(folder.snapshots().unfinished());
    folder.spentSegments().clear();
    Disk.removeTree(folder.snapshots().incomingFolder());

    SingleFileSnapshotInfo snapshot = chooseSnapshot(segments);
    long covered = snapshot == null ? -1 : snapshot.getIndex();
    segments = withoutInterruptedPurge(segments, covered);
    if (!segments.isEmpty() && segments.getFirst().first > covered + 1) {
      throw refuse(
          segments.getFirst().file,
          "the log begins at entry "
              + segments.getFirst().first
              + ", but the snapshot before it ends at "
              + covered);
    }
    long end = covered;
    for (int i = 0; i < segments.size(); i++) {
      end = Math.max(end, inspectSegment(segments.get(i), i == segments.size() - 1, mark));
    }
    if (end < mark.index()) {
      throw refuse(
          segments.isEmpty() ? folder.log() : segments.getLast().file,
          "the log ends at entry "
              + end
              + ", but entries up to "
              + mark.index()
              + " were durable and may have been acknowledged");
    }
    folder.snapshots().believe(snapshot);
  }

  // ----------------------------------------------------------------------------------------------------------- marker and votes

  private DurabilityMarker.@Nullable Mark readMark() throws IOException {
    try {
      return folder.marker().read();
    } catch (IOException e) {
      throw refuse(folder.marker().file(), e.getMessage());
    }
  }

  private void inspectVotes(DurabilityMarker.Mark mark) throws IOException {
    if (!Files.exists(folder.votes())) {
      throw refuse(folder.votes(), "the file with this replica's term and vote is missing");
    }
    if (folder.keptVote().restore()) {
      log.warn(
          "group {}: {} was empty, as a full disk leaves it: the term and the vote that this replica last told of are put back",
          group,
          folder.votes());
    }
    byte[] votes = Files.readAllBytes(folder.votes());
    long term;
    try {
      term = KeptVote.Vote.parse(votes).term();
    } catch (IOException e) {
      throw refuse(folder.votes(), e.getMessage());
    }
    if (term < mark.term()) {
      throw refuse(
          folder.votes(),
          "it is of term " + term + ", but this replica has known term " + mark.term());
    }
  }

  // ------------------------------------------------------------------------------------------------------------------ snapshots

  /**
   * Ratis swaps a received snapshot in by two renames; a death between them leaves the old folder
   * under its temporary name.
   */
  private void finishInterruptedInstall() throws IOException {
    Path sm = folder.snapshots().folder();
    List<Path> aside = new ArrayList<>();
    for (Path p : Disk.list(folder.root())) {
      if (p.getFileName().toString().startsWith(sm.getFileName() + ".tmp")) {
        aside.add(p);
      }
    }
    if (!Files.exists(sm) && aside.size() == 1) {
      log.warn(
          "group {}: takes back {}: a snapshot's arrival was interrupted", group, aside.getFirst());
      Files.move(aside.getFirst(), sm, StandardCopyOption.ATOMIC_MOVE);
      Disk.syncFolder(folder.root());
    } else if (Files.exists(sm)) {
      for (Path p : aside) {
        Disk.removeTree(p);
      }
    }
  }

  private @Nullable SingleFileSnapshotInfo chooseSnapshot(List<Segment> segments)
      throws IOException {
    List<SnapshotFiles.Named> all = folder.snapshots().named();
    if (all.isEmpty()) {
      return null;
    }
    SnapshotFiles.Named newest = all.getFirst();
    String damage;
    try {
      return SnapshotFiles.check(newest);
    } catch (IOException e) {
      damage = e.getMessage();
    }
    if (all.size() > 1) {
      SnapshotFiles.Named older = all.get(1);
      boolean logReachesBack =
          !segments.isEmpty()
              && segments.getFirst().first <= older.position().index() + 1
              && isChain(segments)
              && (segments.getLast().open || segments.getLast().last >= newest.position().index());
      if (logReachesBack) {
        SingleFileSnapshotInfo good;
        try {
          good = SnapshotFiles.check(older);
        } catch (IOException e) {
          throw refuse(
              newest.file(),
              "the snapshot cannot be trusted ("
                  + damage
                  + "), nor can the one before it ("
                  + e.getMessage()
                  + ")");
        }
        Path aside = newest.file().resolveSibling(newest.file().getFileName() + ".damaged");
        log.warn(
            "group {}: {}: {}; set aside, the snapshot before it and the log are whole",
            group,
            newest.file(),
            damage);
        Files.move(
            newest.file(),
            aside,
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
        Disk.syncFolder(folder.snapshots().folder());
        return good;
      }
    }
    throw refuse(
        newest.file(),
        "the snapshot cannot be trusted ("
            + damage
            + "), and the log does not reach back before it");
  }

  // ------------------------------------------------------------------------------------------------------------------------ log

  private List<Segment> segments() throws IOException {
    List<Segment> found = new ArrayList<>();
    for (Path file : Disk.list(folder.log())) {
      String name = file.getFileName().toString();
      Matcher closed = CLOSED.matcher(name);
      Matcher open = OPEN.matcher(name);
      if (closed.matches()) {
        found.add(
            new Segment(
                file, Long.parseLong(closed.group(1)), Long.parseLong(closed.group(2)), false));
      } else if (open.matches()) {
        if (Files.size(file) > 0) {
          found.add(new Segment(file, Long.parseLong(open.group(1)), Long.MAX_VALUE, true));
        }
      } else if (name.startsWith("log_")) {
        throw refuse(file, "a foreign file stands among the segments of the log");
      }
    }
    found.sort(Comparator.comparingLong(Segment::first));
    return found;
  }

  private static boolean isChain(List<Segment> segments) {
    for (int i = 1; i < segments.size(); i++) {
      if (segments.get(i).first != segments.get(i - 1).last + 1) {
        return false;
      }
    }
    return true;
  }

  /**
   * Ratis removes purged segments newest first: a death in between leaves older ones behind a gap,
   * all under the snapshot.
   */
  private List<Segment> withoutInterruptedPurge(List<Segment> segments, long covered)
      throws IOException {
    int keepFrom = 0;
    for (int i = 1; i < segments.size(); i++) {
      Segment before = segments.get(i - 1);
      Segment after = segments.get(i);
      if (before.last != Long.MAX_VALUE && after.first == before.last + 1) {
        continue;
      }
      if (before.open || after.first <= before.last || after.first > covered + 1) {
        throw refuse(after.file, "it does not follow " + before.file.getFileName());
      }
      keepFrom = i;
    }
    for (Segment s : segments.subList(0, keepFrom)) {
      log.warn(
          "group {}: removes {}: the snapshot holds its entries, and its successor is gone",
          group,
          s.file);
      Files.delete(s.file);
    }
    if (keepFrom > 0) {
      Disk.syncFolder(folder.log());
    }
    return segments.subList(keepFrom, segments.size());
  }

  /**
   * Reads a segment record by record.
   *
   * @return the index of its last entry
   */
  private long inspectSegment(Segment s, boolean last, DurabilityMarker.Mark mark)
      throws IOException {
    long good;
    long next = s.first;
    long size;
    boolean torn;
    try (FileChannel channel = FileChannel.open(s.file, StandardOpenOption.READ)) {
      size = channel.size();
      ByteBuffer b = channel.map(FileChannel.MapMode.READ_ONLY, 0, size);
      if (!startsWithHeader(b)) {
        if (last && s.open && next > mark.index() && isTornHeader(b)) {
          log.warn(
              "group {}: removes {}: it was being created when the process died", group, s.file);
          Files.delete(s.file);
          Disk.syncFolder(folder.log());
          return s.first - 1;
        }
        throw refuse(s.file, "it does not begin as a segment of the log");
      }
      int at = HEADER.length;
      while (true) {
        int end = recordEnd(b, at, next);
        if (end < 0) {
          break;
        }
        if (end - at > recordBytesMax + LENGTH_BYTES_MAX + CHECKSUM_BYTES) {
          throw new IOException(
              "group "
                  + group
                  + ": "
                  + s.file
                  + ": entry "
                  + next
                  + " has "
                  + (end - at)
                  + " bytes: entry-bytes-max was larger when it was written, and must not be lowered");
        }
        at = end;
        next++;
      }
      good = at;
      torn = inspectTail(s, b, at, next, last, mark);
    }
    long end = next - 1;
    if (!s.open && end != s.last) {
      throw refuse(
          s.file,
          "its name says that it ends at entry "
              + s.last
              + ", but entry "
              + next
              + " is missing or damaged");
    }
    if (torn) {
      log.warn(
          "group {}: cuts {} from {} to {} bytes: entry {} was being written when the process died, and was never acknowledged",
          group,
          s.file,
          size,
          good,
          next);
      try (FileChannel channel = FileChannel.open(s.file, StandardOpenOption.WRITE)) {
        channel.truncate(good);
        channel.force(true);
      }
    }
    return end;
  }

  /**
   * Judges what stands behind the last good record.
   *
   * @return whether it is a torn record that may be cut
   */
  private boolean inspectTail(
      Segment s, ByteBuffer b, int at, long next, boolean last, DurabilityMarker.Mark mark)
      throws IOException {
    if (onlyZeros(b, at)) {
      return false;
    }
    boolean mayBeTorn = last && s.open && next > mark.index();
    if (mayBeTorn && b.get(at) != 0 && onlyZeros(b, Math.min(b.limit(), claimedEnd(b, at)))) {
      return true;
    }
    throw refuse(
        s.file,
        next <= mark.index()
            ? "entry " + next + ", at byte " + at + ", is damaged, and was durable"
            : "entry "
                + next
                + ", at byte "
                + at
                + ", is damaged, and other bytes stand behind it");
  }

  /** The end of the record at {@code at} if it is whole and is entry {@code index}, else -1. */
  private int recordEnd(ByteBuffer b, int at, long index) {
    if (at >= b.limit() || b.get(at) == 0) {
      return -1;
    }
    int length = length(b, at);
    int body = at + lengthBytes(b, at);
    if (length < 0
        || length > RECORD_BYTES_EVER
        || (long) body + length + CHECKSUM_BYTES > b.limit()) {
      return -1;
    }
    CRC32C crc = new CRC32C();
    crc.update(b.slice(at, body - at + length));
    if ((int) crc.getValue() != b.getInt(body + length)) {
      return -1;
    }
    return indexOf(b.slice(body, length)) == index ? body + length + CHECKSUM_BYTES : -1;
  }

  /** Where the record at {@code at} says that it ends, however damaged. */
  private int claimedEnd(ByteBuffer b, int at) {
    int length = length(b, at);
    if (length < 0 || length > RECORD_BYTES_EVER) {
      return at + 1;
    }
    return (int) Math.min(b.limit(), (long) at + lengthBytes(b, at) + length + CHECKSUM_BYTES);
  }

  /** The varint at {@code at}; -1 if it does not end. */
  private static int length(ByteBuffer b, int at) {
    int value = 0;
    for (int i = 0; i < LENGTH_BYTES_MAX && at + i < b.limit(); i++) {
      byte next = b.get(at + i);
      value |= (next & 0x7F) << (7 * i);
      if (next >= 0) {
        return value;
      }
    }
    return -1;
  }

  private static int lengthBytes(ByteBuffer b, int at) {
    int n = 1;
    while (n < LENGTH_BYTES_MAX && at + n <= b.limit() && b.get(at + n - 1) < 0) {
      n++;
    }
    return n;
  }

  /** The index in an entry's protobuf; -1 if it has none. Proto3 leaves a zero out. */
  private static long indexOf(ByteBuffer entry) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(entry);
      long index = 0;
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) == INDEX_FIELD) {
          index = in.readUInt64();
        } else if (WireFormat.getTagFieldNumber(tag) > INDEX_FIELD) {
          break; // Fields are written in the order of their numbers: the body follows.
        } else {
          in.skipField(tag);
        }
      }
      return index;
    } catch (IOException e) {
      return -1;
    }
  }

  private static boolean startsWithHeader(ByteBuffer b) {
    return b.limit() >= HEADER.length && b.slice(0, HEADER.length).equals(ByteBuffer.wrap(HEADER));
  }

  /** Some bytes of the header, and only zeros behind. */
  private static boolean isTornHeader(ByteBuffer b) {
    int i = 0;
    while (i < b.limit() && i < HEADER.length && b.get(i) == HEADER[i]) {
      i++;
    }
    return onlyZeros(b, i);
  }

  private static boolean onlyZeros(ByteBuffer b, int from) {
    int i = from;
    for (; i + Long.BYTES <= b.limit(); i += Long.BYTES) {
      if (b.getLong(i) != 0) {
        return false;
      }
    }
    for (; i < b.limit(); i++) {
      if (b.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private UntrustedDataException refuse(Path file, @Nullable String what) {
    return new UntrustedDataException(group, file, what == null ? "it cannot be read" : what);
  }
}
