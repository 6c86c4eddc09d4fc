package io.flotilla.node.raft;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.Proposal;
import io.flotilla.node.proposal.Proposal.Refusal;
import io.flotilla.node.proposal.ReplicatedMachine;
import io.flotilla.node.proposal.ReplicatedMachine.SnapshotCut;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.proposal.ShardLoop;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.AlreadyClosedException;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.apache.ratis.protocol.exceptions.ServerNotReadyException;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.JavaUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's replica of one Raft group: the {@link ShardLog} towards the node, and what {@link
 * RatisMachine} drives towards Ratis.
 *
 * <pre>
 *   propose ─▶ Ratis: startTransaction ─▶ preAppend (position known) ─▶ log, followers ─▶ committed
 *                                                                                             │  Ratis' apply thread
 *   machine.apply(entry, own proposal) ◀── the loop's turn, in log order ◀─────────────────────┘
 * </pre>
 *
 * <p><b>Own proposals</b> wait in {@link #inFlight} by call id, from the append on until the
 * machine has applied them or the place in the log that they had taken is applied with something
 * else. Losing leadership does not empty it: the entry may still be committed by the next leader,
 * and the waiting clients then get their real replies (ARCHITECTURE §3).
 *
 * <p><b>Threads.</b> The machine, {@link #told}, {@link #open} and the snapshot counters are
 * touched on the loop only; the rest is volatile or concurrent. Outcomes are told on the loop, so
 * Ratis' locks, under which some futures complete, are never held.
 */
final class Replica implements ShardLog {
  private static final Logger log = LoggerFactory.getLogger(Replica.class);

  private static final CompletableFuture<Message> DONE =
      CompletableFuture.completedFuture(Message.EMPTY);

  /** An entry's type for Ratis: a write that is answered when a majority has it. */
  private static final RaftClientRequest.Type WRITE = RaftClientRequest.writeRequestType();

  private final GroupId group;
  private final NodeId self;
  private final RaftPeerId peerId;
  private final RaftGroupId raftGroup;
  private final ClientId client;
  private final ByteString clientBytes;
  private final AtomicLong callIds;
  private final RaftCounters counters;
  private final Halt halt;
  private final TurnLoop loop;
  private final ReplicatedMachine machine;
  private final Snapshots snapshots;
  private final int entryBytesMax;

  /** Appended here and not yet known to be applied or overtaken. */
  private final ConcurrentHashMap<Long, Submission> inFlight = new ConcurrentHashMap<>();

  /** Those of {@link #inFlight} whose outcome was told to be unknown, in log order. */
  private final ArrayDeque<Submission> open = new ArrayDeque<>();

  private final AtomicReference<@Nullable LeaderHint> hint = new AtomicReference<>();

  /** What the machine was told last of its leader. */
  private @Nullable LeaderHint told;

  private boolean toldLeading;

  private volatile LogPosition lastApplied = LogPosition.NONE;
  private volatile RaftServer.@Nullable Division division;
  private volatile @Nullable VotersOf voters;
  private volatile boolean closing;
  private volatile boolean removed;
  private volatile boolean halted;

  /** Voters as they stand in one configuration object of Ratis, which is immutable. */
  private record VotersOf(RaftConfiguration configuration, Voters voters) {}

  Replica(
      GroupId group,
      NodeId self,
      RaftPeerId peerId,
      ClientId client,
      AtomicLong callIds,
      RaftSettings settings,
      MachineFactory machines,
      Snapshots.Reporter reporter,
      SnapshotFiles files,
      RaftCounters counters,
      Halt halt) {
    this.group = group;
    this.self = self;
    this.peerId = peerId;
    this.raftGroup = RaftGroupId.valueOf(group.uuid());
    this.client = client;
    this.clientBytes = client.toByteString();
    this.callIds = callIds;
    this.counters = counters;
    this.halt = halt;
    this.entryBytesMax = settings.entryBytesMax();
    this.loop = new TurnLoop("flotilla-loop-" + group, this::taskFailed);
    this.snapshots = new Snapshots(this, settings, files, reporter, counters);
    this.machine = machines.open(group, this, loop);
  }

  @Override
  public GroupId group() {
    return group;
  }

  @Override
  public NodeId self() {
    return self;
  }

  ShardLoop loop() {
    return loop;
  }

  Snapshots snapshots() {
    return snapshots;
  }

  // ---------------------------------------------------------------------------------------------------------------- proposals

  @Override
  public void propose(Proposal proposal) {
    counters.proposals.increment();
    RaftServer.Division d = division;
    if (d == null || closing || halted) {
      refuse(proposal, Refusal.CLOSED);
      return;
    }
    if (proposal.entry().remaining() > entryBytesMax) {
      throw new IllegalArgumentException(
          "an entry of "
              + proposal.entry().remaining()
              + " bytes for a log that takes "
              + entryBytesMax);
    }
    if (!d.getInfo().isLeader()) {
      refuse(proposal, Refusal.NOT_LEADER);
      return;
    }
    Submission submission = new Submission(proposal, callIds.incrementAndGet());
    counters.proposalsInFlight.increment();
    RaftClientRequest request =
        RaftClientRequest.newBuilder()
            .setClientId(client)
            .setServerId(peerId)
            .setGroupId(raftGroup)
            .setCallId(submission.callId)
            .setMessage(submission)
            .setType(WRITE)
            .build();
    CompletableFuture<RaftClientReply> reply;
    try {
      reply = ((RaftClientAsynchronousProtocol) d).submitClientRequestAsync(request);
    } catch (IOException | RuntimeException e) {
      fail(submission, e);
      return;
    }
    var unused =
        reply.whenComplete((r, e) -> {
          if (e != null) {
            fail(submission, JavaUtils.unwrapCompletionException(e));
          } else if (!r.isSuccess()) {
            fail(submission, r.getException());
          }
        });
  }

  /** Ratis is about to append the submission at this place; called under its locks. */
  void appending(Submission submission, RaftServer.Division d) {
    inFlight.put(submission.callId, submission);
    submission.appendingAt(
        new LogPosition(d.getInfo().getCurrentTerm(), d.getRaftLog().getNextIndex()));
  }

  private void refuse(Proposal proposal, Refusal why) {
    counters.proposalsRefused.increment();
    post(() -> proposal.refused(why));
  }

  /**
   * Ratis answered a submission with an error: what that means depends on whether it was appended.
   */
  private void fail(Submission submission, @Nullable Throwable error) {
    if (submission.position() == null) {
      counters.proposalsInFlight.decrement();
      refuse(submission.proposal, refusal(error));
    } else {
      post(() -> unknown(submission, error));
    }
  }

  private Refusal refusal(@Nullable Throwable error) {
    return switch (error) {
      case NotLeaderException e -> Refusal.NOT_LEADER;
      case LeaderSteppingDownException e -> Refusal.NOT_LEADER;
      case LeaderNotReadyException e -> Refusal.NOT_READY;
      case ResourceUnavailableException e -> Refusal.OVERLOADED;
      case ServerNotReadyException e -> Refusal.CLOSED;
      case AlreadyClosedException e -> Refusal.CLOSED;
      case null, default -> {
        log.warn("group {}: a proposal failed before the log", group, error);
        yield Refusal.CLOSED;
      }
    };
  }

  private void unknown(Submission submission, @Nullable Throwable error) {
    if (submission.settled) {
      return;
    }
    submission.settled = true;
    counters.proposalsInFlight.decrement();
    counters.proposalsUnknown.increment();
    LogPosition place = Objects.requireNonNull(submission.position());
    if (place.index() > lastApplied.index()) {
      open.add(submission);
      submission.proposal.unknown(describe(error));
    } else {
      // Its place was applied with another entry while this answer travelled.
      inFlight.remove(submission.callId);
      submission.proposal.unknown(describe(error));
      submission.proposal.overtaken();
    }
  }

  private static String describe(@Nullable Throwable error) {
    return error == null ? "no reason given" : error.getClass().getSimpleName();
  }

  // -------------------------------------------------------------------------------------------------------------------- apply

  /**
   * Applies a committed entry in the loop's turn; the future completes when the machine has applied
   * it.
   */
  CompletableFuture<Message> apply(LogEntryProto entry) {
    if (halted) {
      return DONE; // The process is ending; Ratis must not wait for us.
    }
    Applying task = new Applying(entry);
    if (loop.tryRun(task)) {
      counters.appliedWithoutHandOff.increment();
      return DONE;
    }
    CompletableFuture<Message> done = new CompletableFuture<>();
    task.done = done;
    if (!post(task)) {
      done.cancel(false);
    }
    return done;
  }

  private final class Applying implements Runnable {
    private final LogEntryProto entry;
    private @Nullable CompletableFuture<Message> done;

    Applying(LogEntryProto entry) {
      this.entry = entry;
    }

    @Override
    public void run() {
      applyNow(entry);
      if (done != null) {
        done.complete(Message.EMPTY);
      }
    }
  }

  private void applyNow(LogEntryProto entry) {
    StateMachineLogEntryProto body = entry.getStateMachineLogEntry();
    ByteString data = body.getLogData();
    Submission own = null;
    if (!inFlight.isEmpty() && body.getClientId().equals(clientBytes)) {
      own = inFlight.remove(body.getCallId());
    }
    if (own != null) {
      if (own.settled) {
        open.remove(own);
      } else {
        own.settled = true;
        counters.proposalsInFlight.decrement();
      }
    }
    try {
      machine.apply(
          entry.getTerm(),
          entry.getIndex(),
          data.asReadOnlyByteBuffer(),
          own == null ? null : own.proposal);
    } catch (Throwable t) {
      stopFor(
          "its machine threw at entry "
              + group
              + "/"
              + entry.getTerm()
              + "/"
              + entry.getIndex()
              + ": its data is kept as it is. If every replica halts here, see \"A poisoned entry\" in docs/operations",
          t);
      return;
    }
    passed(entry.getTerm(), entry.getIndex());
    counters.entriesApplied.increment();
    counters.bytesApplied.add(data.size());
    snapshots.applied(data.size());
  }

  /** Passes an entry of Ratis' own in the loop's turn. */
  void pass(long term, long index) {
    Runnable task = () -> passNow(term, index);
    if (!loop.tryRun(task)) {
      post(task);
    }
  }

  private void passNow(long term, long index) {
    try {
      machine.pass(term, index);
    } catch (Throwable t) {
      stopFor("its machine threw when it passed entry " + index + " of term " + term, t);
      return;
    }
    passed(term, index);
    counters.entriesPassed.increment();
  }

  /**
   * The machine has passed this position: whoever had taken a place up to it and was not applied
   * never will be.
   */
  private void passed(long term, long index) {
    lastApplied = new LogPosition(term, index);
    for (Submission s = open.peek(); s != null && place(s) <= index; s = open.peek()) {
      open.remove();
      inFlight.remove(s.callId);
      s.proposal.overtaken();
    }
  }

  private static long place(Submission s) {
    return Objects.requireNonNull(s.position()).index();
  }

  // ---------------------------------------------------------------------------------------------------------------- snapshots

  /** Begins an exact cut at the last applied position; on the loop. */
  SnapshotCut beginSnapshot() {
    return machine.beginSnapshot();
  }

  /**
   * Replaces the machine's state by a snapshot; waits for its turn. Submissions up to its position
   * stay unknown for ever: the snapshot does not say whether it holds them.
   */
  void restore(LogPosition position, InputStream snapshot) throws IOException {
    try {
      loop.call(() -> {
        machine.restore(position, snapshot);
        lastApplied = position;
        while (!open.isEmpty() && place(open.peek()) <= position.index()) {
          inFlight.remove(open.remove().callId);
        }
        return null;
      });
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  // --------------------------------------------------------------------------------------------------------------- leadership

  /** Ratis tells of a leader; called under its lock, with the term already that of the leader. */
  void leaderHeard(RaftPeerId leader, long term) {
    LeaderHint heard = new LeaderHint(term, new NodeId(leader.toString()));
    hint.set(heard);
    if (heard.node().equals(self)) {
      counters.elections.increment();
    }
    post(this::tellLeader);
  }

  /** This replica leads and has applied an entry of its own term. */
  void leaderReady() {
    post(() -> {
      tellLeader();
      machine.leaderReady();
    });
  }

  /** This replica has just ceased to lead. */
  void leadershipLost() {
    counters.leadershipsLost.increment();
    post(this::tellLeader);
  }

  /** Forgets the leader if Ratis has: it tells of new leaders, but not of their loss. */
  void forgetLostLeader() {
    RaftServer.Division d = division;
    LeaderHint known = hint.get();
    if (d != null
        && known != null
        && d.getInfo().getLeaderId() == null
        && hint.compareAndSet(known, null)) {
      post(this::tellLeader);
    }
  }

  private void tellLeader() {
    LeaderHint now = leader();
    boolean leading = now != null && now.node().equals(self) && isLeader();
    if (leading == toldLeading && Objects.equals(now, told)) {
      return;
    }
    told = now;
    toldLeading = leading;
    try {
      machine.leaderChanged(now, leading);
    } catch (Throwable t) {
      stopFor("its machine threw when told of leader " + now, t);
    }
  }

  @Override
  public long currentTerm() {
    RaftServer.Division d = division;
    return d == null ? -1 : d.getInfo().getCurrentTerm();
  }

  @Override
  public boolean isLeaderReady() {
    RaftServer.Division d = division;
    return d != null && !closing && !halted && d.getInfo().isLeaderReady();
  }

  @Override
  public boolean isLeader() {
    RaftServer.Division d = division;
    return d != null && !closing && !halted && d.getInfo().isLeader();
  }

  @Override
  public long committedIndex() {
    RaftServer.Division d = division;
    return d == null ? -1 : d.getRaftLog().getLastCommittedIndex();
  }

  @Override
  public LogPosition lastApplied() {
    return lastApplied;
  }

  @Override
  public @Nullable LeaderHint leader() {
    RaftServer.Division d = division;
    LeaderHint known = hint.get();
    return d == null
            || known == null
            || d.getInfo().getLeaderId() == null
            || d.getInfo().getCurrentTerm() != known.term()
        ? null
        : known;
  }

  @Override
  @SuppressWarnings(
      "ReferenceEquality") // a configuration object never changes, and comparing two walks all
  // members
  public Voters voters() {
    RaftServer.Division d = division;
    if (d == null) {
      return new Voters(Set.of(), Set.of());
    }
    RaftConfiguration now = d.getRaftConf();
    VotersOf cached = voters;
    if (cached == null || cached.configuration != now) {
      cached =
          new VotersOf(
              now, new Voters(nodes(now.getCurrentPeers()), nodes(now.getPreviousPeers())));
      voters = cached;
    }
    return cached.voters;
  }

  private static Set<NodeId> nodes(Collection<RaftPeer> peers) {
    return peers.stream()
        .map(p -> new NodeId(p.getId().toString()))
        .collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public int followersHolding(long index) {
    RaftServer.Division d = division;
    if (d == null || !isLeader()) {
      return 0;
    }
    Set<NodeId> current = voters().current();
    return (int)
        followers(d, d.getInfo().getRoleInfoProto()).stream()
            .filter(f -> f.matched() >= index && current.contains(f.node()))
            .count();
  }

  /** What this division, if it leads, knows of its followers; empty if it does not. */
  static List<GroupStatus.Follower> followers(RaftServer.Division d, RoleInfoProto role) {
    List<GroupStatus.Follower> followers = new ArrayList<>();
    if (role.hasLeaderInfo()) {
      long[] matched = d.getInfo().getFollowerMatchIndices();
      List<ServerRpcProto> infos = role.getLeaderInfo().getFollowerInfoList();
      for (int i = 0; i < infos.size(); i++) {
        followers.add(
            new GroupStatus.Follower(
                new NodeId(infos.get(i).getId().getId().toStringUtf8()),
                matched != null && i < matched.length ? matched[i] : -1,
                infos.get(i).getLastRpcElapsedTimeMs()));
      }
    }
    return followers;
  }

  @Override
  public void stepDown(String reason) {
    snapshots.reporter().stepDown(this, reason);
  }

  // --------------------------------------------------------------------------------------------------------------- life cycle

  RaftServer.@Nullable Division division() {
    return division;
  }

  /** The division is open, its log included: from now on it can be asked. Idempotent. */
  void attach(RaftServer.Division d) {
    if (division == null) {
      division = d;
      post(this::tellLeader);
    }
  }

  /** The replica is being closed on purpose: a division that ends now is no reason to halt. */
  void closing() {
    closing = true;
  }

  boolean isClosing() {
    return closing;
  }

  /** The group no longer counts this node as a member; Ratis has closed the division. */
  void memberRemoved() {
    log.info("group {}: this node is no longer a member", group);
    removed = true;
    closing = true;
  }

  boolean isRemoved() {
    return removed;
  }

  void close() {
    closing = true;
    snapshots.close();
    loop.close();
  }

  /** Runs a task on the loop; false if the loop has ended. */
  boolean post(Runnable task) {
    try {
      loop.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  /** Ends this replica, and the process with it. */
  void stopFor(String why, @Nullable Throwable cause) {
    halted = true;
    loop.stop();
    halt.halt("group " + group + ": " + why, cause);
  }

  private void taskFailed(Throwable t) {
    if (t instanceof Error) {
      stopFor("a task on its loop threw", t);
    } else {
      counters.loopTaskFailures.increment();
      log.error("group {}: a task on the loop threw", group, t);
    }
  }
}
