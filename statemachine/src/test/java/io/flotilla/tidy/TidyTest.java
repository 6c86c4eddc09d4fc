package io.flotilla.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Keeps the files of the repository clean, whatever module they are in, and shows that each check
 * can fail.
 */
final class TidyTest {
  /** The stock script of the Maven wrapper: it came as it is, with tabs in a here-document. */
  private static final Set<String> NOT_OURS = Set.of("mvnw");

  /** Written by builds, editors and git, or by running nodes; never ours to clean. */
  private static final Set<String> OUTSIDE =
      Set.of("target", ".git", ".flotilla", ".idea", ".vscode", ".settings", "results");

  private static final Path ROOT = root();

  @Test
  void filesAreTidy() throws IOException {
    List<Path> files = files();
    List<String> complaints = new ArrayList<>();
    for (Path file : files) {
      String text = Files.readString(file, StandardCharsets.ISO_8859_1);
      String path = ROOT.relativize(file).toString().replace('\\', '/');
      if (text.indexOf('\0') < 0 && !NOT_OURS.contains(path)) {
        complaints.addAll(Tidy.complaints(path, text));
      }
    }

    assertThat(files)
        .as("files that were read")
        .hasSizeGreaterThan(50)
        .contains(ROOT.resolve("pom.xml"));
    assertThat(complaints).isEmpty();
  }

  @Test
  void everyPackageSaysWhatItIsFor() throws IOException {
    Set<String> packages = new TreeSet<>();
    Set<String> described = new TreeSet<>();
    for (Path file : files()) {
      String path = ROOT.relativize(file).toString().replace('\\', '/');
      int start = path.indexOf("/java/io/flotilla");
      if (start < 0 || !path.endsWith(".java")) {
        continue;
      }
      String name =
          path.substring(start + "/java/".length(), path.lastIndexOf('/')).replace('/', '.');
      packages.add(name);
      if (path.endsWith("/package-info.java")) {
        assertThat(Files.readString(file)).as(path).startsWith("/**").contains("@NullMarked");
        described.add(name);
      }
    }

    assertThat(packages).isNotEmpty();
    packages.removeAll(described);
    assertThat(packages).as("packages without package-info.java").isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "docs/a.md            | \"a\\tb\\n\"                              | tab",
        "docs/a.md            | \"a \\n\"                                 | space",
        "docs/a.md            | \"a\\r\\n\"                               | carriage",
        "node/src/A.java      | \"// TO_DO later\\n\"                     | debt",
        "node/src/A.java      | \"// FIX_ME\\n\"                          | debt",
        "node/src/A.java      | \"/* XX_X */\\n\"                         | debt",
        "node/src/test/A.java | \"@Dis_abled\\n\"                         | test",
        "node/src/test/A.java | \"Thread.sl_eep(1);\\n\"                  | sleeps",
        "node/src/test/A.java | \"TimeUnit.SECONDS.sl_eep(1);\\n\"        | sleeps",
        "docs/a.md            | \"see /ho_me/someone\\n\"                 | path",
        "docs/a.md            | \"see (/wo_rk/tree)\\n\"                  | path",
        "docs/a.md            | \"a\"                                     | newline",
        "docs/a.md            | \"a\\n\\n\"                               | empty",
      })
  void eachCheckBites(String path, String escaped, String complaint) {
    String text =
        escaped.replace("_", "").replace("\\t", "\t").replace("\\r", "\r").replace("\\n", "\n");

    assertThat(Tidy.complaints(path, text)).singleElement().asString().contains(complaint);
  }

  @Test
  void whatIsFineIsLeftAlone() {
    assertThat(
            Tidy.complaints(
                "node/src/main/A.java", "Thread.sl".concat("eep(1); // SET key value XX\n")))
        .isEmpty();
    assertThat(Tidy.complaints("bin/a", "#!/usr/bin/env bash\nexec /usr/bin/java\n")).isEmpty();
    assertThat(Tidy.complaints("docs/empty", "")).isEmpty();
  }

  private static List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>();
    collect(ROOT, files);
    return files;
  }

  private static void collect(Path directory, List<Path> files) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path entry : entries.sorted().toList()) {
        if (OUTSIDE.contains(entry.getFileName().toString()) || Files.isSymbolicLink(entry)) {
          continue;
        }
        if (Files.isDirectory(entry)) {
          collect(entry, files);
        } else if (Files.isRegularFile(entry)) {
          files.add(entry);
        }
      }
    }
  }

  private static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("mvnw"))) {
      directory = directory.getParent();
      if (directory == null) {
        throw new IllegalStateException(
            "no mvnw in any directory above the working directory: where is the repository?");
      }
    }
    return directory;
  }
}
