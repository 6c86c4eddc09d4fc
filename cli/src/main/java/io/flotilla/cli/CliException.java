package io.flotilla.cli;

/** A command that cannot go on: a sentence for people, a reason for programs, and the exit code. */
final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;
  private final String reason;

  CliException(ExitCode exitCode, String reason, String message) {
    super(message);
    this.exitCode = exitCode;
    this.reason = reason;
  }

  CliException(ExitCode exitCode, String reason, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
    this.reason = reason;
  }

  ExitCode exitCode() {
    return exitCode;
  }

  /** A stable word for programs, as "unreachable" or what the node's AdminError gave. */
  String reason() {
    return reason;
  }

  /** The sentence that is printed. */
  String sentence() {
    return String.valueOf(getMessage());
  }
}
