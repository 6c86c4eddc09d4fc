package io.flotilla.node.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.metadata.ClusterViews;
import io.flotilla.node.metadata.FakeLog;
import io.flotilla.node.metadata.MetadataClient;
import io.flotilla.node.metadata.Views;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.proto.admin.AdminGrpc.AdminBlockingStub;
import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.GetConfigRequest;
import io.flotilla.proto.admin.Health;
import io.flotilla.proto.admin.IdentifyRequest;
import io.flotilla.proto.admin.ReplaceNodeRequest;
import io.flotilla.proto.admin.ReplicaDigest;
import io.flotilla.proto.admin.ResetConfigRequest;
import io.flotilla.proto.admin.ResetConfigResponse;
import io.flotilla.proto.admin.SetConfigRequest;
import io.flotilla.proto.admin.SnapshotResult;
import io.flotilla.proto.admin.StatusRequest;
import io.flotilla.proto.admin.TakeSnapshotRequest;
import io.flotilla.proto.admin.TransferLeaderRequest;
import io.flotilla.proto.admin.TransferLeaderResponse;
import io.flotilla.proto.admin.VerifyRequest;
import io.flotilla.proto.admin.VerifyResponse;
import io.flotilla.proto.admin.VerifyVerdict;
import io.flotilla.statemachine.metadata.NodeId;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What an operator's calls say of the whole cluster, whatever single nodes do. */
@Tag("slow")
class AdminServiceTest {
  private static final String N1 = ModelCluster.id(1);
  private static final String N2 = ModelCluster.id(2);
  private static final String N3 = ModelCluster.id(3);

  private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
  private ModelCluster cluster;
  private AdminBlockingStub admin;

  @BeforeEach
  void begin() throws IOException {
    cluster = new ModelCluster();
    ModelCluster.Process asked = cluster.process(N1);
    FakeLog elsewhere = new FakeLog(new NodeId(N2));
    elsewhere.leading = false;
    cluster.hints.offer(FakeLog.GROUP, new LeaderHint(1, new NodeId(N1)));
    MetadataClient client =
        new MetadataClient(
            elsewhere.group(new ClusterViews(), cluster.hints),
            cluster.hints,
            node -> new Endpoint("127.0.0.1", asked.port),
            cluster.links,
            executor);
    asked.service.joined(new Joined(ModelCluster.METADATA, cluster::state, cluster.hints, client));
    admin = cluster.links.admin(new Endpoint("127.0.0.1", asked.port), Duration.ofSeconds(30));
  }

  @AfterEach
  void end() {
    cluster.close();
    executor.shutdownNow();
  }

  @Test
  void verifyComparesTheMetadataOfAllNodesToo() {
    VerifyResponse all = admin.verify(VerifyRequest.getDefaultInstance());
    assertThat(all.getShardsList())
        .hasSize(2)
        .allMatch(s -> s.getVerdict() == VerifyVerdict.VERIFY_VERDICT_AGREE);
    assertThat(all.getMetadata().getVerdict()).isEqualTo(VerifyVerdict.VERIFY_VERDICT_AGREE);
    assertThat(all.getMetadata().getReplicasList())
        .extracting(ReplicaDigest::getNodeName)
        .containsExactly("n1", "n2", "n3");
    assertThat(all.getMetadata().getIndex()).isEqualTo(99);

    VerifyResponse metadata =
        admin.verify(VerifyRequest.newBuilder().addShards("metadata").build());
    assertThat(metadata.getShardsList()).isEmpty();
    assertThat(metadata.hasMetadata()).isTrue();
    VerifyResponse shard = admin.verify(VerifyRequest.newBuilder().addShards("1").build());
    assertThat(shard.getShardsList()).hasSize(1);
    assertThat(shard.hasMetadata()).isFalse();
  }

  @Test
  void verifyTellsSilenceFromDifference() {
    cluster.process(N2).digest = null;
    assertThat(admin.verify(VerifyRequest.getDefaultInstance()).getMetadata().getVerdict())
        .isEqualTo(VerifyVerdict.VERIFY_VERDICT_INCOMPLETE);
    cluster.process(N3).digest = "d2";
    VerifyResponse differ = admin.verify(VerifyRequest.getDefaultInstance());
    assertThat(differ.getMetadata().getVerdict()).isEqualTo(VerifyVerdict.VERIFY_VERDICT_DIFFER);
    assertThat(differ.getShards(0).getVerdict()).isEqualTo(VerifyVerdict.VERIFY_VERDICT_DIFFER);
  }

