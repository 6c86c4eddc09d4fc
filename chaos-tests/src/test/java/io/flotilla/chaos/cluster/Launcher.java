package io.flotilla.chaos.cluster;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** {@code bin/flotilla}, called as anybody would call it. */
public final class Launcher {
  private static final Path LAUNCHER = find();

  /** What a command may take on a machine that is busy with other things, builds included. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private Launcher() {}

  /**
   * How a command ended.
   *
   * @param output standard output and standard error, as they came
   */
  public record Ended(int exitCode, String output) {}

  private static Path find() {
    Path directory = Path.of("").toAbsolutePath();
    while (directory != null) {
      Path launcher = directory.resolve("bin/flotilla");
      if (Files.isExecutable(launcher)) {
        return launcher;
      }
      directory = directory.getParent();
    }
    throw new AssertionError("there is no bin/flotilla above " + Path.of("").toAbsolutePath());
  }

  /** The repository. */
  static Path root() {
    return Objects.requireNonNull(Objects.requireNonNull(LAUNCHER.getParent()).getParent());
  }

  /** Runs a command to its end. */
  public static Ended run(Path workingDirectory, String... arguments) {
    Path output = temporaryFile();
    try {
      Process process = start(workingDirectory, output, Map.of(), arguments);
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(
            "flotilla " + String.join(" ", arguments) + " does not end: " + read(output));
      }
      return new Ended(process.exitValue(), read(output));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } finally {
      delete(output);
    }
  }

  /** Starts a command that stays, as a node does. */
  public static Process start(
      Path workingDirectory, Path output, Map<String, String> environment, String... arguments) {
    List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(workingDirectory.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
    builder.environment().putAll(environment);
    builder.environment().remove("FLOTILLA_ENDPOINTS");
    builder.environment().remove("FLOTILLA_TOKEN");
    builder.environment().remove("FLOTILLA_DIR");
    try {
      return builder.start();
    } catch (IOException e) {
      throw new AssertionError(LAUNCHER + " cannot be started", e);
    }
  }

  private static Path temporaryFile() {
    try {
      return Files.createTempFile("flotilla-", ".out");
    } catch (IOException e) {
      throw new AssertionError("no temporary file", e);
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(" + file + " cannot be read: " + e + ")";
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new AssertionError(file + " cannot be deleted", e);
    }
  }
}
