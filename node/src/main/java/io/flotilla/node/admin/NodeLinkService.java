package io.flotilla.node.admin;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.proto.admin.Identity;
import io.flotilla.proto.metadata.MetadataVerdict;
import io.flotilla.proto.nodes.AdoptRequest;
import io.flotilla.proto.nodes.AdoptResponse;
import io.flotilla.proto.nodes.ChangeMembersRequest;
import io.flotilla.proto.nodes.ChangeMembersResponse;
import io.flotilla.proto.nodes.CheckRequest;
import io.flotilla.proto.nodes.CheckResponse;
import io.flotilla.proto.nodes.CloseReplicaRequest;
import io.flotilla.proto.nodes.CloseReplicaResponse;
import io.flotilla.proto.nodes.DoubtRequest;
import io.flotilla.proto.nodes.DoubtResponse;
import io.flotilla.proto.nodes.GreetRequest;
import io.flotilla.proto.nodes.Greeting;
import io.flotilla.proto.nodes.HandOverRequest;
import io.flotilla.proto.nodes.HandOverResponse;
import io.flotilla.proto.nodes.LoadRequest;
import io.flotilla.proto.nodes.LoadResponse;
import io.flotilla.proto.nodes.LocalStatusRequest;
import io.flotilla.proto.nodes.LocalStatusResponse;
import io.flotilla.proto.nodes.NodeLinkGrpc;
import io.flotilla.proto.nodes.OpenReplicaRequest;
import io.flotilla.proto.nodes.OpenReplicaResponse;
import io.flotilla.proto.nodes.ProposeRequest;
import io.flotilla.proto.nodes.ReplicaDigestRequest;
import io.flotilla.proto.nodes.ReplicaDigestResponse;
import io.flotilla.proto.nodes.SnapshotRequest;
import io.flotilla.proto.nodes.SnapshotResponse;
import io.flotilla.statemachine.metadata.NodeId;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.UUID;

/** What other nodes ask of this one. */
final class NodeLinkService extends NodeLinkGrpc.NodeLinkImplBase {
  /** How long a call may take, whatever its deadline. */
  private static final Duration MOST = Duration.ofSeconds(30);

  /** A snapshot of a large shard takes minutes; whoever asks for one says how long to wait. */
  static final Duration SNAPSHOT_MOST = Duration.ofHours(1);

  private final LocalNode node;

  NodeLinkService(LocalNode node) {
    this.node = node;
  }

  private String self() {
    return node.identity().getNodeId();
  }

  static GroupId group(String text) {
    try {
      return new GroupId(UUID.fromString(text));
    } catch (IllegalArgumentException e) {
      throw new AdminException(
          AdminException.Kind.INVALID, "bad-group", "\"" + text + "\" is no group id");
    }
  }

  @Override
  public void greet(GreetRequest request, StreamObserver<Greeting> out) {
    Calls.answer(self(), out, () -> node.greet(request));
  }

  @Override
  public void adopt(AdoptRequest request, StreamObserver<AdoptResponse> out) {
    Calls.answer(
        self(), out, () -> AdoptResponse.newBuilder().setNode(node.adopt(request)).build());
  }

  @Override
  public void propose(ProposeRequest request, StreamObserver<MetadataVerdict> out) {
    Calls.answer(self(), out, () -> node.propose(request.getEntry(), Calls.timeout(MOST)));
  }

  @Override
  public void localStatus(LocalStatusRequest request, StreamObserver<LocalStatusResponse> out) {
    Calls.answer(self(), out, node::status);
  }

  @Override
  public void check(CheckRequest request, StreamObserver<CheckResponse> out) {
    Calls.answer(
        self(),
        out,
        () -> {
          LogPosition at =
              node.check(group(request.getGroupId()), request.getCheckId(), Calls.timeout(MOST));
          return CheckResponse.newBuilder().setTerm(at.term()).setIndex(at.index()).build();
        });
  }

  @Override
  public void replicaDigest(
      ReplicaDigestRequest request, StreamObserver<ReplicaDigestResponse> out) {
    Calls.answer(
        self(),
        out,
        () -> {
          LocalNode.Digest digest =
              node.digest(
                  group(request.getGroupId()),
                  request.getCheckId(),
                  Calls.timeout(ReplicaDigests.MOST));
          Identity identity = node.identity();
          return ReplicaDigestResponse.newBuilder()
              .setIndex(digest.index())
              .setDigest(digest.hex())
              .setNodeId(identity.getNodeId())
              .setVersion(identity.getVersion())
              .build();
        });
  }

  @Override
  public void doubt(DoubtRequest request, StreamObserver<DoubtResponse> out) {
    Calls.answer(
        self(),
        out,
        () -> {
          node.doubt(group(request.getGroupId()), request.getCheckId(), request.getIndex());
          return DoubtResponse.getDefaultInstance();
        });
  }

  @Override
  public void handOver(HandOverRequest request, StreamObserver<HandOverResponse> out) {
    Calls.answer(
        self(),
        out,
        () -> {
          node.transferLeadership(
              group(request.getGroupId()), new NodeId(request.getToNodeId()), Calls.timeout(MOST));
          return HandOverResponse.getDefaultInstance();
        });
  }

  @Override
  public void snapshot(SnapshotRequest request, StreamObserver<SnapshotResponse> out) {
    Calls.answer(
        self(),
        out,
        () ->
            SnapshotResponse.newBuilder()
                .setIndex(node.snapshot(group(request.getGroupId()), Calls.timeout(SNAPSHOT_MOST)))
                .build());
  }

  @Override
  public void openReplica(OpenReplicaRequest request, StreamObserver<OpenReplicaResponse> out) {
    Calls.answer(
        self(),
        out,
        () -> {
          node.openReplica(group(request.getGroupId()));
          return OpenReplicaResponse.getDefaultInstance();
        });
  }

  @Override
  public void closeReplica(CloseReplicaRequest request, StreamObserver<CloseReplicaResponse> out) {
    Calls.answer(
        self(),
        out,
        () -> {
          node.closeReplica(group(request.getGroupId()));
          return CloseReplicaResponse.getDefaultInstance();
        });
  }

  @Override
  public void changeMembers(
      ChangeMembersRequest request, StreamObserver<ChangeMembersResponse> out) {
    Calls.answer(
        self(),
        out,
        () -> {
          node.changeMembers(request, Calls.timeout(NodeReplacement.MEMBER_TIMEOUT));
          return ChangeMembersResponse.getDefaultInstance();
        });
  }

  @Override
  public void load(LoadRequest request, StreamObserver<LoadResponse> out) {
    Calls.answer(self(), out, () -> node.load(request, Calls.timeout(MOST)));
  }
}
