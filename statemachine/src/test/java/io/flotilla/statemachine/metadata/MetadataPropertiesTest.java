package io.flotilla.statemachine.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.flotilla.proto.metadata.ChangeMetadataVoter;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.PreferLeaders;
import io.flotilla.proto.metadata.PutLibrary;
import io.flotilla.proto.metadata.PutSetting;
import io.flotilla.proto.metadata.PutUser;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/**
 * Why: a replica restored from a snapshot must be the same machine as one that replayed the log.
 */
final class MetadataPropertiesTest {

  @Provide
  Arbitrary<List<MetadataEntry>> histories() {
    return change().list().ofMinSize(1).ofMaxSize(80);
  }

  /** Few nodes, shards, slots and ids, so that changes meet and contradict one another. */
  private static Arbitrary<MetadataEntry> change() {
    Arbitrary<Integer> node = Arbitraries.integers().between(1, 6);
    Arbitrary<Integer> shard = Arbitraries.integers().between(0, 3);
    Arbitrary<Integer> slot = Arbitraries.integers().between(5450, 5480);
    Arbitrary<String> name = Arbitraries.of("m1", "m2", "m3");
    return Arbitraries.oneOf(
        Arbitraries.just(Clusters.form()),
        node.map(Clusters::register),
        node.map(Clusters::retire),
        Combinators.combine(shard, node, node).as(Clusters::replaceReplica),
        Combinators.combine(shard, Arbitraries.longs().between(0, 9), node)
            .as(Clusters::recordLeader),
        Combinators.combine(name, slot, Arbitraries.integers().between(0, 9), shard, shard)
            .as((id, first, n, from, to) -> Clusters.begin(id, first, first + n, from, to)),
        Combinators.combine(name, Arbitraries.of(true, false)).as(Clusters::decide),
        name.map(Clusters::end),
        Combinators.combine(node, Arbitraries.of(true, false))
            .as((n, voter) ->
                MetadataEntry.newBuilder()
                    .setChangeMetadataVoter(
                        ChangeMetadataVoter.newBuilder()
                            .setNode(Clusters.nodeId(n))
                            .setVoter(voter))
                    .build()),
        Combinators.combine(shard, node)
            .as((s, n) ->
                MetadataEntry.newBuilder()
                    .setPreferLeaders(
                        PreferLeaders.newBuilder()
                            .addPreferences(
                                PreferLeaders.Preference.newBuilder()
                                    .setShard(Clusters.shardId(s))
                                    .setNode(Clusters.nodeId(n))))
                    .build()),
        Combinators.combine(name, name)
            .as((k, v) ->
                MetadataEntry.newBuilder()
                    .setPutSetting(PutSetting.newBuilder().setName(k).setValue(v))
                    .build()),
        name.map(k ->
            MetadataEntry.newBuilder().setPutSetting(PutSetting.newBuilder().setName(k)).build()),
        Combinators.combine(name, name)
            .as((k, v) ->
                MetadataEntry.newBuilder()
                    .setPutUser(
                        PutUser.newBuilder().setName(k).setRules(ByteString.copyFromUtf8(v)))
                    .build()),
        Combinators.combine(name, name)
            .as((k, v) ->
                MetadataEntry.newBuilder()
                    .setPutLibrary(
                        PutLibrary.newBuilder().setName(k).setCode(ByteString.copyFromUtf8(v)))
                    .build()));
  }

  @Property(tries = 300)
  void everyStepKeepsTheInvariantsAndASecondTimeChangesNothing(
      @ForAll("histories") List<MetadataEntry> history) {
    MetadataMachine machine = new MetadataMachine();
    machine.apply(1, Clusters.form());
    long index = 1;
    for (MetadataEntry entry : history) {
      MetadataState before = machine.state();
      Verdict verdict = machine.apply(++index, entry);
      MetadataState after = machine.state();
      MetadataInvariants.checkStep(before, after);
      assertThat(after.equals(before)).isEqualTo(!(verdict instanceof Verdict.Applied));

      Verdict again = machine.apply(++index, entry);
      assertThat(machine.state()).isEqualTo(after);
      if (verdict.done()) {
        assertThat(again).isInstanceOf(Verdict.Already.class);
      }
    }
  }

  @Property(tries = 200)
  void aRestoredMachineGoesOnLikeOneThatReplayed(
      @ForAll("histories") List<MetadataEntry> history, @ForAll @IntRange(max = 80) int cut)
      throws Exception {
    MetadataMachine replayed = new MetadataMachine();
    MetadataMachine restored = new MetadataMachine();
    replayed.apply(1, Clusters.form());
    restored.apply(1, Clusters.form());
    long index = 1;
    for (int i = 0; i < history.size(); i++) {
      if (i == cut % history.size()) {
        byte[] snapshot = MetadataSnapshot.encode(restored.state());
        restored = MetadataMachine.of(MetadataSnapshot.decode(snapshot));
      }
      index++;
      assertThat(restored.apply(index, history.get(i)))
          .isEqualTo(replayed.apply(index, history.get(i)));
      assertThat(MetadataSnapshot.digest(restored.state()))
          .isEqualTo(MetadataSnapshot.digest(replayed.state()));
    }
  }

  @Property(tries = 300)
  void aSnapshotWithAFlippedBitIsRefused(
      @ForAll("histories") List<MetadataEntry> history, @ForAll @IntRange(min = 0) int where) {
    MetadataMachine machine = new MetadataMachine();
    machine.apply(1, Clusters.form());
    long index = 1;
    for (MetadataEntry entry : history) {
      machine.apply(++index, entry);
    }
    byte[] snapshot = MetadataSnapshot.encode(machine.state());
    int bit = where % (snapshot.length * 8);
    snapshot[bit / 8] ^= (byte) (1 << (bit % 8));
    assertThatThrownBy(() -> MetadataSnapshot.decode(snapshot))
        .isInstanceOf(MetadataSnapshot.Corrupt.class);
  }

  @Property(tries = 100)
  void aSnapshotCutShortIsRefused(@ForAll @IntRange(min = 0) int length) {
    MetadataMachine machine = new MetadataMachine();
    machine.apply(1, Clusters.form());
    byte[] snapshot = MetadataSnapshot.encode(machine.state());
    byte[] shorter = java.util.Arrays.copyOf(snapshot, length % snapshot.length);
    assertThatThrownBy(() -> MetadataSnapshot.decode(shorter))
        .isInstanceOf(MetadataSnapshot.Corrupt.class);
  }
}
