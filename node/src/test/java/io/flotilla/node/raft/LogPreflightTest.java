package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node refuses to start on a log that lost what was acknowledged, and starts where only the
 * unacknowledged is torn. The files are those that a real replica left behind; each test damages a
 * copy.
 */
@Tag("cluster")
class LogPreflightTest {
  private static final int ENTRIES = 300;

  private static Path original;
  private static GroupId group;

  @TempDir Path dir;
  private GroupFolder folder;

  /** One voter, three hundred entries of a kilobyte in several segments, stopped in order. */
  @BeforeAll
  static void writeALog(@TempDir Path where) throws IOException {
    RaftSettings small =
        RaftCluster.quick().withLog(64 * 1024, 128 * 1024, 64L << 20, 1_000_000, 0);
    try (RaftCluster cluster = RaftCluster.ofJournals(where, 1, small)) {
      group = cluster.createGroup();
      NodeId node = cluster.nodes().getFirst();
      for (int i = 0; i < ENTRIES - 1; i++) {
        cluster.propose(node, group, i + "x".repeat(1000));
      }
      cluster.write(group, "last");
      original = cluster.folder(node, group);
    }
  }

  @BeforeEach
  void copyIt() throws IOException {
    Path groups = dir.resolve("groups");
    try (Stream<Path> all = Files.walk(original)) {
      for (Path p : (Iterable<Path>) all::iterator) {
        Path to = groups.resolve(original.getFileName()).resolve(original.relativize(p).toString());
        if (Files.isDirectory(p)) {
          Files.createDirectories(to);
        } else {
          Files.copy(p, to);
        }
      }
    }
    folder = new GroupFolder(group, groups);
  }

  private void inspect() throws IOException {
    LogPreflight.inspect(folder, 64 * 1024);
  }

  private void refuses(String... words) {
    assertThatThrownBy(this::inspect)
        .isInstanceOf(UntrustedDataException.class)
        .hasMessageContaining(group.toString())
        .hasMessageContaining("flotilla node replace")
        .satisfies(e -> assertThat(e.getMessage()).contains(words));
  }

  private List<Path> segments() throws IOException {
    try (Stream<Path> all = Files.list(folder.log())) {
      return all.filter(p -> p.getFileName().toString().startsWith("log_"))
          .sorted(java.util.Comparator.comparingLong(LogPreflightTest::start))
          .toList();
    }
  }

  private static long start(Path segment) {
    return Long.parseLong(
        segment.getFileName().toString().replaceAll("log_(inprogress_)?(\\d+).*", "$2"));
  }

  private Path open() throws IOException {
    return segments().getLast();
  }

  /** Lets the marker say that less is durable, as it does within half a second after an entry. */
  private void markerSays(long index) throws IOException {
    DurabilityMarker.Mark now = java.util.Objects.requireNonNull(folder.marker().read());
    Files.delete(folder.marker().file());
    DurabilityMarker marker = new DurabilityMarker(folder.marker().file());
    marker.raiseTo(index, now.term());
  }

