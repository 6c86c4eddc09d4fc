package io.flotilla.node.raft;

import io.flotilla.node.proposal.GroupId;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A replica's files are not what this node once acknowledged, so the node refuses to start on them.
 *
 * <p>Nothing was changed on disk. The message says which group, which file, what is wrong, and the
 * way out: the other replicas have the data, and a voter that lost some must not come back under
 * its old id.
 */
public final class UntrustedDataException extends IOException {
  private static final long serialVersionUID = 1;

  UntrustedDataException(GroupId group, Path file, String what) {
    super(
        "group "
            + group
            + ": "
            + file
            + ": "
            + what
            + ". This replica may lack acknowledged writes and must not vote again; nothing was changed. The other replicas have the"
            + " data: give this node a new id with \"flotilla node replace\", and keep the old directory until that has succeeded");
  }

  /** Several groups of a node. */
  UntrustedDataException(String all) {
    super(all);
  }
}
