package io.flotilla.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Texts that stand in files, and are compared whole. {@code -Dflotilla.rewrite=true} writes them
 * anew; the difference is then for a reader's eye in the commit.
 */
final class Golden {
  private Golden() {}

  /** Holds a text against a file, named from the module's directory. */
  static void assertEquals(String file, String actual) {
    Path path = Path.of(file);
    try {
      if (Boolean.getBoolean("flotilla.rewrite")) {
        Files.createDirectories(path.toAbsolutePath().getParent());
        Files.writeString(path, actual, StandardCharsets.UTF_8);
      }
      assertThat(actual)
          .as("%s; -Dflotilla.rewrite=true writes it anew", path)
          .isEqualTo(Files.readString(path, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
