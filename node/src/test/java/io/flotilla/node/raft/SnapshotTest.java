package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A replica's snapshot stands for the log before it: on restart, after a purge, and on a follower
 * that lags behind the purge.
 */
@Tag("cluster")
class SnapshotTest {
  /** A kilobyte, so that a few hundred entries fill several of the test's small log files. */
  private static final String FILLER = "x".repeat(1000);

  @TempDir Path dir;

  @Test
  void aSnapshotDoesNotHoldUpApply() throws Exception {
    try (RaftCluster cluster = RaftCluster.ofJournals(dir, 1, RaftCluster.quick())) {
      GroupId group = cluster.createGroup();
      NodeId node = cluster.nodes().getFirst();
      LogPosition cut = cluster.write(group, "before");
      CountDownLatch gate = new CountDownLatch(1);
      cluster.journal(node, group).holdSnapshotsUntil(gate);
      CompletableFuture<LogPosition> taken = cluster.host(node).takeSnapshot(group);
      cluster.write(group, "while it is written");
      assertThat(taken).isNotDone();
      assertThat(Objects.requireNonNull(cluster.host(node).status(group)).snapshot()).isEqualTo(-1);
      gate.countDown();
      assertThat(taken.join()).isEqualTo(cut);

      cluster.stop(node);
      cluster.start(node);
      LogPosition after = cluster.write(group, "after");
      cluster.awaitApplied(node, group, after.index());
      assertThat(cluster.journal(node, group).restored()).isEqualTo(1);
      assertThat(cluster.journal(node, group).entries())
          .containsExactly("before", "while it is written", "after");
      assertThat(cluster.journal(node, group).faults()).isEmpty();
    }
  }

  @Test
  void aFollowerBehindThePurgedLogInstallsTheSnapshotAndGoesOn() throws Exception {
    try (RaftCluster cluster = RaftCluster.ofJournals(dir, 3, RaftCluster.quick())) {
      GroupId group = cluster.createGroup();
      NodeId leader = cluster.leader(group);
      NodeId lagging = cluster.others(leader).getFirst();
      cluster.write(group, "before");
      cluster.stop(lagging);
      NodeId writer = cluster.leader(group);
      for (int i = 0; i < 900; i++) {
        cluster.propose(writer, group, i + FILLER);
      }
      LogPosition last = cluster.write(group, "last");
      for (NodeId node :
          List.of(cluster.nodes().get(0), cluster.nodes().get(1), cluster.nodes().get(2))) {
        if (!node.equals(lagging)) {
          cluster.awaitApplied(node, group, last.index());
          cluster.host(node).takeSnapshot(group).join();
          await("a purged log")
              .atMost(RaftCluster.PATIENCE)
              .until(() -> Objects.requireNonNull(cluster.host(node).status(group)).logFirst() > 2);
        }
      }
      cluster.start(lagging);
      cluster.awaitApplied(lagging, group, last.index());
      LogPosition after = cluster.write(group, "after");
      cluster.awaitApplied(lagging, group, after.index());
      assertThat(cluster.host(lagging).counters().snapshotsInstalled.sum()).isEqualTo(1);
      assertThat(cluster.journal(lagging, group).entries())
          .isEqualTo(cluster.journal(cluster.leader(group), group).entries());
      assertThat(cluster.journal(lagging, group).faults()).isEmpty();
      assertThat(cluster.halts()).isEmpty();

      // What was installed is a snapshot like any other: the node starts on it again.
      cluster.stop(lagging);
      cluster.start(lagging);
      LogPosition end = cluster.write(group, "end");
      cluster.awaitApplied(lagging, group, end.index());
      assertThat(cluster.journal(lagging, group).entries()).endsWith("last", "after", "end");
    }
  }

  @Test
  void snapshotsComeByThemselvesAsTheLogGrowsAndOldOnesGo() throws Exception {
    RaftSettings often =
        RaftCluster.quick().withLog(64 * 1024, 256 * 1024, 64 * 1024, 1_000_000, 0);
    try (RaftCluster cluster = RaftCluster.ofJournals(dir, 1, often)) {
      GroupId group = cluster.createGroup();
      NodeId node = cluster.nodes().getFirst();
      int written = 0;
      while (cluster.host(node).counters().snapshotsTaken.sum() < 4) {
        cluster.write(group, written++ + FILLER);
        assertThat(written)
            .as("entries of a kilobyte until four snapshots were taken")
            .isLessThan(20_000);
      }
      await("two snapshots")
          .atMost(RaftCluster.PATIENCE)
          .until(() -> snapshots(cluster.folder(node, group)).size() == SnapshotFiles.RETAINED);
      Path spent = cluster.folder(node, group).resolve("flotilla").resolve("spent");
      assertThat(spent).as("where segments have their second names").isDirectory();
      await("a purged log, and no spent segment under either name")
          .atMost(RaftCluster.PATIENCE)
          .until(() ->
              Objects.requireNonNull(cluster.host(node).status(group)).logFirst() > 2
                  && Disk.list(spent).isEmpty());
      assertThat(cluster.journal(node, group).entries()).hasSize(written);
    }
  }

