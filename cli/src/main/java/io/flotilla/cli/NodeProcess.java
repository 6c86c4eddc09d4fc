package io.flotilla.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The process of a local node, found again by its pid file.
 *
 * <p>A pid is reused after a while, so the file says also when the process began, and a process is
 * only ours if it began then and its command line names the node's configuration. Whatever fails
 * this check is left alone.
 */
final class NodeProcess {
  /** Linux tells the start by clock ticks since boot, and the boot by a clock that is corrected. */
  private static final Duration START_TOLERANCE = Duration.ofSeconds(3);

  private static final Pattern PID_FILE = Pattern.compile("(\\d{1,18}) (\\d{1,18})\\s*");
  private static final Path SETSID = Path.of("/usr/bin/setsid");

  private NodeProcess() {}

  /** The running process of a node, or null if it does not run. */
  static @Nullable ProcessHandle find(Path pidFile, Path configuration) {
    String text;
    try {
      text = Files.readString(pidFile, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new CliException(
          ExitCode.LOCAL_FAILURE, "cannot-read", pidFile + " cannot be read: " + e + ".", e);
    }
    Matcher matcher = PID_FILE.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    Optional<ProcessHandle> handle = ProcessHandle.of(Long.parseLong(matcher.group(1)));
    Instant started = Instant.ofEpochMilli(Long.parseLong(matcher.group(2)));
    return handle.filter(h -> isOurs(h, started, configuration)).orElse(null);
  }

  private static boolean isOurs(ProcessHandle handle, Instant started, Path configuration) {
    Optional<Instant> actual = handle.info().startInstant();
    return actual.isPresent()
        && Duration.between(started, actual.get()).abs().compareTo(START_TOLERANCE) <= 0
        && runs(handle, configuration);
  }

  /** Whether the process is alive and its command line names this configuration. */
  static boolean runs(ProcessHandle handle, Path configuration) {
    return handle.isAlive() && commandLine(handle).contains(configuration.toString());
  }

  /**
   * The whole command line; Java's own leaves it out where it is long, as with a class path. Empty
   * for a process that has ended and was not waited for.
   */
  private static String commandLine(ProcessHandle handle) {
    Path file = Path.of("/proc/" + handle.pid() + "/cmdline");
    if (Files.exists(Path.of("/proc/self/cmdline"))) {
      try {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).replace('\0', ' ');
      } catch (IOException e) {
        return "";
      }
    }
    return handle.info().commandLine().orElse("");
  }

  /**
   * Starts a node, in a session of its own where that can be had, so that Ctrl-C in the terminal
   * does not reach it.
   *
   * @param launcher the path of bin/flotilla
   */
  static Process start(
      Path launcher, Path configuration, Path log, Path pidFile, Map<String, String> environment) {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(SETSID)) {
      command.add(SETSID.toString());
    }
    command.addAll(List.of(launcher.toString(), "node", "--config", configuration.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      Instant started = process.info().startInstant().orElseGet(Instant::now);
      LocalCluster.write(pidFile, process.pid() + " " + started.toEpochMilli() + "\n");
      return process;
    } catch (IOException e) {
      throw new CliException(
          ExitCode.LOCAL_FAILURE,
          "cannot-start",
          launcher + " could not be started: " + e.getMessage() + ".",
          e);
    }
  }

  /** The last lines of a log, for a message about the process that wrote it. */
  static String tail(Path log, int lines) {
    try {
      List<String> all = Files.readString(log, StandardCharsets.UTF_8).lines().toList();
      return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
    } catch (IOException e) {
      return "(its log cannot be read: " + e + ")";
    }
  }
}
