package io.flotilla.node.resp;

/**
 * The client does not speak the protocol: the connection is told why, in Redis's words, and closed.
 *
 * <p>It has no stack trace: it is an answer, and a hostile client must not make it expensive.
 */
public final class ProtocolException extends Exception {
  private static final long serialVersionUID = 1L;

  ProtocolException(String message) {
    super(message, null, false, false);
  }

  /** The error as the client is told it, code first. */
  public String reply() {
    return "ERR Protocol error: " + getMessage();
  }
}
