package io.flotilla.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The directory of a local cluster is read back as it was written, or not at all. */
final class LocalClusterTest {
  @TempDir private Path directory = Path.of("");

  @Test
  void aPlanIsReadBackAsItWasWritten() {
    ClusterPlan plan = ClusterPlan.of(3, 5, 2, 7000);
    LocalCluster cluster = LocalCluster.at(directory);
    assertThat(cluster.read()).isNull();
    cluster.create(plan, List.of());
    assertThat(cluster.read()).isEqualTo(plan);
    assertThat(cluster.configurationOf(plan.nodes().getFirst())).content().contains("name: 'n1'");
  }

  @Test
  void aMovedDirectoryIsRefusedBecauseTheNodesWouldStartOnTheOldOne() throws IOException {
    LocalCluster.at(directory.resolve("old")).create(ClusterPlan.of(1, 0, 0, 7000), List.of());
    Files.move(directory.resolve("old"), directory.resolve("new"));
    assertThatThrownBy(() -> LocalCluster.at(directory.resolve("new")).read())
        .isInstanceOfSatisfying(
            CliException.class,
            e -> {
              assertThat(e.exitCode()).isEqualTo(ExitCode.LOCAL_FAILURE);
              assertThat(e.sentence()).contains("was written for " + directory.resolve("old"));
            });
  }

  @Test
  void aDamagedOrNewerFileIsRefused() throws IOException {
    Path file = directory.resolve("cluster.json");
    Files.writeString(file, "{");
    assertThatThrownBy(() -> LocalCluster.at(directory).read())
        .hasMessageContaining("cannot be read");
    Files.writeString(file, "{\"format\": 2}");
    assertThatThrownBy(() -> LocalCluster.at(directory).read())
        .hasMessageContaining("is of format 2");
  }

  @Test
  void twoCommandsDoNotWorkOnOneDirectoryAtOnce() {
    LocalCluster cluster = LocalCluster.at(directory);
    try (LocalCluster.Lock held = cluster.lock()) {
      assertThat(held.channel().isOpen()).isTrue();
      assertThatThrownBy(cluster::lock).hasMessageContaining("is at work in " + directory);
    }
    cluster.lock().close();
  }
}
