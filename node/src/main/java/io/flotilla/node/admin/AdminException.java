package io.flotilla.node.admin;

/**
 * An operator's call that failed: what kind, why, and what the caller may conclude (see
 * admin.proto).
 */
public final class AdminException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong; each is one gRPC status code. */
  public enum Kind {
    /** The request makes no sense; nothing was done. */
    INVALID,
    /** No such node, shard or setting; nothing was done. */
    NOT_FOUND,
    /** The cluster's state forbids it now; nothing was done. */
    FORBIDDEN_NOW,
    /** Somebody else changed the same thing first; nothing was done. */
    OVERTAKEN,
    /** No leader, or a node that is needed does not answer; nothing was done. */
    UNAVAILABLE,
    /** The outcome is unknown. */
    UNKNOWN_OUTCOME,
    /** A fault of the node. */
    INTERNAL
  }

  private final Kind kind;
  private final String reason;

  /**
   * A failure.
   *
   * @param reason a stable name for programs, as {@code no-leader}
   * @param message one sentence for people
   */
  public AdminException(Kind kind, String reason, String message) {
    super(message);
    this.kind = kind;
    this.reason = reason;
  }

  /** One sentence for people. */
  public String message() {
    return String.valueOf(getMessage());
  }

  /** What went wrong. */
  public Kind kind() {
    return kind;
  }

  /** A stable name for programs. */
  public String reason() {
    return reason;
  }
}
