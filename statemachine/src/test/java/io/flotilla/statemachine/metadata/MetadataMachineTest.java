package io.flotilla.statemachine.metadata;

import static io.flotilla.statemachine.metadata.Clusters.begin;
import static io.flotilla.statemachine.metadata.Clusters.decide;
import static io.flotilla.statemachine.metadata.Clusters.end;
import static io.flotilla.statemachine.metadata.Clusters.form;
import static io.flotilla.statemachine.metadata.Clusters.nodeId;
import static io.flotilla.statemachine.metadata.Clusters.range;
import static io.flotilla.statemachine.metadata.Clusters.recordLeader;
import static io.flotilla.statemachine.metadata.Clusters.register;
import static io.flotilla.statemachine.metadata.Clusters.replaceReplica;
import static io.flotilla.statemachine.metadata.Clusters.retire;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.proto.metadata.Barrier;
import io.flotilla.proto.metadata.ChangeMetadataVoter;
import io.flotilla.proto.metadata.FormCluster;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.PutSetting;
import io.flotilla.proto.metadata.RaiseFeatureLevel;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.proto.metadata.UpdateNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * Why: the metadata decides who owns a slot; a change that half happens, or happens twice, would
 * lose data.
 */
final class MetadataMachineTest {
  private final MetadataMachine machine = new MetadataMachine();
  private long index;

  private Verdict apply(MetadataEntry entry) {
    MetadataState before = machine.state();
    Verdict verdict = machine.apply(++index, entry.toByteString().asReadOnlyByteBuffer());
    MetadataInvariants.checkStep(before, machine.state());
    assertThat(verdict.version()).isEqualTo(machine.version());
    if (!(verdict instanceof Verdict.Applied)) {
      assertThat(machine.state()).isEqualTo(before);
    }
    return verdict;
  }

  private Shard shard(int number) {
    return Objects.requireNonNull(machine.shards().get(number));
  }

  private Node firstNode() {
    return Objects.requireNonNull(machine.nodes().get(nodeId(1)));
  }

  @Test
  void aCheckTellsTheDigestAndChangesNothing() {
    List<String> found = new ArrayList<>();
    MetadataMachine checked =
        new MetadataMachine((id, at, digest) -> found.add(id + "@" + at + " " + digest));
    MetadataEntry check =
        MetadataEntry.newBuilder()
            .setCheck(io.flotilla.proto.metadata.Check.newBuilder().setId(42))
            .build();
    checked.apply(1, Clusters.form());
    MetadataState before = checked.state();
    assertThat(checked.apply(2, check)).isEqualTo(new Verdict.Already(1));
    assertThat(checked.state()).isEqualTo(before);
    MetadataMachine restored =
        MetadataMachine.of(before, (id, at, digest) -> found.add(id + "@" + at + " " + digest));
    restored.apply(2, check);
    assertThat(found)
        .containsExactly(
            "42@2 " + MetadataSnapshot.digest(before), "42@2 " + MetadataSnapshot.digest(before));
    restored.apply(3, Clusters.recordLeader(0, 7, 2));
    restored.apply(4, check);
    assertThat(found.getLast()).isNotEqualTo(found.getFirst());
  }

  @Test
  void formationHappensOnce() {
    assertThat(apply(form())).isInstanceOf(Verdict.Applied.class);
    assertThat(machine.slots().assigned()).isEqualTo(16384);
    assertThat(apply(form())).isInstanceOf(Verdict.Already.class);

    FormCluster other = form().getFormCluster().toBuilder().setClusterId("d".repeat(40)).build();
    assertThat(apply(MetadataEntry.newBuilder().setFormCluster(other).build()))
        .isInstanceOf(Verdict.Conflict.class);
  }

  @Test
  void formationRefusesASlotMapWithHolesOrOverlaps() {
    FormCluster good = form().getFormCluster();
    FormCluster hole = good.toBuilder().removeSlots(1).build();
    FormCluster overlap =
        good.toBuilder().addSlots(good.getSlots(0).toBuilder().setRange(range(0, 0))).build();

    assertThat(apply(MetadataEntry.newBuilder().setFormCluster(hole).build()))
        .isInstanceOf(Verdict.Invalid.class);
    assertThat(apply(MetadataEntry.newBuilder().setFormCluster(overlap).build()))
        .isInstanceOf(Verdict.Invalid.class);
    assertThat(machine.formed()).isFalse();
  }