  @Test
  void aNewNodeAtALostOnesAddressDoesNotAnswerForIt() throws Exception {
    assertThat(status().getHealth()).isEqualTo(Health.HEALTH_OK);
    int port = cluster.process(N2).port;
    cluster.kill(N2);
    cluster.start(ModelCluster.id(9), "n2", port);
    ClusterStatus status = status();
    assertThat(status.getHealth()).isEqualTo(Health.HEALTH_DEGRADED);
    assertThat(status.getProblemsList()).contains("node n2 does not answer");
  }

  /** Seen in a chaos run: "ok" was said of a cluster one of whose shards had ceased to commit. */
  @Test
  void aLeaderThatCommitsNothingIsAnOutage() {
    ModelCluster.Group shard =
        Objects.requireNonNull(cluster.groups.get(Views.group(cluster.state().getShards(1))));
    shard.waitsMillis = 5_000;
    assertThat(status().getHealth()).as("an election, perhaps").isEqualTo(Health.HEALTH_OK);
    shard.waitsMillis = 7_300;
    ClusterStatus status = status();
    assertThat(status.getHealth()).isEqualTo(Health.HEALTH_DOWN);
    assertThat(status.getProblemsList())
        .containsExactly(
            "shard 1 has committed nothing for 7 s, though entries wait: 8192 slots take no writes");
    assertThat(status.getSlotsServed()).isEqualTo(8192);
    assertThat(status.getShards(1).getHealth()).isEqualTo(Health.HEALTH_DOWN);
    shard.waitsMillis = 0;
    assertThat(status().getHealth()).isEqualTo(Health.HEALTH_OK);
  }

  @Test
  void entriesThatOnlySomeReplicasPassAreAProblem() {
    String entry = "00000000-0000-0002-0000-000000000000/3/17";
    cluster.process(N1).passes.add(entry);
    cluster.process(N3).passes.add(entry);
    assertThat(status().getProblemsList())
        .singleElement()
        .asString()
        .contains(entry)
        .contains("not by n2");
    cluster.process(N2).passes.add(entry);
    assertThat(status().getProblemsList()).isEmpty();
  }

  private ClusterStatus status() {
    return admin.status(StatusRequest.getDefaultInstance());
  }

  @Test
  void aLeadershipIsHandedToWhomIsNamedOrToAnother() {
    TransferLeaderResponse named =
        admin.transferLeader(
            TransferLeaderRequest.newBuilder().setShard("0").setToNode("n3").build());
    assertThat(named.getFromNodeId()).isEqualTo(N1);
    assertThat(named.getToNodeId()).isEqualTo(N3);
    assertThat(cluster.state().getShards(0).getPreferredLeader())
        .as("nobody brings it back")
        .isEqualTo(N3);
    TransferLeaderResponse any =
        admin.transferLeader(TransferLeaderRequest.newBuilder().setShard("metadata").build());
    assertThat(any.getFromNodeId()).isEqualTo(N1);
    assertThat(any.getToNodeId()).isNotEqualTo(N1);
    refused(
        Status.Code.NOT_FOUND,
        () ->
            admin.transferLeader(
                TransferLeaderRequest.newBuilder().setShard("0").setToNode("n9").build()));
    refused(
        Status.Code.NOT_FOUND,
        () -> admin.transferLeader(TransferLeaderRequest.newBuilder().setShard("7").build()));
  }

  private String length() {
    return admin
        .getConfig(GetConfigRequest.newBuilder().setPattern("length").build())
        .getSettings(0)
        .getValue();
  }

  private long setLength(String value, long expectedVersion) {
    return admin
        .setConfig(
            SetConfigRequest.newBuilder()
                .setName("length")
                .setValue(value)
                .setExpectedVersion(expectedVersion)
                .build())
        .getVersion();
  }

  private static ResetConfigRequest reset(String name, long expectedVersion) {
    return ResetConfigRequest.newBuilder()
        .setName(name)
        .setExpectedVersion(expectedVersion)
        .build();
  }

