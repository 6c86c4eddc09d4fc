package io.flotilla.cli;

import com.google.protobuf.Message;
import io.flotilla.proto.admin.AdminError;
import io.flotilla.proto.admin.AdminGrpc;
import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.DrainRequest;
import io.flotilla.proto.admin.DrainResponse;
import io.flotilla.proto.admin.GetConfigRequest;
import io.flotilla.proto.admin.GetConfigResponse;
import io.flotilla.proto.admin.IdentifyRequest;
import io.flotilla.proto.admin.Identity;
import io.flotilla.proto.admin.ImportProgress;
import io.flotilla.proto.admin.ImportRequest;
import io.flotilla.proto.admin.InitRequest;
import io.flotilla.proto.admin.InitResponse;
import io.flotilla.proto.admin.ListNodesRequest;
import io.flotilla.proto.admin.ListNodesResponse;
import io.flotilla.proto.admin.ListShardsRequest;
import io.flotilla.proto.admin.ListShardsResponse;
import io.flotilla.proto.admin.ListSlotsRequest;
import io.flotilla.proto.admin.ListSlotsResponse;
import io.flotilla.proto.admin.NodePhase;
import io.flotilla.proto.admin.ReplaceNodeProgress;
import io.flotilla.proto.admin.ReplaceNodeRequest;
import io.flotilla.proto.admin.ResetConfigRequest;
import io.flotilla.proto.admin.ResetConfigResponse;
import io.flotilla.proto.admin.SetConfigRequest;
import io.flotilla.proto.admin.SetConfigResponse;
import io.flotilla.proto.admin.StatusRequest;
import io.flotilla.proto.admin.StopRequest;
import io.flotilla.proto.admin.StopResponse;
import io.flotilla.proto.admin.TakeSnapshotRequest;
import io.flotilla.proto.admin.TakeSnapshotResponse;
import io.flotilla.proto.admin.TransferLeaderRequest;
import io.flotilla.proto.admin.TransferLeaderResponse;
import io.flotilla.proto.admin.VerifyRequest;
import io.flotilla.proto.admin.VerifyResponse;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** An admin service that answers what a test laid out for it, and remembers what it was asked. */
final class FakeAdmin extends AdminGrpc.AdminImplBase {
  private static final Metadata.Key<AdminError> ERROR =
      Metadata.Key.of(
          "flotilla-error-bin", ProtoUtils.metadataMarshaller(AdminError.getDefaultInstance()));

  /** What was asked, in order, without the introductions. */
  final List<Message> asked = new CopyOnWriteArrayList<>();

  volatile Identity identity =
      Identity.newBuilder()
          .setNodeId(Examples.N1)
          .setName("n1")
          .setClusterId(Examples.CLUSTER)
          .setPhase(NodePhase.NODE_PHASE_SERVING)
          .setVersion("0.1.0")
          .setPid(4711)
          .build();
  volatile ClusterStatus status = Examples.status();
  volatile VerifyResponse verification = VerifyResponse.getDefaultInstance();
  volatile TakeSnapshotResponse snapshots = TakeSnapshotResponse.getDefaultInstance();
  volatile DrainResponse drained = DrainResponse.getDefaultInstance();
  volatile List<ReplaceNodeProgress> progress = new ArrayList<>();
  volatile @Nullable RuntimeException failure;

  /** From now on every call but the introduction fails so; an empty reason means no AdminError. */
  void fail(Status status, String reason, boolean outcomeUnknown) {
    Metadata trailers = new Metadata();
    if (!reason.isEmpty()) {
      trailers.put(
          ERROR,
          AdminError.newBuilder().setReason(reason).setOutcomeUnknown(outcomeUnknown).build());
    }
    failure = status.asRuntimeException(trailers);
  }

  private <M> void answer(Message request, StreamObserver<M> to, M response) {
    asked.add(request);
    RuntimeException thrown = failure;
    if (thrown != null) {
      to.onError(thrown);
      return;
    }
    to.onNext(response);
    to.onCompleted();
  }

  @Override
  public void identify(IdentifyRequest request, StreamObserver<Identity> to) {
    to.onNext(identity);
    to.onCompleted();
  }

  @Override
  public void status(StatusRequest request, StreamObserver<ClusterStatus> to) {
    answer(request, to, status);
  }