  private static void cut(Path file, long bytes) throws IOException {
    try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
      f.setLength(f.length() - bytes);
    }
  }

  private static void append(Path file, byte[] bytes) throws IOException {
    Files.write(file, bytes, java.nio.file.StandardOpenOption.APPEND);
  }

  private static void flip(Path file, long at) throws IOException {
    try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
      f.seek(at);
      int b = f.read();
      f.seek(at);
      f.write(b ^ 16);
    }
  }

  /** The record of the last entry: "last" in a small envelope. */
  private byte[] lastRecord() throws IOException {
    byte[] all = Files.readAllBytes(open());
    int at = 8;
    int begin = at;
    while (at < all.length) {
      begin = at;
      int length = all[at] & 0x7F;
      int prefix = 1;
      if (all[at] < 0) {
        length |= all[at + 1] << 7;
        prefix = 2;
      }
      at += prefix + length + 4;
    }
    return java.util.Arrays.copyOfRange(all, begin, all.length);
  }

  @Test
  void aWholeLogPassesAndIsLeftAsItIs() throws IOException {
    byte[] before = Files.readAllBytes(open());
    assertThat(segments()).hasSizeGreaterThan(2);
    inspect();
    assertThat(Files.readAllBytes(open())).isEqualTo(before);
  }

  @Test
  void zerosBehindTheLastRecordAreTheRoomThatWasMadeAhead() throws IOException {
    append(open(), new byte[5000]);
    inspect();
  }

  /** The case that neither Ratis nor any look at the log alone can see. */
  @Test
  void aLogCutAtAnEntrysBoundaryIsRefused() throws IOException {
    cut(open(), lastRecord().length);
    refuses(open().getFileName().toString(), "ends at entry " + (ENTRIES - 1), "up to " + ENTRIES);
  }

  @Test
  void aLogWithoutItsLastSegmentIsRefused() throws IOException {
    Files.delete(open());
    refuses("the log ends at entry");
  }

  @Test
  void aLogCutInsideADurableRecordIsRefused() throws IOException {
    cut(open(), 3);
    refuses("was durable");
  }

  @Test
  void aTornRecordThatWasNeverAcknowledgedIsCutOff() throws IOException {
    markerSays(ENTRIES - 1);
    byte[] record = lastRecord();
    long good = Files.size(open()) - record.length;
    // One record in 256 ends in a zero, as its checksum has it: without that byte it is whole, for
    // zeros follow.
    int needed = record.length;
    while (record[needed - 1] == 0) {
      needed--;
    }
    for (int kept = 1; kept < needed; kept++) {
      Files.write(open(), java.util.Arrays.copyOf(Files.readAllBytes(open()), (int) good));
      append(open(), java.util.Arrays.copyOf(record, kept));
      append(open(), new byte[4096]);
      inspect();
      assertThat(Files.size(open()))
          .as("cut to the good records when %d bytes were left", kept)
          .isEqualTo(good);
    }
  }

  @Test
  void aDamagedRecordWithOthersBehindItIsRefusedEvenBeyondTheMarker() throws IOException {
    markerSays(1);
    flip(open(), 30);
    refuses("is damaged", "other bytes stand behind it");
  }

  @Test
  void aFlippedBitIsRefusedWhereverItIs() throws IOException {
    for (Path segment : segments()) {
      long size = Files.size(segment);
      for (long at = 0; at < size; at += Math.max(1, size / 40)) {
        flip(segment, at);
        refuses(segment.getFileName().toString());
        flip(segment, at);
      }
    }
    inspect();
  }

  @Test
  void aMissingSegmentInTheMiddleIsRefused() throws IOException {
    Files.delete(segments().get(1));
    refuses("does not follow");
  }

  @Test
  void aMissingFirstSegmentIsRefusedWithoutASnapshot() throws IOException {
    Files.delete(segments().getFirst());
    refuses("the log begins at entry");
  }

  /** Ratis purges the newest purgeable segment first. */
  @Test
  void anInterruptedPurgeIsFinished() throws IOException {
    long end = start(segments().get(2)) - 1;
    JournalCut.write(folder.snapshots(), new io.flotilla.node.proposal.LogPosition(1, end), "");
    Path older = segments().getFirst();
    Files.delete(segments().get(1));
    inspect();
    assertThat(older).doesNotExist();
    assertThat(segments().getFirst()).satisfies(s -> assertThat(start(s)).isEqualTo(end + 1));
  }

  @Test
  void aMissingVoteIsRefused() throws IOException {
    Files.delete(folder.votes());
    refuses("term and vote is missing");
  }

  @Test
  void anOlderVoteIsRefused() throws IOException {
    Files.writeString(folder.votes(), "term=0\nvotedFor=\n");
    refuses("it is of term 0");
  }

  /** Ratis puts an empty file in the place of the vote when the disk is full. */
  @Test
  void aVoteThatAFullDiskEmptiedIsPutBack() throws IOException {
    folder.keptVote().keep();
    byte[] told = Files.readAllBytes(folder.votes());
    putEmptyVote();
    inspect();
    assertThat(Files.readAllBytes(folder.votes())).isEqualTo(told);
  }

  @Test
  void anEmptyVoteIsRefusedWhereNoneIsKept() throws IOException {
    putEmptyVote();
    refuses("term and vote cannot be read");
  }

  @Test
  void aKeptVoteThatIsOlderThanTheLogIsRefused() throws IOException {
    Files.writeString(folder.votes(), "term=0\nvotedFor=\n");
    folder.keptVote().keep();
    putEmptyVote();
    refuses("it is of term 0");
  }

  private void putEmptyVote() throws IOException {
    Path empty = Files.createFile(dir.resolve("empty"));
    Files.move(empty, folder.votes(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void aDamagedMarkerIsRefused() throws IOException {
    flip(folder.marker().file(), 10);
    refuses("the durability marker is damaged");
  }

  @Test
  void aMissingMarkerIsRefusedBesideALog() throws IOException {
    Files.delete(folder.marker().file());
    refuses("the durability marker is missing");
  }

  @Test
  void aForeignFileAmongTheSegmentsIsRefused() throws IOException {
    Files.writeString(folder.log().resolve("log_0-5.orig"), "x");
    refuses("foreign");
  }

  @Test
  void aGroupWhoseMakingWasInterruptedIsNotRefused() throws IOException {
    Disk.removeTree(folder.root());
    inspect();
    folder.create();
    inspect();
  }

  @Test
  void aLogWithLargerEntriesThanAllowedSaysSo() {
    assertThatThrownBy(() -> LogPreflight.inspect(folder, 500))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(UntrustedDataException.class)
        .hasMessageContaining("entry-bytes-max");
  }

  @Test
  void theHostRefusesToOpenAndChangesNothing() throws IOException {
    cut(open(), lastRecord().length);
    byte[] before = Files.readAllBytes(open());
    assertThatThrownBy(() ->
            RaftHost.open(
                new NodeId("a".repeat(40)),
                "127.0.0.1",
                RaftCluster.freePort(),
                dir,
                RaftCluster.quick().withTransport(RaftSettings.Transport.GRPC),
                null,
                (g, log, loop) -> new JournalMachine(log, loop),
                (why, cause) -> {
                  throw new AssertionError(why);
                }))
        .isInstanceOf(UntrustedDataException.class);
    assertThat(Files.readAllBytes(open())).isEqualTo(before);
  }
}
