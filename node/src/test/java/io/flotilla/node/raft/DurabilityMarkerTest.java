package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The marker may lag behind the log, but never lead it: a marker that leads would keep a healthy
 * node from starting.
 */
class DurabilityMarkerTest {
  @TempDir Path dir;
  private DurabilityMarker marker;

  @BeforeEach
  void open() throws IOException {
    marker = new DurabilityMarker(dir.resolve("durable"));
    marker.begin();
  }

  private DurabilityMarker.Mark onDisk() throws IOException {
    DurabilityMarker.Mark mark = new DurabilityMarker(dir.resolve("durable")).read();
    return java.util.Objects.requireNonNull(mark);
  }

  @Test
  void itBeginsBeforeTheFirstEntryAndOnlyRises() throws IOException {
    assertThat(onDisk()).isEqualTo(new DurabilityMarker.Mark(-1, 0));
    marker.raiseTo(10, 2);
    marker.raiseTo(7, 1);
    assertThat(onDisk()).isEqualTo(new DurabilityMarker.Mark(10, 2));
    marker.raiseTo(7, 3);
    assertThat(onDisk()).isEqualTo(new DurabilityMarker.Mark(10, 3));
  }

  @Test
  void aCutLowersItAtOnceAndNothingRaisesItBeforeTheCutIsDone() throws Exception {
    marker.raiseTo(10, 2);
    CompletableFuture<Void> cut = marker.lowerTo(6);
    assertThat(onDisk().index()).isEqualTo(6);
    marker.raiseTo(10, 2);
    assertThat(onDisk().index()).as("while Ratis still reports the old index").isEqualTo(6);
    cut.get();
    marker.raiseTo(10, 2);
    assertThat(onDisk().index())
        .as("the first refresh after the cut may have read the old index")
        .isEqualTo(6);
    marker.raiseTo(8, 2);
    assertThat(onDisk().index()).isEqualTo(8);
  }

  @Test
  void aCutBeyondItChangesNothing() throws IOException {
    marker.raiseTo(10, 2);
    assertThat(marker.lowerTo(12)).isCompleted();
    assertThat(onDisk().index()).isEqualTo(10);
  }

  @Test
  void beginningAgainKeepsWhatItSays() throws IOException {
    marker.raiseTo(10, 2);
    DurabilityMarker again = new DurabilityMarker(dir.resolve("durable"));
    again.begin();
    again.raiseTo(9, 2);
    assertThat(onDisk()).isEqualTo(new DurabilityMarker.Mark(10, 2));
  }

  @Test
  void anyFlippedBitAndAnyLostByteShow() throws IOException {
    marker.raiseTo(123_456_789, 42);
    byte[] whole = Files.readAllBytes(dir.resolve("durable"));
    for (int bit = 0; bit < whole.length * 8; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      Files.write(dir.resolve("durable"), flipped);
      assertThatThrownBy(this::onDisk).as("bit %d", bit).isInstanceOf(IOException.class);
    }
    for (int length = 0; length < whole.length; length++) {
      Files.write(dir.resolve("durable"), Arrays.copyOf(whole, length));
      assertThatThrownBy(this::onDisk).as("%d bytes", length).isInstanceOf(IOException.class);
    }
  }
}
