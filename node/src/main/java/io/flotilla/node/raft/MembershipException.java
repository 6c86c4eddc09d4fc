package io.flotilla.node.raft;

import io.flotilla.node.proposal.GroupId;
import org.jspecify.annotations.Nullable;

/**
 * A change of a group, of its members or of its leader did not happen, or is not known to have
 * happened.
 */
public final class MembershipException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** What came in between. */
  public enum Reason {
    /** This node has no replica of the group. */
    NO_SUCH_GROUP,
    /** This node has a replica of the group already. */
    GROUP_EXISTS,
    /** Only the leader can do it, and this replica does not lead; nothing was changed. */
    NOT_LEADER,
    /** Another change is under way; nothing was changed. */
    CHANGE_UNDER_WAY,
    /** The members are not those that the caller compared with; nothing was changed. */
    DIFFERENT_MEMBERS,
    /** A new member made no progress in time; nothing was changed. */
    NEW_MEMBER_TOO_SLOW,
    /** What was asked is never done; nothing was changed. */
    NOT_ALLOWED,
    /** It did not work out in time; ask for the state before trying again. */
    TIMED_OUT,
    /** It may or may not have happened; ask for the state before trying again. */
    UNKNOWN
  }

  private final Reason reason;

  MembershipException(GroupId group, Reason reason, String what, @Nullable Throwable cause) {
    super("group " + group + ": " + what, cause);
    this.reason = reason;
  }

  /** What came in between. */
  public Reason reason() {
    return reason;
  }
}
