package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is given a second name is the log that everything else rests on: whatever Ratis does with
 * the first names, no entry that it keeps may go, and nothing that it has deleted may stay.
 */
class SpentSegmentsTest {
  private static final Duration BETWEEN = Duration.ofMillis(50);
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  @TempDir Path dir;
  private Path log;
  private Path second;
  private SpentSegments spent;

  @BeforeEach
  void threeSegments() throws IOException {
    log = Files.createDirectory(dir.resolve("current"));
    second = dir.resolve("ours").resolve("spent");
    spent = new SpentSegments(log, second);
    for (String name : List.of("log_0-9", "log_10-19", "log_20-29", "log_inprogress_30")) {
      Files.writeString(log.resolve(name), name);
    }
    Files.writeString(log.resolve("raft-meta"), "term=1");
  }

  @Test
  void onlyClosedSegmentsUpToTheIndexGetASecondName() throws IOException {
    spent.keep(19);
    assertThat(names(second)).containsExactly("log_0-9", "log_10-19");
    spent.keep(28);
    assertThat(names(second)).containsExactly("log_0-9", "log_10-19");
    spent.keep(1_000);
    assertThat(names(second)).containsExactly("log_0-9", "log_10-19", "log_20-29");
  }

  @Test
  void theSecondNameGoesWhenTheFirstIsGoneWithARestBehindEach() throws Exception {
    spent.keep(19);
    List<Duration> rests = new ArrayList<>();
    spent.remove(
        PATIENCE,
        BETWEEN,
        () -> false,
        rest -> {
          rests.add(rest);
          if (rests.size() == 3) { // Ratis takes its time, and begins with the newest
            ratisDeletes("log_10-19");
            ratisDeletes("log_0-9");
          } else if (rests.size() < 3) {
            assertThat(second.resolve("log_0-9")).exists();
          }
        });
    assertThat(names(second)).isEmpty();
    assertThat(rests).filteredOn(BETWEEN::equals).hasSize(2);
  }

  @Test
  void aSegmentThatRatisKeepsStaysWhole() throws Exception {
    spent.keep(19);
    Files.delete(log.resolve("log_0-9"));
    spent.remove(PATIENCE, BETWEEN, () -> false, rest -> {});
    assertThat(names(second)).isEmpty();
    assertThat(log.resolve("log_10-19")).hasContent("log_10-19");
  }

  @Test
  void aCloseStopsItAndTheNextOpeningDoesTheRest() throws Exception {
    spent.keep(19);
    spent.remove(PATIENCE, BETWEEN, () -> true, rest -> {});
    assertThat(names(second)).hasSize(2);
    Files.delete(log.resolve("log_0-9"));
    new SpentSegments(log, second).clear();
    assertThat(names(second)).isEmpty();
    assertThat(log.resolve("log_10-19")).hasContent("log_10-19");
  }

  @Test
  void aFileSystemWithoutHardLinksIsLeftAlone() throws Exception {
    try (FileSystem zip =
        FileSystems.newFileSystem(dir.resolve("fs.zip"), Map.of("create", "true"))) {
      Path there = Files.createDirectory(zip.getPath("/current"));
      Files.writeString(there.resolve("log_0-9"), "entries");
      SpentSegments none = new SpentSegments(there, zip.getPath("/spent"));
      none.keep(19);
      none.remove(PATIENCE, BETWEEN, () -> false, rest -> {});
      assertThat(there.resolve("log_0-9")).hasContent("entries");
    }
  }

  private void ratisDeletes(String name) {
    try {
      Files.delete(log.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> names(Path folder) throws IOException {
    return Disk.list(folder).stream().map(each -> each.getFileName().toString()).toList();
  }
}
