package io.flotilla.statemachine.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.proto.metadata.AddShard;
import io.flotilla.proto.metadata.Barrier;
import io.flotilla.proto.metadata.ChangeMetadataVoter;
import io.flotilla.proto.metadata.Check;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataEntry.ChangeCase;
import io.flotilla.proto.metadata.PreferLeaders;
import io.flotilla.proto.metadata.PutLibrary;
import io.flotilla.proto.metadata.PutSetting;
import io.flotilla.proto.metadata.PutUser;
import io.flotilla.proto.metadata.RaiseFeatureLevel;
import io.flotilla.proto.metadata.UpdateNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Why: what stands in a log or a snapshot must stay readable by every later release, byte for byte.
 *
 * <p>The golden file holds one line per entry of a history that uses every kind, and the snapshot
 * at its end. To add a kind, append to {@link #history}, and write a new file under the next
 * level's name with {@code -Dgolden.write=true}; a line that exists is never changed.
 */
final class MetadataGoldenTest {
  private static final String FILE = "/golden/metadata/level-1.hex";

  private static List<MetadataEntry> history() {
    List<MetadataEntry> h = new ArrayList<>();
    h.add(MetadataEntry.newBuilder().setBarrier(Barrier.getDefaultInstance()).build());
    h.add(Clusters.form());
    h.add(Clusters.register(4).toBuilder().setIfVersion(2).build());
    h.add(
        MetadataEntry.newBuilder()
            .setUpdateNode(
                UpdateNode.newBuilder()
                    .setNode(
                        Clusters.node(4, false).toBuilder().setClient(Clusters.endpoint(6379))))
            .build());
    h.add(Clusters.replaceReplica(2, 3, 4));
    h.add(
        MetadataEntry.newBuilder()
            .setChangeMetadataVoter(
                ChangeMetadataVoter.newBuilder().setNode(Clusters.nodeId(4)).setVoter(true))
            .build());
    h.add(Clusters.register(5));
    h.add(Clusters.retire(5));
    h.add(
        MetadataEntry.newBuilder()
            .setAddShard(AddShard.newBuilder().setShard(Clusters.shard(3, 1)))
            .build());
    h.add(Clusters.recordLeader(0, 7, 2));
    h.add(
        MetadataEntry.newBuilder()
            .setPreferLeaders(
                PreferLeaders.newBuilder()
                    .addPreferences(
                        PreferLeaders.Preference.newBuilder()
                            .setShard(Clusters.shardId(0))
                            .setNode(Clusters.nodeId(2))))
            .build());
    h.add(
        MetadataEntry.newBuilder()
            .setPutSetting(
                PutSetting.newBuilder()
                    .setName("maxmemory")
                    .setValue("1073741824")
                    .setIfSettingsVersion(0))
            .build());
    h.add(
        MetadataEntry.newBuilder()
            .setRaiseFeatureLevel(RaiseFeatureLevel.newBuilder().setLevel(1))
            .build());
    h.add(Clusters.begin("m1", 0, 9, 0, 3));
    h.add(Clusters.decide("m1", true));
    h.add(Clusters.begin("m2", 20, 29, 0, 3));
    h.add(Clusters.end("m1"));
    h.add(
        MetadataEntry.newBuilder()
            .setPutUser(
                PutUser.newBuilder()
                    .setName("ann")
                    .setRules(ByteString.copyFromUtf8("on ~* +@all"))
                    .setIfUserVersion(0))
            .build());
    h.add(
        MetadataEntry.newBuilder()
            .setPutLibrary(
                PutLibrary.newBuilder()
                    .setName("lib")
                    .setCode(ByteString.copyFromUtf8("#!lua name=lib")))
            .build());
    h.add(MetadataEntry.newBuilder().setCheck(Check.newBuilder().setId(42)).build());
    return h;
  }

  @Test
  void theHistoryUsesEveryKind() {
    Set<ChangeCase> used = EnumSet.noneOf(ChangeCase.class);
    history().forEach(e -> used.add(e.getChangeCase()));
    assertThat(used)
        .containsExactlyInAnyOrderElementsOf(
            EnumSet.complementOf(EnumSet.of(ChangeCase.CHANGE_NOT_SET)));
  }

  @Test
  void entriesAndSnapshotHaveTheBytesThatTheyAlwaysHad() throws IOException {
    MetadataMachine machine = new MetadataMachine();
    List<String> lines = new ArrayList<>();
    long index = 0;
    for (MetadataEntry entry : history()) {
      index++;
      Verdict verdict = machine.apply(index, entry);
      assertThat(verdict.done()).as("%s: %s", entry.getChangeCase(), verdict).isTrue();
      lines.add(entry.getChangeCase() + " " + HexFormat.of().formatHex(entry.toByteArray()));
    }
    lines.add("SNAPSHOT " + HexFormat.of().formatHex(MetadataSnapshot.encode(machine.state())));
    if (Boolean.getBoolean("golden.write")) {
      Files.write(Path.of("src/test/resources" + FILE), lines);
    }
    assertThat(lines).containsExactlyElementsOf(golden());
  }

  @Test
  void goldenBytesAreStillRead() throws Exception {
    List<String> lines = golden();
    MetadataMachine machine = new MetadataMachine();
    for (int i = 0; i < lines.size() - 1; i++) {
      byte[] entry = HexFormat.of().parseHex(lines.get(i).split(" ", 2)[1]);
      machine.apply(i + 1, java.nio.ByteBuffer.wrap(entry));
    }
    byte[] snapshot = HexFormat.of().parseHex(lines.getLast().split(" ", 2)[1]);
    assertThat(MetadataSnapshot.decode(snapshot)).isEqualTo(machine.state());
  }

  private static List<String> golden() throws IOException {
    try (InputStream in = MetadataGoldenTest.class.getResourceAsStream(FILE)) {
      assertThat(in).as("golden file %s", FILE).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
    }
  }
}
