package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Why: a log that cannot be written ends the process; writes must stop before. */
final class DiskGuardTest {
  private final DiskGuard disk = new DiskGuard(Path.of("data"), 90, 95);

  @Test
  void marksAreMetOneAfterTheOtherAndLeftWithAMargin() {
    disk.seen(1000, 110);
    assertThat(disk.isFull()).isFalse();
    disk.seen(1000, 100);
    assertThat(disk.isFull()).as("90 %%").isTrue();
    assertThat(disk.isCritical()).isFalse();
    disk.seen(1000, 50);
    assertThat(disk.isCritical()).as("95 %%").isTrue();
    disk.seen(1000, 65);
    assertThat(disk.isCritical()).as("93.5 %%: within the margin").isTrue();
    disk.seen(1000, 75);
    assertThat(disk.isCritical()).isFalse();
    disk.seen(1000, 115);
    assertThat(disk.isFull()).as("88.5 %%: within the margin").isTrue();
    disk.seen(1000, 125);
    assertThat(disk.isFull()).isFalse();
  }

  @Test
  void aDiskThatTellsNoSizeIsNotFull() {
    disk.seen(0, 0);
    assertThat(disk.isFull()).isFalse();
    assertThat(disk.isCritical()).isFalse();
  }
}
