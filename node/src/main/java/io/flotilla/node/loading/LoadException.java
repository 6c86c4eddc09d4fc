package io.flotilla.node.loading;

/** An import that cannot go on; what was answered before stands. */
public final class LoadException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Kind {
    /** The file is damaged, or none. */
    DAMAGED,
    /** The cluster has a key with another content, and must not lose it. */
    KEY_EXISTS,
    /** The machine refuses a key, and would do so again. */
    KEY_REFUSED,
    /** Nothing was acknowledged for a long time. */
    NO_PROGRESS,
    /** The node stops. */
    INTERRUPTED
  }

  private final Kind kind;

  LoadException(Kind kind, String sentence) {
    super(sentence);
    this.kind = kind;
  }

  /** Why. */
  public Kind kind() {
    return kind;
  }
}
