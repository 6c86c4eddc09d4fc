package io.flotilla.node.raft;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.raft.RaftLinks.Subject;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotReplyProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionReplyProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.thirdparty.com.google.protobuf.AbstractMessage;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.Parser;
import org.jspecify.annotations.Nullable;

/**
 * A Ratis server's end of the {@link RaftLinks}: asks for votes in its name, and hands it what
 * other nodes ask.
 *
 * <p>Entries of the leader whom this replica already follows are taken in on the links' thread:
 * Ratis only queues them for its log's writer. All else may wait for the disk or for a thread to
 * end (a vote is fsynced, a step down waits), and so has threads of its own.
 */
final class LinkedServerRpc implements RaftServerRpc {
  private final RpcType type;
  private final RaftServer server;
  private final RaftLinks links;
  private final InetSocketAddress address;
  private final Path groups;
  private final VoteRoom room;
  private final Map<ByteString, KeptVote> keptVotes = new ConcurrentHashMap<>();
  private final Map<NodeId, InetSocketAddress> peers = new ConcurrentHashMap<>();
  private final Map<ByteString, RaftServer.Division> divisions = new ConcurrentHashMap<>();
  private final ExecutorService patient =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().daemon().name("flotilla-raft-questions-", 0).factory());

  LinkedServerRpc(RpcType type, RaftServer server, RaftLinks links, InetSocketAddress address) {
    this.type = type;
    this.server = server;
    this.links = links;
    this.address = address;
    this.groups = RaftServerConfigKeys.storageDir(server.getProperties()).getFirst().toPath();
    this.room = new VoteRoom(groups);
  }

  @Override
  public void start() {
    links.serve(this::answer);
  }

  @Override
  public void close() {
    patient.shutdown();
    divisions.clear();
  }

  @Override
  public RpcType getRpcType() {
    return type;
  }

  @Override
  public InetSocketAddress getInetSocketAddress() {
    return address;
  }

  @Override
  public void addRaftPeers(Collection<RaftPeer> added) {
    for (RaftPeer each : added) {
      String where = each.getAddress();
      if (where != null && !where.isEmpty()) {
        int colon = where.lastIndexOf(':');
        peers.put(
            new NodeId(each.getId().toString()),
            InetSocketAddress.createUnresolved(
                where.substring(0, colon), Integer.parseInt(where.substring(colon + 1))));
      }
    }
    links.peers(Map.copyOf(peers));
  }

  /** The links mend themselves. */
  @Override
  public void handleException(RaftPeerId peer, Exception e, boolean reconnect) {}

  // --------------------------------------------------------------------------------------------------------------- what is asked here

  private CompletionStage<byte[]> answer(NodeId from, Subject subject, ByteBuffer body) {
    try {
      return switch (subject) {
        case APPEND -> {
          AppendEntriesRequestProto request = AppendEntriesRequestProto.parseFrom(body);
          yield isRoutine(request) ? append(request) : appendPatiently(request);
        }
        case VOTE -> {
          RequestVoteRequestProto request = RequestVoteRequestProto.parseFrom(body);
          yield promising(
              request.getServerRequest(), () -> server.requestVote(request).toByteArray());
        }
        case SNAPSHOT -> {
          InstallSnapshotRequestProto request = InstallSnapshotRequestProto.parseFrom(body);
          yield promising(
              request.getServerRequest(), () -> server.installSnapshot(request).toByteArray());
        }
        case STAND -> {
          StartLeaderElectionRequestProto request = StartLeaderElectionRequestProto.parseFrom(body);
          yield promising(
              request.getServerRequest(), () -> server.startLeaderElection(request).toByteArray());
        }
      };
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletableFuture<byte[]> append(AppendEntriesRequestProto request) throws IOException {
    return server.appendEntriesAsync(request).thenApply(AbstractMessage::toByteArray);
  }

  private CompletableFuture<byte[]> appendPatiently(AppendEntriesRequestProto request) {
    return CompletableFuture.completedFuture(request)
        .thenComposeAsync(
            each -> {
              try {
                room.require();
                return append(each)
                    .thenApplyAsync(reply -> kept(each.getServerRequest(), reply), patient);
              } catch (IOException e) {
                return CompletableFuture.failedFuture(e);
              }
            },
            patient);
  }

  /**
   * Whether the entries come from the leader whom the replica follows, so that nothing changes but
   * its log.
   */
  private boolean isRoutine(AppendEntriesRequestProto request) {
    RaftRpcRequestProto header = request.getServerRequest();
    RaftServer.Division division = division(header.getRaftGroupId().getId());
    if (division == null) {
      return false;
    }
    DivisionInfo info = division.getInfo();
    RaftPeerId leader = info.getLeaderId();
    return info.isFollower()
        && info.getCurrentTerm() == request.getLeaderTerm()
        && leader != null
        && leader.toByteString().equals(header.getRequestorId());
  }

  /** The open replica of a group; null if it is not known to be open. */
  private RaftServer.@Nullable Division division(ByteString group) {
    RaftServer.Division known = divisions.get(group);
    if (known != null && known.getInfo().isAlive()) {
      return known;
    }
    divisions.remove(group);
    if (known == null && !patient.isShutdown()) {
      // The asking may wait for a group that is being opened.
      var unused =
          patiently(() -> {
            divisions.put(group, server.getDivision(RaftGroupId.valueOf(group)));
            return true;
          });
    }
    return null;
  }

  /** What may change the term or the vote, which are kept before anybody is told. */
  private CompletableFuture<byte[]> promising(RaftRpcRequestProto header, Callable<byte[]> work) {
    return patiently(() -> {
      room.require();
      return kept(header, work.call());
    });
  }

  /** The reply, once what it tells of is kept. */
  private byte[] kept(RaftRpcRequestProto header, byte[] reply) {
    try {
      keptVote(header).keep();
      return reply;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private KeptVote keptVote(RaftRpcRequestProto header) {
    return keptVotes.computeIfAbsent(
        header.getRaftGroupId().getId(),
        group ->
            new GroupFolder(new GroupId(RaftGroupId.valueOf(group).getUuid()), groups).keptVote());
  }

  private <T> CompletableFuture<T> patiently(Callable<T> work) {
    CompletableFuture<T> done = new CompletableFuture<>();
    try {
      patient.execute(() -> {
        try {
          done.complete(work.call());
        } catch (Exception | Error e) {
          done.completeExceptionally(e);
        }
      });
    } catch (RejectedExecutionException e) {
      done.completeExceptionally(new IOException("the Raft server closes"));
    }
    return done;
  }

  // --------------------------------------------------------------------------------------------------------------- what this node asks

  @Override
  public RequestVoteReplyProto requestVote(RequestVoteRequestProto request) throws IOException {
    room.require(); // It asks without a term of its own at first, and is not heard without room.
    if (!request.getPreVote()) {
      keptVote(request.getServerRequest()).keep();
    }
    return ask(Subject.VOTE, request.getServerRequest(), request, RequestVoteReplyProto.parser());
  }

  @Override
  public AppendEntriesReplyProto appendEntries(AppendEntriesRequestProto request)
      throws IOException {
    return ask(
        Subject.APPEND, request.getServerRequest(), request, AppendEntriesReplyProto.parser());
  }

  @Override
  public InstallSnapshotReplyProto installSnapshot(InstallSnapshotRequestProto request)
      throws IOException {
    return ask(
        Subject.SNAPSHOT, request.getServerRequest(), request, InstallSnapshotReplyProto.parser());
  }

  @Override
  public StartLeaderElectionReplyProto startLeaderElection(StartLeaderElectionRequestProto request)
      throws IOException {
    return ask(
        Subject.STAND, request.getServerRequest(), request, StartLeaderElectionReplyProto.parser());
  }

  private <T> T ask(
      Subject subject, RaftRpcRequestProto header, AbstractMessage request, Parser<T> parser)
      throws IOException {
    NodeId to = new NodeId(header.getReplyId().toStringUtf8());
    try {
      return parser.parseFrom(
          links.ask(to, subject, new MessageBody(request), RatisSettings.REQUEST_TIMEOUT).get());
    } catch (ExecutionException e) {
      throw new IOException(
          subject + " to node " + to.brief() + ": " + RaftHost.rootOf(e).getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException(subject + " to node " + to.brief() + " was interrupted");
    }
  }
}
