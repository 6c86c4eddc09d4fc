package io.flotilla.node;

import org.jspecify.annotations.Nullable;

/** A node that cannot start: why, for people, and what its process says at its end. */
final class StartException extends Exception {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;

  StartException(ExitCode exitCode, String why, @Nullable Throwable cause) {
    super(why, cause);
    this.exitCode = exitCode;
  }

  ExitCode exitCode() {
    return exitCode;
  }
}
