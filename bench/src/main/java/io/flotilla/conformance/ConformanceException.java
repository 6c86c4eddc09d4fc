package io.flotilla.conformance;

/** The suite cannot be run, or its files cannot be read: no verdict about the server. */
final class ConformanceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ConformanceException(String message) {
    super(message);
  }

  ConformanceException(String message, Throwable cause) {
    super(message, cause);
  }
}