  @Test
  void aSettingIsChangedAndTakenBackToItsDefaultWhichIsThenKeptNowhere() {
    assertThat(length()).isEqualTo("128");
    long first = setLength("7", 0);
    assertThat(length()).isEqualTo("7");

    refused(Status.Code.ABORTED, () -> admin.resetConfig(reset("length", first + 1)));
    assertThat(length()).isEqualTo("7");
    ResetConfigResponse back = admin.resetConfig(reset("length", first));
    assertThat(back.getPreviousValue()).isEqualTo("7");
    assertThat(back.getDefaultValue()).isEqualTo("128");
    assertThat(back.getVersion()).isGreaterThan(first);
    assertThat(length()).isEqualTo("128");
    assertThat(cluster.state().getSettingsList()).isEmpty();

    ResetConfigResponse again = admin.resetConfig(reset("length", 0));
    assertThat(again.getPreviousValue()).as("nothing was set").isEqualTo("128");
  }

  @Test
  void aSettingThatIsNotTheClustersIsNeitherChangedNorReset() {
    refused(Status.Code.INVALID_ARGUMENT, () -> setLength("long", 0));
    assertThatThrownBy(() -> admin.resetConfig(reset("lenght", 0)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
              assertThat(e.getStatus().getDescription())
                  .contains("no setting of the cluster is called \"lenght\"");
            });
    assertThatThrownBy(() -> admin.resetConfig(reset("node.name", 0)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
              assertThat(e.getStatus().getDescription()).contains("each node's own file");
            });
    assertThat(cluster.state().getSettingsList()).isEmpty();
  }

  @Test
  void aNodeThatIsToBeReplacedHasAnotherOneDoIt() throws Exception {
    ModelCluster.Process fresh = cluster.start(ModelCluster.id(9), "n4", 0);
    ReplaceNodeRequest request =
        ReplaceNodeRequest.newBuilder()
            .setOldNode("n1")
            .setNewAdmin(
                io.flotilla.proto.admin.Endpoint.newBuilder()
                    .setHost("127.0.0.1")
                    .setPort(fresh.port))
            .build();
    // Neither of the others has joined, so one of them has to be asked for this answer.
    assertThatThrownBy(() -> admin.replaceNode(request).next())
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getDescription()).contains("node n2 knows no cluster"));
  }

  @Test
  void snapshotsAreTakenWhereTheyAreWantedAndFailuresAreTold() {
    assertThat(admin.takeSnapshot(TakeSnapshotRequest.getDefaultInstance()).getResultsList())
        .hasSize(9)
        .allMatch(r -> r.getIndex() == 77 && r.getError().isEmpty());
    cluster.kill(N2);
    assertThat(
            admin
                .takeSnapshot(TakeSnapshotRequest.newBuilder().addShards("metadata").build())
                .getResultsList())
        .hasSize(3)
        .filteredOn(r -> !r.getError().isEmpty())
        .extracting(SnapshotResult::getNodeName)
        .containsExactly("n2");
  }

  /**
   * Ten million keys under load took longer than the half minute that the nodes granted each other,
   * whatever the operator had asked for. What is left over is for the answer's own way.
   */
  @Test
  void aSnapshotMayTakeAsLongAsWhoeverAsksIsPatientAndALittleLess() {
    AdminBlockingStub patient =
        cluster.links.admin(
            new Endpoint("127.0.0.1", cluster.process(N1).port), Duration.ofMinutes(10));
    assertThat(patient.takeSnapshot(TakeSnapshotRequest.getDefaultInstance()).getResultsList())
        .allMatch(r -> r.getError().isEmpty());
    assertThat(cluster.process(N2).snapshotTimeout)
        .isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10).minusSeconds(1));
  }

  @Test
  void beforeItBelongsToAClusterANodeSaysWhoItIsAndNothingElse() {
    AdminBlockingStub unformed =
        cluster.links.admin(
            new Endpoint("127.0.0.1", cluster.process(N2).port), Duration.ofSeconds(30));
    assertThat(unformed.identify(IdentifyRequest.getDefaultInstance()).getName()).isEqualTo("n2");
    refused(
        Status.Code.FAILED_PRECONDITION, () -> unformed.status(StatusRequest.getDefaultInstance()));
  }

  private static void refused(
      Status.Code code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }
}
