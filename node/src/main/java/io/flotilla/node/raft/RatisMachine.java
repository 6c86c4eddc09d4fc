package io.flotilla.node.raft;

import io.flotilla.node.proposal.LogPosition;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.SnapshotRetentionPolicy;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * A replica as Ratis drives it: turns Ratis' callbacks into steps of {@link Replica}, and nothing
 * else.
 *
 * <p>Nothing here throws at apply (it would close the group on every replica); what the machine
 * throws halts the process. No callback that Ratis makes under its own lock waits for the loop: a
 * task on the loop may be waiting for that lock in propose.
 */
final class RatisMachine extends BaseStateMachine {
  private final Replica replica;
  private final GroupFolder folder;
  private final SnapshotFiles files;

  /** Set before any event; its log opens only after {@link #initialize}. */
  private volatile RaftServer.@Nullable Division division;

  RatisMachine(Replica replica, GroupFolder folder, SnapshotFiles files) {
    this.replica = replica;
    this.folder = folder;
    this.files = files;
  }

  // --------------------------------------------------------------------------------------------------------------- life cycle

  @Override
  public void initialize(RaftServer server, RaftGroupId id, RaftStorage storage)
      throws IOException {
    getLifeCycle()
        .startAndTransition(
            () -> {
              super.initialize(server, id, storage);
              RaftServer.Division d = server.getDivision(id);
              folder.rememberFirstMembers(d.getRaftConf());
              folder.marker().begin();
              load();
              division = d;
            },
            IOException.class);
  }

  /**
   * A snapshot is about to be put in place of ours. Under Ratis' lock: does not wait for the loop.
   */
  @Override
  public void pause() {
    getLifeCycle().transition(LifeCycle.State.PAUSING);
    files.beginInstall();
    getLifeCycle().transition(LifeCycle.State.PAUSED);
  }

  /** A snapshot was put in place: loads it. On Ratis' apply thread. */
  @Override
  public void reinitialize() throws IOException {
    getLifeCycle()
        .startAndTransition(
            () -> {
              files.endInstall();
              load();
              replica.snapshots().installed();
            },
            IOException.class);
  }

  private void load() throws IOException {
    files.load(replica::restore);
  }

  @Override
  public void close() {
    getLifeCycle().checkStateAndClose();
  }

  // -------------------------------------------------------------------------------------------------------------------- write

  @Override
  public TransactionContext startTransaction(RaftClientRequest request) {
    Message message = request.getMessage();
    return TransactionContext.newBuilder()
        .setStateMachine(this)
        .setClientRequest(request)
        .setLogData(message.getContent())
        .setStateMachineContext(message)
        .build();
  }

  @Override
  public TransactionContext preAppendTransaction(TransactionContext transaction) {
    if (transaction.getStateMachineContext() instanceof Submission submission) {
      replica.appending(submission, Objects.requireNonNull(replica.division()));
    }
    return transaction;
  }

  @Override
  public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
    return replica.apply(Objects.requireNonNull(transaction.getLogEntry()));
  }

  // ------------------------------------------------------------------------------------------------------------------- events

  @Override
  public void notifyTermIndexUpdated(long term, long index) {
    replica.pass(term, index);
  }

  @Override
  public void notifyLeaderChanged(RaftGroupMemberId member, @Nullable RaftPeerId leader) {
    RaftServer.Division d = division;
    if (leader != null && d != null) {
      replica.attach(d);
      replica.leaderHeard(leader, d.getInfo().getCurrentTerm());
    }
  }

  @Override
  public void notifyLeaderReady() {
    replica.leaderReady();
  }

  @Override
  public void notifyNotLeader(Collection<TransactionContext> pending) {
    replica.leadershipLost();
  }

  @Override
  public void notifyLogFailed(@Nullable Throwable cause, @Nullable LogEntryProto entry) {
    replica.stopFor("its log cannot be written", cause);
  }

  @Override
  public void notifyServerShutdown(@Nullable RoleInfoProto role, boolean allGroups) {
    if (!allGroups) {
      replica.memberRemoved();
    }
  }

  /**
   * Ratis is about to cut the log behind another leader's: what is known to be durable shrinks
   * first.
   */
  @Override
  public CompletableFuture<Void> truncate(long index) {
    try {
      return folder.marker().lowerTo(index - 1);
    } catch (UncheckedIOException e) {
      replica.stopFor("its durability marker cannot be written", e);
      throw e;
    }
  }

  // ---------------------------------------------------------------------------------------------------------------- snapshots

  /** The index up to which a durable snapshot exists: the log may be purged to there. */
  @Override
  public long takeSnapshot() {
    return files.adopt();
  }

  @Override
  public @Nullable SnapshotInfo getLatestSnapshot() {
    return files.latest();
  }

  @Override
  public TermIndex getLastAppliedTermIndex() {
    // The base class asks before this object is whole.
    LogPosition p = replica == null ? LogPosition.NONE : replica.lastApplied();
    return p.index() < 0 ? TermIndex.INITIAL_VALUE : TermIndex.valueOf(p.term(), p.index());
  }

  @Override
  public StateMachineStorage getStateMachineStorage() {
    return new StateMachineStorage() {
      @Override
      public void init(RaftStorage storage) {}

      @Override
      public @Nullable SnapshotInfo getLatestSnapshot() {
        return files.latest();
      }

      @Override
      public void format() {}

      @Override
      public void cleanupOldSnapshots(SnapshotRetentionPolicy policy) {
        // (M) To delete a file costs a millisecond a megabyte, and this is the thread that applies:
        // the host does it.
      }

      @Override
      public File getSnapshotDir() {
        return files.folder().toFile();
      }

      @Override
      public File getTmpDir() {
        return files.incomingFolder().toFile();
      }
    };
  }
}
