package io.flotilla.node.metadata;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A data directory that this node must not use; nothing in it was changed. The message says why,
 * and what to do.
 */
public final class UnusableDirectoryException extends IOException {
  private static final long serialVersionUID = 1L;

  public UnusableDirectoryException(Path directory, String why) {
    super("data directory " + directory + ": " + why);
  }
}
