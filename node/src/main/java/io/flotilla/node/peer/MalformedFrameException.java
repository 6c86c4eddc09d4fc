package io.flotilla.node.peer;

/** The bytes of a frame are not what its kind says; the connection that brought them is closed. */
public final class MalformedFrameException extends RuntimeException {
  private static final long serialVersionUID = 1;

  MalformedFrameException(String what) {
    super(what);
  }
}