  @Test
  void nothingButFormationAndBarriersIsDoneBeforeFormation() {
    assertThat(apply(register(4))).isInstanceOf(Verdict.Conflict.class);
    assertThat(apply(MetadataEntry.newBuilder().setBarrier(Barrier.getDefaultInstance()).build()))
        .isInstanceOf(Verdict.Already.class);
  }

  @Test
  void aRecordedLeaderNeverGoesBackInTerm() {
    apply(form());
    assertThat(apply(recordLeader(0, 5, 2))).isInstanceOf(Verdict.Applied.class);
    assertThat(machine.epoch()).isEqualTo(2);
    assertThat(apply(recordLeader(0, 5, 2))).isInstanceOf(Verdict.Already.class);
    assertThat(apply(recordLeader(0, 5, 3))).isInstanceOf(Verdict.Conflict.class);
    assertThat(apply(recordLeader(0, 4, 1))).isInstanceOf(Verdict.Conflict.class);
    assertThat(shard(0).getLeader()).isEqualTo(nodeId(2));
  }

  @Test
  void theSameLeaderInANewTermIsRecordedWithoutANewEpoch() {
    apply(form());
    apply(recordLeader(0, 5, 2));
    apply(recordLeader(0, 6, 2));
    assertThat(shard(0).getLeaderTerm()).isEqualTo(6);
    assertThat(machine.epoch()).isEqualTo(2);
  }

  @Test
  void aReplacedNodeLeavesOnlyWhenNothingNamesItAndNeverComesBack() {
    apply(form());
    assertThat(apply(register(4))).isInstanceOf(Verdict.Applied.class);
    assertThat(apply(retire(3))).isInstanceOf(Verdict.Conflict.class);
    for (int shard = 0; shard < 3; shard++) {
      assertThat(apply(replaceReplica(shard, 3, 4))).isInstanceOf(Verdict.Applied.class);
      assertThat(apply(replaceReplica(shard, 3, 4))).isInstanceOf(Verdict.Already.class);
    }
    assertThat(shard(2).getPreferredLeader())
        .as("who took the place also takes the preference")
        .isEqualTo(nodeId(4));
    assertThat(apply(retire(3))).as("still votes on metadata").isInstanceOf(Verdict.Conflict.class);
    apply(changeVoter(4, true));
    apply(changeVoter(3, false));
    assertThat(apply(retire(3))).isInstanceOf(Verdict.Applied.class);
    assertThat(apply(retire(3))).isInstanceOf(Verdict.Already.class);
    assertThat(apply(register(3))).isInstanceOf(Verdict.Conflict.class);
  }

  @Test
  void aNameIsFreeAgainOnceItsNodeIsRetired() {
    apply(form());
    apply(register(4));
    apply(retire(4));
    MetadataEntry.Builder again = register(5).toBuilder();
    again.getRegisterNodeBuilder().getNodeBuilder().setName("n4");
    assertThat(apply(again.build())).isInstanceOf(Verdict.Applied.class);
  }

  @Test
  void whoReplacesANodeMayTakeItsName() {
    apply(form());
    assertThat(apply(replacing(4, 3, "n3"))).isInstanceOf(Verdict.Applied.class);
    assertThat(apply(replacing(4, 3, "n3"))).isInstanceOf(Verdict.Already.class);
    assertThat(Objects.requireNonNull(machine.nodes().get(nodeId(4))).getName()).isEqualTo("n3");
    assertThat(Objects.requireNonNull(machine.nodes().get(nodeId(3))).getName())
        .isEqualTo("n3~a0000000");
    assertThat(apply(replacing(5, 3, "n5")))
        .as("one replacement at a time")
        .isInstanceOf(Verdict.Conflict.class);
    assertThat(apply(replacing(5, 2, "n1")))
        .as("only the name of whom it replaces")
        .isInstanceOf(Verdict.Conflict.class);
    assertThat(apply(replacing(5, 9, "n5"))).isInstanceOf(Verdict.Conflict.class);
  }