  @Override
  public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> to) {
    answer(request, to, ListNodesResponse.newBuilder().addAllNodes(status.getNodesList()).build());
  }

  @Override
  public void listShards(ListShardsRequest request, StreamObserver<ListShardsResponse> to) {
    answer(
        request, to, ListShardsResponse.newBuilder().addAllShards(status.getShardsList()).build());
  }

  @Override
  public void listSlots(ListSlotsRequest request, StreamObserver<ListSlotsResponse> to) {
    answer(request, to, Examples.slots());
  }

  @Override
  public void init(InitRequest request, StreamObserver<InitResponse> to) {
    answer(
        request,
        to,
        InitResponse.newBuilder().setClusterId(Examples.CLUSTER).addNodeIds(Examples.N1).build());
  }

  @Override
  public void transferLeader(
      TransferLeaderRequest request, StreamObserver<TransferLeaderResponse> to) {
    answer(
        request,
        to,
        TransferLeaderResponse.newBuilder()
            .setFromNodeId(Examples.N1)
            .setFromNodeName("n1")
            .setToNodeId(Examples.N2)
            .setToNodeName("n2")
            .setTerm(8)
            .setTookMillis(137)
            .build());
  }

  @Override
  public void takeSnapshot(TakeSnapshotRequest request, StreamObserver<TakeSnapshotResponse> to) {
    answer(request, to, snapshots);
  }

  @Override
  public void verify(VerifyRequest request, StreamObserver<VerifyResponse> to) {
    answer(request, to, verification);
  }

  @Override
  public void getConfig(GetConfigRequest request, StreamObserver<GetConfigResponse> to) {
    answer(request, to, Examples.config());
  }

  @Override
  public void setConfig(SetConfigRequest request, StreamObserver<SetConfigResponse> to) {
    answer(
        request, to, SetConfigResponse.newBuilder().setVersion(13).setPreviousValue("500").build());
  }

  @Override
  public void resetConfig(ResetConfigRequest request, StreamObserver<ResetConfigResponse> to) {
    answer(
        request,
        to,
        ResetConfigResponse.newBuilder()
            .setVersion(14)
            .setPreviousValue("500")
            .setDefaultValue("128")
            .build());
  }

  @Override
  public void replaceNode(ReplaceNodeRequest request, StreamObserver<ReplaceNodeProgress> to) {
    asked.add(request);
    progress.forEach(to::onNext);
    RuntimeException thrown = failure;
    if (thrown != null) {
      to.onError(thrown);
    } else {
      to.onCompleted();
    }
  }

  /** The bytes of all imports' files, as they came; with where each began. */
  final List<String> files = new CopyOnWriteArrayList<>();

  /** What an import is told, the last of it at the end of its file. */
  volatile List<ImportProgress> imported = new ArrayList<>();

  /** How many loads the node breaks off when the first of what they are told has been said. */
  final AtomicInteger breaks = new AtomicInteger();

  /** Whether loads fail for good when the first of what they are told has been said. */
  volatile boolean failsLoads;

  @Override
  public StreamObserver<ImportRequest> importFile(StreamObserver<ImportProgress> to) {
    return new StreamObserver<>() {
      private final StringBuilder file = new StringBuilder();
      private boolean checks;

      @Override
      public void onNext(ImportRequest request) {
        if (request.hasBegin()) {
          asked.add(request.getBegin());
          checks = request.getBegin().getCheckOnly();
          file.append(request.getBegin().getFrom().getOffset()).append(':');
        } else {
          file.append(request.getData().toStringUtf8());
        }
      }

      @Override
      public void onError(Throwable gone) {}

      @Override
      public void onCompleted() {
        files.add(file.toString());
        RuntimeException thrown = failure;
        if (!checks && failsLoads) {
          to.onNext(imported.get(0));
          to.onError(
              Status.FAILED_PRECONDITION.withDescription("a key exists").asRuntimeException());
        } else if (!checks && breaks.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
          to.onNext(imported.get(0));
          to.onError(Status.UNAVAILABLE.withDescription("the node is gone").asRuntimeException());
        } else if (thrown != null) {
          to.onError(thrown);
        } else {
          to.onNext(imported.get(imported.size() - 1));
          to.onCompleted();
        }
      }
    };
  }

  @Override
  public void drain(DrainRequest request, StreamObserver<DrainResponse> to) {
    answer(request, to, drained);
  }

  @Override
  public void stop(StopRequest request, StreamObserver<StopResponse> to) {
    answer(request, to, StopResponse.newBuilder().setPid(4711).build());
  }
}
