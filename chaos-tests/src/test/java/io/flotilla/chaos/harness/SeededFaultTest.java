package io.flotilla.chaos.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.chaos.nemesis.Faults;
import io.flotilla.chaos.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The seeded faults still fit the product's sources, so that {@code bin/chaos --self-test} can make
 * them: a fault that has quietly gone out of use would prove nothing.
 */
final class SeededFaultTest {
  private static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("mvnw"))) {
      directory = directory.getParent();
      if (directory == null) {
        throw new AssertionError("no mvnw above the working directory");
      }
    }
    return directory;
  }

  @Test
  void eachSeededFaultFindsItsPlaceInTheSourcesOnce() throws IOException {
    assertThat(SeededFault.all()).hasSize(12);
    List<SeededFault.Edit> edits = new ArrayList<>(ClockEdition.edits());
    SeededFault.all().forEach(fault -> edits.addAll(fault.edits()));
    for (SeededFault.Edit edit : edits) {
      String source = Files.readString(root().resolve(edit.file()));
      assertThat(source.split(Pattern.quote(edit.find()), -1))
          .as("in %s: %s", edit.file(), edit.find())
          .hasSize(2);
    }
    for (SeededFault fault : SeededFault.all()) {
      assertThat(Faults.all()).containsKeys(fault.faults().toArray(String[]::new));
      assertThat(Workloads.all()).containsKeys(fault.workloads().toArray(String[]::new));
    }
  }
}
