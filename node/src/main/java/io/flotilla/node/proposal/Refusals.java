package io.flotilla.node.proposal;

import io.flotilla.node.proposal.Proposal.Refusal;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import org.jspecify.annotations.Nullable;

/** What the log's refusals are to those who asked. */
final class Refusals {
  private Refusals() {}

  static Failure failure(Refusal why, @Nullable LeaderHint hint) {
    return switch (why) {
      case NOT_LEADER -> new Failure.NotLeader(hint);
      case NOT_READY ->
          new Failure.NotReady("the leader has not yet applied an entry of its own term");
      case OVERLOADED -> new Failure.Overloaded("the shard's log cannot take more now");
      case CLOSED -> new Failure.NotReady("the shard's replica is closing");
    };
  }
}
