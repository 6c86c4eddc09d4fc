package io.flotilla.node.raft;

import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.Proposal;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;

/**
 * A proposal on its way through Ratis: the message that Ratis carries, and what this replica knows
 * of its fate.
 *
 * <p>What tells "certainly not done" from "unknown" is {@link #position}: Ratis calls {@code
 * preAppendTransaction} under the log's lock immediately before it appends, and nothing that fails
 * before that call can have reached the log.
 *
 * <p>Each submission has a call id that this process uses once. The log entry carries it with the
 * process' client id, so that an applied entry is matched to its submission by what stands in the
 * entry, not by its place, which another entry of the same term may take if the append failed.
 */
final class Submission implements Message {
  final Proposal proposal;
  final long callId;
  private final ByteString content;

  /**
   * Where the log puts the entry; null while nothing was appended. Written once, by the proposing
   * thread, under Ratis' lock.
   */
  private volatile @Nullable LogPosition position;

  /** Whether an outcome that ends the waiting was told; touched on the loop only. */
  boolean settled;

  Submission(Proposal proposal, long callId) {
    this.proposal = proposal;
    this.callId = callId;
    this.content = UnsafeByteOperations.unsafeWrap(proposal.entry().duplicate());
  }

  /** The entry's bytes, not copied: a proposal keeps them unchanged until its outcome. */
  @Override
  public ByteString getContent() {
    return content;
  }

  @Override
  public int size() {
    return content.size();
  }

  void appendingAt(LogPosition place) {
    position = place;
    proposal.appended(place);
  }

  /**
   * Where the log was about to put the entry, or null if it was never about to: then it certainly
   * did not happen.
   */
  @Nullable LogPosition position() {
    return position;
  }

  /** Short, and free of users' bytes: Ratis prints it when something goes wrong. */
  @Override
  public String toString() {
    return "submission " + callId + " of " + content.size() + " bytes";
  }
}
