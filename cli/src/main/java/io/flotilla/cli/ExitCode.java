package io.flotilla.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What the process's exit code tells a script: one number per conclusion that a caller may draw.
 *
 * <p>Numbers, once released, keep their meaning. The table in the help of {@code flotilla} and in
 * docs/operations.md is made from here.
 */
enum ExitCode {
  OK(0, "done, or all is well"),
  REFUSED(1, "the cluster said no, and nothing was done; the message says why"),
  USAGE(2, "the command line or a value makes no sense; nothing was done"),
  UNREACHABLE(3, "no node answered, or none that is needed; nothing was done, try again"),
  UNKNOWN_OUTCOME(4, "the answer never came: it may have been done; look before trying again"),
  DIVERGED(5, "verify: replicas of a shard hold different data"),
  INCOMPLETE(6, "verify, snapshot, node drain: somebody did not answer or could not"),
  DEGRADED(7, "status: all is served, but the next failure may not be survived"),
  DOWN(8, "status: some slots are not served"),
  LOCAL_FAILURE(9, "up, down, import: a process, port or file of this machine is in the way"),
  LEFT_OUT(10, "import: done, but the file holds what could not be loaded; the report says what"),
  PART_WAY(11, "import: stopped part-way; what was loaded stays, --resume goes on from there"),
  BAD_FILE(12, "import: the file is damaged, or holds what must not be loaded; nothing was done");

  private final int number;
  private final String meaning;

  ExitCode(int number, String meaning) {
    this.number = number;
    this.meaning = meaning;
  }

  int number() {
    return number;
  }

  String meaning() {
    return meaning;
  }

  /** The lines for the help, as picocli wants them: {@code 3:meaning}. */
  static List<String> helpLines() {
    return Stream.of(values())
        .map(c -> String.format(Locale.ROOT, "%d:%s", c.number, c.meaning))
        .toList();
  }
}