  private static MetadataEntry replacing(int node, int old, String name) {
    MetadataEntry.Builder b = register(node).toBuilder();
    b.getRegisterNodeBuilder().getNodeBuilder().setName(name).setReplaces(nodeId(old));
    return b.build();
  }

  @Test
  void anUpdatedNodeKeepsItsVote() {
    apply(form());
    MetadataEntry moved =
        MetadataEntry.newBuilder()
            .setUpdateNode(
                UpdateNode.newBuilder()
                    .setNode(
                        Clusters.node(1, false).toBuilder().setClient(Clusters.endpoint(9999))))
            .build();
    assertThat(apply(moved)).isInstanceOf(Verdict.Applied.class);
    assertThat(firstNode().getMetadataVoter()).isTrue();
    assertThat(firstNode().getClient().getPort()).isEqualTo(9999);
    assertThat(apply(moved)).isInstanceOf(Verdict.Already.class);
  }

  @Test
  void aChangeForAnOlderVersionIsRefused() {
    apply(form());
    long seen = machine.version();
    apply(recordLeader(0, 1, 1));
    MetadataEntry late = recordLeader(1, 1, 2).toBuilder().setIfVersion(seen).build();
    assertThat(apply(late)).isInstanceOf(Verdict.Conflict.class);
    MetadataEntry current =
        recordLeader(1, 1, 2).toBuilder().setIfVersion(machine.version()).build();
    assertThat(apply(current)).isInstanceOf(Verdict.Applied.class);
  }

  @Test
  void aMigrationMovesItsSlotsAtTheCommitOnly() {
    apply(form());
    assertThat(apply(begin("m1", 100, 200, 0, 1))).isInstanceOf(Verdict.Applied.class);
    assertThat(apply(begin("m1", 100, 200, 0, 1))).isInstanceOf(Verdict.Already.class);
    assertThat(apply(begin("m2", 200, 300, 0, 2)))
        .as("one migration per slot at a time")
        .isInstanceOf(Verdict.Conflict.class);
    assertThat(apply(end("m1"))).as("undecided").isInstanceOf(Verdict.Conflict.class);
    assertThat(machine.slots().owner(150)).isEqualTo(0);

    assertThat(apply(decide("m1", true))).isInstanceOf(Verdict.Applied.class);
    assertThat(machine.slots().owner(150)).isEqualTo(1);
    assertThat(machine.slots().epoch(150)).isEqualTo(machine.epoch());
    assertThat(apply(decide("m1", true))).isInstanceOf(Verdict.Already.class);
    assertThat(apply(decide("m1", false)))
        .as("a committed migration cannot be aborted")
        .isInstanceOf(Verdict.Conflict.class);
    assertThat(apply(end("m1"))).isInstanceOf(Verdict.Applied.class);
    assertThat(apply(end("m1"))).isInstanceOf(Verdict.Already.class);
    assertThat(apply(begin("m1", 100, 200, 1, 0)))
        .as("ids are not used again")
        .isInstanceOf(Verdict.Conflict.class);
  }

  @Test
  void anAbortedMigrationMovesNothing() {
    apply(form());
    apply(begin("m1", 100, 200, 0, 1));
    long epoch = machine.epoch();
    assertThat(apply(decide("m1", false))).isInstanceOf(Verdict.Applied.class);
    assertThat(apply(decide("m1", true))).isInstanceOf(Verdict.Conflict.class);
    assertThat(machine.slots().owner(150)).isEqualTo(0);
    assertThat(machine.epoch()).isEqualTo(epoch);
  }

