package io.flotilla.node.raft;

import io.flotilla.node.raft.RaftLinks.Subject;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotReplyProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.retry.RetryPolicy;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppenderBase;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.raftlog.RaftLogIOException;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;
import org.apache.ratis.util.Timestamp;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * A leader's way to one follower's log.
 *
 * <pre>
 *   an entry was appended ──► sent by the thread that appended it, if the follower keeps up
 *   an answer has come    ──► match index ─► Ratis looks whether more is committed; the next entries
 *   all else              ──► this appender's own thread: heartbeats, a follower that is far behind
 *                             (its entries are read from disk), snapshots, a new try after an error
 * </pre>
 *
 * <p><b>What is sent and not answered</b> is bounded in number and bytes, and forms one
 * <i>generation</i>. The first thing that goes wrong with one of it ends the generation: what it
 * held is sent again, from the oldest that was not answered on, one at a time until one succeeds.
 * An answer that comes for an earlier generation still counts where it says what the follower has;
 * it never moves the next index back.
 *
 * <p><b>Locks.</b> {@link #making} is held while an append is put together, which may read the disk
 * for a follower that is far behind; whoever appends does not wait for it but leaves the follower
 * to its own thread. {@link #lock} guards the rest, for a moment at a time. Both are taken under
 * Ratis' server lock (a changed commit index wakes all appenders), so nothing is called under them
 * that takes that one.
 */
final class LinkedAppender extends LogAppenderBase {
  private static final Logger log = LoggerFactory.getLogger(LinkedAppender.class);

  /**
   * Appends on their way: some are always between two machines, more only wait at the other end.
   */
  private static final int UNANSWERED_MOST = 16;

  /** Their bytes. A single larger one goes alone. */
  private static final long UNANSWERED_BYTES_MOST = 8L << 20;

  /**
   * A follower at most this many entries behind is sent to by whoever appends: those entries are in
   * memory.
   */
  private static final long NEAR = UNANSWERED_MOST + 4;

  /** Between two tries at a member that does not answer for long. */
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  /** How long the appender's own thread waits for a piece of a snapshot between two heartbeats. */
  private static final long INSTALL_LOOK_MILLIS = 50;

  private final NodeId node;
  private final RaftLinks links;
  private final RetryPolicy retryPolicy;

  private final ReentrantLock making = new ReentrantLock();
  private final Object lock = new Object();

  // All below is guarded by the lock.
  private final ArrayDeque<Sent> unanswered = new ArrayDeque<>();
  private long unansweredBytes;
  private long generation;
  private long lastCall;
  private int errors;
  private long retryNanos;

  /** Until the first success of a generation: one append at a time. */
  private boolean probing = true;

  private boolean installing;

  LinkedAppender(
      RaftServer.Division server, LeaderState leader, FollowerInfo follower, RaftLinks links) {
    super(server, leader, follower);
    this.node = new NodeId(follower.getId().toString());
    this.links = links;
    RaftProperties properties = server.getRaftServer().getProperties();
    this.retryPolicy =
        RetryPolicy.parse(
            RaftServerConfigKeys.Log.Appender.retryPolicy(properties),
            RaftServerConfigKeys.Log.Appender.RETRY_POLICY_KEY);
  }

  /** One append on its way. */
  private static final class Sent {
    final long generation;
    final long firstIndex;
    final boolean heartbeat;
    final int bytes;
    final Timestamp time = Timestamp.currentTime();

    Sent(long generation, long firstIndex, boolean heartbeat, int bytes) {
      this.generation = generation;
      this.firstIndex = firstIndex;
      this.heartbeat = heartbeat;
      this.bytes = bytes;
    }
  }

  @Override
  public long getCallId() {
    synchronized (lock) {
      return lastCall;
    }
  }

  @Override
  public Comparator<Long> getCallIdComparator() {
    return Comparator.naturalOrder();
  }

  @Override
  public boolean hasPendingDataRequests() {
    synchronized (lock) {
      return !unanswered.isEmpty();
    }
  }

  // --------------------------------------------------------------------------------------------------------------- whoever appends

  /** An entry was appended, a commit index has changed, or a heartbeat is wanted. Any thread. */
  @Override
  public void notifyLogAppender() {
    if (hasAppendEntries()) {
      if (!isNear()) {
        super.notifyLogAppender();
        return;
      }
      if (!making.tryLock()) {
        super.notifyLogAppender();
        return;
      }
      try {
        sendEntries();
      } catch (RaftLogIOException | RuntimeException e) {
        // The appender's own thread will meet it too, and Ratis then makes a new appender.
        super.notifyLogAppender();
      } finally {
        making.unlock();
      }
    } else if (getHeartbeatWaitTimeMs() <= 0) {
      super.notifyLogAppender();
    }
  }

  /** Whether all that the follower lacks is surely in memory, and it lacks no snapshot. */
  private boolean isNear() {
    RaftLog raftLog = getRaftLog();
    long next = getFollower().getNextIndex();
    return raftLog.getNextIndex() - next <= NEAR
        && next > raftLog.getStartIndex()
        && !getLeaderState().isFollowerBootstrapping(getFollower());
  }

  /** Makes and sends appends while there is something to send; holds {@link #making}. */
  private void sendEntries() throws RaftLogIOException {
    while (hasAppendEntries()) {
      long mine;
      long call;
      synchronized (lock) {
        if (!maySend()) {
          return;
        }
        mine = generation;
        call = ++lastCall;
      }
      AppendEntriesRequestProto request = newAppendEntriesRequest(call, false);
      if (request == null) {
        return; // What is before them is gone from the log: a snapshot is due.
      }
      synchronized (lock) {
        if (generation == mine) {
          send(request);
        }
      }
    }
  }

  @Override
  public @Nullable AppendEntriesRequestProto newAppendEntriesRequest(
      long callId, boolean isHeartbeat) throws RaftLogIOException {
    AppendEntriesRequestProto request = super.newAppendEntriesRequest(callId, isHeartbeat);
    return request == null
        ? null
        : toMember(request, getServer().getRaftConf(), getFollower().getId());
  }

  /**
   * A replica neither votes nor stands before its leader has told it that it is no longer only
   * being filled. Ratis tells so whom it has seen catch up, and may forget that; who is a voter of
   * the configuration is told so here.
   */
  static AppendEntriesRequestProto toMember(
      AppendEntriesRequestProto request, RaftConfiguration configuration, RaftPeerId follower) {
    return request.getInitializing()
            && configuration.getPeer(follower, RaftPeerRole.FOLLOWER) != null
        ? request.toBuilder().setInitializing(false).build()
        : request;
  }

  /** Under the lock. */
  private boolean maySend() {
    return !installing
        && (unanswered.isEmpty()
            || (!probing
                && unanswered.size() < UNANSWERED_MOST
                && unansweredBytes < UNANSWERED_BYTES_MOST))
        && (errors == 0 || System.nanoTime() - retryNanos >= 0)
        && isRunning();
  }

  /** Under the lock. */
  private void send(AppendEntriesRequestProto request) {
    MessageBody body = new MessageBody(request);
    int count = request.getEntriesCount();
    Sent sent =
        new Sent(
            generation,
            count == 0 ? RaftLog.INVALID_LOG_INDEX : request.getEntries(0).getIndex(),
            count == 0,
            body.bytes());
    if (count > 0) {
      getFollower().updateNextIndex(request.getEntries(count - 1).getIndex() + 1);
      unanswered.add(sent);
      unansweredBytes += sent.bytes;
    }
    resetHeartbeatTrigger();
    getFollower().updateLastRpcSendTime(sent.heartbeat);
    var unused =
        links
            .ask(node, Subject.APPEND, body, RatisSettings.REQUEST_TIMEOUT)
            .handle((answer, failure) -> {
              if (failure == null) {
                answered(sent, answer);
              } else {
                failed(sent, failure);
              }
              return null;
            })
            .exceptionally(e -> {
              if (isRunning() && getServer().getInfo().isAlive()) {
                log.error("{}: an answer was not taken in", this, e);
              }
              return null;
            });
  }

  // --------------------------------------------------------------------------------------------------------------- answers

  private void answered(Sent sent, byte[] answer) {
    AppendEntriesReplyProto reply;
    try {
      reply = AppendEntriesReplyProto.parseFrom(answer);
    } catch (InvalidProtocolBufferException e) {
      failed(sent, e);
      return;
    }
    FollowerInfo follower = getFollower();
    follower.updateLastRespondedAppendEntriesSendTime(sent.time);
    follower.updateLastRpcResponseTime();
    switch (reply.getResult()) {
      case SUCCESS -> {
        succeeded(sent);
        getLeaderState().onFollowerCommitIndex(follower, reply.getFollowerCommit());
        boolean advanced = follower.updateMatchIndex(reply.getMatchIndex());
        if (advanced) {
          follower.updateNextIndex(reply.getMatchIndex() + 1);
        }
        if (advanced) {
          getLeaderState().onFollowerSuccessAppendEntries(follower);
        }
      }
      case NOT_LEADER -> {
        if (onFollowerTerm(reply.getTerm())) {
          return;
        }
        failed(sent, new IOException("it knows a leader of term " + reply.getTerm()));
      }
      case INCONSISTENCY -> inconsistent(sent, reply.getNextIndex());
      case UNRECOGNIZED ->
          failed(sent, new IOException("its answer is of a kind that is not known here"));
    }
    getLeaderState().onAppendEntriesReply(this, reply);
    notifyLogAppender();
  }

  private void succeeded(Sent sent) {
    boolean again;
    synchronized (lock) {
      if (sent.generation != generation) {
        return;
      }
      if (!sent.heartbeat && unanswered.remove(sent)) {
        unansweredBytes -= sent.bytes;
        probing = false;
      }
      again = errors > 0;
      errors = 0;
    }
    if (again) {
      log.info("{}: the follower answers again", this);
    }
  }

  /** The follower has not what is before the entries: they must begin elsewhere. */
  private void inconsistent(Sent sent, long itsNext) {
    synchronized (lock) {
      if (sent.generation != generation) {
        return;
      }
      newGeneration();
      getFollower().setNextIndex(getNextIndexForInconsistency(sent.firstIndex, itsNext));
    }
    log.info(
        "{}: the follower's log ends before {}: goes on from {}",
        this,
        sent.firstIndex,
        getFollower().getNextIndex());
  }

  private void failed(Sent sent, Throwable why) {
    if (!isRunning()) {
      return;
    }
    boolean first;
    synchronized (lock) {
      if (sent.generation != generation) {
        return;
      }
      first = errors++ == 0;
      retryNanos = System.nanoTime() + pauseNanos(retryPolicy, errors);
      Sent oldest = unanswered.peek();
      newGeneration();
      if (oldest != null) {
        long from = Math.max(oldest.firstIndex, getFollower().getMatchIndex() + 1);
        getFollower().computeNextIndex(next -> Math.min(next, from));
      }
    }
    if (first) {
      log.info("{}: the follower does not answer: {}", this, why.getMessage());
    }
    // On its own thread: the next try waits, and whoever appends must not.
    super.notifyLogAppender();
  }

  /** Under the lock. */
  private void newGeneration() {
    generation++;
    unanswered.clear();
    unansweredBytes = 0;
    probing = true;
  }

  /**
   * How long to wait behind so many errors in a row. A policy says after its last attempt that
   * there is none to come, and no pause; but a member is asked for as long as it is one.
   */
  static long pauseNanos(RetryPolicy policy, int attempts) {
    RetryPolicy.Action action = policy.handleAttemptFailure(() -> attempts);
    return action.shouldRetry()
        ? action.getSleepTime().toLong(TimeUnit.NANOSECONDS)
        : LONGEST_PAUSE.toNanos();
  }

  // --------------------------------------------------------------------------------------------------------------- its own thread

  @Override
  public void run() throws InterruptedException, IOException {
    while (isRunning()) {
      if (hasAppendEntries() || getLeaderState().isFollowerBootstrapping(getFollower())) {
        SnapshotInfo snapshot = mayInstall() ? shouldInstallSnapshot() : null;
        if (snapshot != null) {
          install(snapshot);
        } else {
          making.lock();
          try {
            sendEntries();
          } finally {
            making.unlock();
          }
        }
      }
      beat();
      lookAgain();
      getLeaderState().checkHealth(getFollower());
      getEventAwaitForSignal().await(pauseMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void beat() throws RaftLogIOException {
    synchronized (lock) {
      if (getHeartbeatWaitTimeMs() <= 0 && isRunning()) {
        AppendEntriesRequestProto heartbeat = newAppendEntriesRequest(++lastCall, true);
        if (heartbeat != null) {
          send(heartbeat);
        }
      }
    }
  }

  /**
   * Has Ratis look whether more is committed, where the follower has what is not: a chaos run ended
   * with a leader that did not commit what all had. Its look had been lost, and the next entry,
   * which would have brought another, waited for this one. Not by whoever brings the answers, since
   * what loses a look there (Ratis drops it on a thread that was interrupted) may lose the next.
   */
  private void lookAgain() {
    if (getFollower().getMatchIndex() > getRaftLog().getLastCommittedIndex()) {
      getLeaderState().onFollowerSuccessAppendEntries(getFollower());
    }
  }

  private long pauseMillis() {
    long wait = getHeartbeatWaitTimeMs();
    synchronized (lock) {
      if (errors > 0 && hasAppendEntries()) {
        wait = Math.min(wait, TimeUnit.NANOSECONDS.toMillis(retryNanos - System.nanoTime()));
      }
    }
    return Math.max(1, wait);
  }

  private boolean mayInstall() {
    synchronized (lock) {
      return unanswered.isEmpty() && (errors == 0 || System.nanoTime() - retryNanos >= 0);
    }
  }

  /** Sends a snapshot piece by piece, and heartbeats meanwhile. */
  private void install(SnapshotInfo snapshot) throws InterruptedException, RaftLogIOException {
    Sent all;
    boolean again;
    synchronized (lock) {
      installing = true;
      all = new Sent(generation, snapshot.getIndex(), false, 0);
      again = errors > 0;
    }
    // A member that is lost is tried once a second.
    log.atLevel(again ? Level.DEBUG : Level.INFO)
        .log(
            "{}: sends the snapshot of {}, for the follower lacks {} and the log begins at {}",
            this,
            snapshot.getTermIndex(),
            getFollower().getNextIndex(),
            getRaftLog().getStartIndex());
    try {
      for (InstallSnapshotRequestProto piece :
          newInstallSnapshotRequests(UUID.randomUUID().toString(), snapshot)) {
        InstallSnapshotReplyProto reply = ask(piece);
        if (reply == null) {
          return;
        }
        getFollower().updateLastRpcResponseTime();
        if (!goesOn(reply, all)) {
          return;
        }
      }
      installed(snapshot.getIndex());
      log.info("{}: the follower has the snapshot of {}", this, snapshot.getTermIndex());
    } catch (ExecutionException | InvalidProtocolBufferException e) {
      failed(all, e.getCause() == null ? e : e.getCause());
    } finally {
      synchronized (lock) {
        installing = false;
      }
    }
  }

  /** The answer; null if this node ceased to lead. */
  private @Nullable InstallSnapshotReplyProto ask(InstallSnapshotRequestProto piece)
      throws InterruptedException,
          ExecutionException,
          InvalidProtocolBufferException,
          RaftLogIOException {
    getFollower().updateLastRpcSendTime(false);
    CompletableFuture<byte[]> answer =
        links.ask(node, Subject.SNAPSHOT, new MessageBody(piece), RatisSettings.INSTALL_TIMEOUT);
    while (isRunning()) {
      try {
        return InstallSnapshotReplyProto.parseFrom(
            answer.get(INSTALL_LOOK_MILLIS, TimeUnit.MILLISECONDS));
      } catch (TimeoutException e) {
        beat();
      }
    }
    return null;
  }

  /** Whether the next piece is wanted. */
  private boolean goesOn(InstallSnapshotReplyProto reply, Sent all) {
    switch (reply.getResult()) {
      case SUCCESS, IN_PROGRESS -> {
        return true;
      }
      // It has all that the snapshot stands for. Its answer to a piece names the piece, no index.
      case ALREADY_INSTALLED, SNAPSHOT_INSTALLED -> installed(all.firstIndex);
      case NOT_LEADER -> {
        if (!onFollowerTerm(reply.getTerm())) {
          failed(all, new IOException("it knows a leader of term " + reply.getTerm()));
        }
      }
      case SNAPSHOT_UNAVAILABLE, SNAPSHOT_EXPIRED -> {
        getFollower().setAttemptedToInstallSnapshot();
        failed(all, new IOException("the snapshot is " + reply.getResult()));
      }
      case CONF_MISMATCH, UNRECOGNIZED ->
          failed(all, new IOException("it takes no snapshot: " + reply.getResult()));
    }
    return false;
  }

  private void installed(long index) {
    synchronized (lock) {
      newGeneration();
      getFollower().setSnapshotIndex(index);
      errors = 0;
    }
    getFollower().setAttemptedToInstallSnapshot();
    getLeaderState().onFollowerCommitIndex(getFollower(), index);
  }
}