  @Test
  void aSnapshotWithAFlippedBitIsRefusedWhenTheLogNoLongerReachesBack() throws Exception {
    try (RaftCluster cluster = RaftCluster.ofJournals(dir, 1, RaftCluster.quick())) {
      GroupId group = cluster.createGroup();
      NodeId node = cluster.nodes().getFirst();
      for (int i = 0; i < 600; i++) {
        cluster.propose(node, group, i + FILLER);
      }
      cluster.write(group, "last");
      cluster.host(node).takeSnapshot(group).join();
      await("a purged log")
          .atMost(RaftCluster.PATIENCE)
          .until(() -> Objects.requireNonNull(cluster.host(node).status(group)).logFirst() > 1);
      cluster.stop(node);
      Path snapshot = snapshots(cluster.folder(node, group)).getFirst();
      flipBit(snapshot, Files.size(snapshot) / 2);
      assertThatThrownBy(() -> cluster.start(node))
          .isInstanceOf(UntrustedDataException.class)
          .hasMessageContaining(group.toString())
          .hasMessageContaining(snapshot.getFileName().toString())
          .hasMessageContaining("checksum")
          .hasMessageContaining("flotilla node replace");
      // Nothing was changed: with the bit back the node starts.
      flipBit(snapshot, Files.size(snapshot) / 2);
      cluster.start(node);
      cluster.write(group, "again");
      assertThat(cluster.journal(node, group).entries()).hasSize(602).endsWith("last", "again");
    }
  }

  @Test
  void aSnapshotWithAFlippedBitIsSetAsideWhenTheOneBeforeAndTheLogAreWhole() throws Exception {
    RaftSettings preserving =
        RaftCluster.quick().withLog(64 * 1024, 256 * 1024, 64L << 20, 1_000_000, 10_000);
    try (RaftCluster cluster = RaftCluster.ofJournals(dir, 1, preserving)) {
      GroupId group = cluster.createGroup();
      NodeId node = cluster.nodes().getFirst();
      cluster.write(group, "a");
      cluster.host(node).takeSnapshot(group).join();
      cluster.write(group, "b");
      LogPosition second = cluster.host(node).takeSnapshot(group).join();
      cluster.stop(node);
      List<Path> files = snapshots(cluster.folder(node, group));
      assertThat(files).hasSize(2);
      Path newest =
          files.stream()
              .filter(f -> f.toString().endsWith("_" + second.index()))
              .findFirst()
              .orElseThrow();
      flipBit(newest, Files.size(newest) - 20);
      cluster.start(node);
      cluster.write(group, "c");
      assertThat(cluster.journal(node, group).entries()).containsExactly("a", "b", "c");
      assertThat(newest.resolveSibling(newest.getFileName() + ".damaged")).exists();
    }
  }

  @Test
  void aTruncatedSnapshotIsRefused() throws Exception {
    SnapshotFiles files =
        new SnapshotFiles(dir.resolve("sm"), dir.resolve("tmp"), dir.resolve("new"));
    JournalCut.write(files, new LogPosition(3, 7), "one\ntwo\n");
    SnapshotFiles.Named named = files.named().getFirst();
    assertThat(SnapshotFiles.check(named).getIndex()).isEqualTo(7);
    byte[] whole = Files.readAllBytes(named.file());
    for (int length = 0; length < whole.length; length++) {
      Files.write(named.file(), java.util.Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> SnapshotFiles.check(named))
          .as("cut to %d bytes", length)
          .isInstanceOf(IOException.class);
    }
    for (int bit = 0; bit < whole.length * 8; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      Files.write(named.file(), flipped);
      assertThatThrownBy(() -> SnapshotFiles.check(named))
          .as("bit %d flipped", bit)
          .isInstanceOf(IOException.class);
    }
  }

  private static List<Path> snapshots(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder.resolve("sm"))) {
      return all.filter(p -> p.getFileName().toString().matches("snapshot\\.\\d+_\\d+"))
          .sorted()
          .toList();
    }
  }

  private static void flipBit(Path file, long at) throws IOException {
    try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
      f.seek(at);
      int b = f.read();
      f.seek(at);
      f.write(b ^ 4);
    }
  }
}