  @Test
  void settingsAreSetByCompareAndSetAndTakenBack() {
    apply(form());
    assertThat(apply(setting("maxmemory", "1gb", 0))).isInstanceOf(Verdict.Applied.class);
    long seen = machine.settingsVersion();
    assertThat(apply(setting("maxmemory", "2gb", seen))).isInstanceOf(Verdict.Applied.class);
    assertThat(apply(setting("maxmemory", "3gb", seen))).isInstanceOf(Verdict.Conflict.class);
    assertThat(machine.settings()).containsEntry("maxmemory", "2gb");
    MetadataEntry back =
        MetadataEntry.newBuilder()
            .setPutSetting(PutSetting.newBuilder().setName("maxmemory"))
            .build();
    assertThat(apply(back)).isInstanceOf(Verdict.Applied.class);
    assertThat(machine.settings()).isEmpty();
  }

  @Test
  void severalSettingsAreSetTogetherOrNotAtAll() {
    apply(form());
    PutSetting.Builder good = PutSetting.newBuilder().setName("maxmemory").setValue("1gb");
    PutSetting.Builder other = PutSetting.newBuilder().setName("save").setValue("no");
    PutSetting.Builder bad = PutSetting.newBuilder().setName("").setValue("x");
    assertThat(apply(settings(good.clone().addMore(other).addMore(bad))))
        .isInstanceOf(Verdict.Invalid.class);
    assertThat(machine.settings()).isEmpty();
    assertThat(apply(settings(good.clone().addMore(other)))).isInstanceOf(Verdict.Applied.class);
    assertThat(machine.settings()).containsEntry("maxmemory", "1gb").containsEntry("save", "no");
    assertThat(apply(settings(good.clone().addMore(other)))).isInstanceOf(Verdict.Already.class);
    assertThat(apply(settings(good.clone().addMore(other).setIfSettingsVersion(1).setValue("2gb"))))
        .isInstanceOf(Verdict.Conflict.class);
    assertThat(machine.settings()).containsEntry("maxmemory", "1gb");
  }

  private static MetadataEntry settings(PutSetting.Builder put) {
    return MetadataEntry.newBuilder().setPutSetting(put).build();
  }

  @Test
  void theFeatureLevelWaitsForTheLastNode() {
    apply(form());
    assertThat(apply(level(2))).isInstanceOf(Verdict.Conflict.class);
    for (int n = 1; n <= 3; n++) {
      apply(
          MetadataEntry.newBuilder()
              .setUpdateNode(
                  UpdateNode.newBuilder()
                      .setNode(Clusters.node(n, false).toBuilder().setFeatureLevel(2)))
              .build());
    }
    assertThat(apply(level(2))).isInstanceOf(Verdict.Applied.class);
    assertThat(apply(level(1))).isInstanceOf(Verdict.Already.class);
    assertThat(apply(register(4))).as("knows level 1 only").isInstanceOf(Verdict.Conflict.class);
  }

  @Test
  void anEntryOfAnUnknownKindStopsTheReplica() {
    assertThatThrownBy(() -> machine.apply(1, ByteBuffer.allocate(0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("feature level");
    assertThatThrownBy(() -> machine.apply(1, ByteBuffer.wrap(new byte[] {(byte) 0xff, 1, 2})))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("cannot be read");
  }

  @Test
  void theMetadataGroupKeepsAVoter() {
    apply(form());
    apply(changeVoter(1, false));
    apply(changeVoter(2, false));
    assertThat(apply(changeVoter(3, false))).isInstanceOf(Verdict.Conflict.class);
  }

  private static MetadataEntry changeVoter(int node, boolean voter) {
    return MetadataEntry.newBuilder()
        .setChangeMetadataVoter(
            ChangeMetadataVoter.newBuilder().setNode(nodeId(node)).setVoter(voter))
        .build();
  }

  private static MetadataEntry setting(String name, String value, long ifVersion) {
    return MetadataEntry.newBuilder()
        .setPutSetting(
            PutSetting.newBuilder().setName(name).setValue(value).setIfSettingsVersion(ifVersion))
        .build();
  }

  private static MetadataEntry level(int level) {
    return MetadataEntry.newBuilder()
        .setRaiseFeatureLevel(RaiseFeatureLevel.newBuilder().setLevel(level))
        .build();
  }
}
