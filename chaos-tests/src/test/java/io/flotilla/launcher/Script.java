package io.flotilla.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A script of the repository that was run to its end: what it said and how it ended. */
record Script(int exitCode, String out, String err) {
  /**
   * Longer than any of them takes on a busy machine, the training of a new distribution included; a
   * script that takes longer hangs.
   */
  private static final long DEADLINE_SECONDS = 240;

  /** The repository's root: the directory above this module. */
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /**
   * Runs a command with these variables added to the environment, its output caught in files under
   * {@code scratch}.
   */
  static Script run(Path scratch, Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile(scratch, "script", ".out");
    Path err = Files.createTempFile(scratch, "script", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(scratch.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(
          String.join(" ", command)
              + " did not end within "
              + DEADLINE_SECONDS
              + " s; it said: "
              + Files.readString(err));
    }
    return new Script(
        process.exitValue(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }
}
