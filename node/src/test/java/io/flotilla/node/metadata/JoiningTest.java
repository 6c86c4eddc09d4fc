package io.flotilla.node.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.metadata.Joining.InitialMember;
import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.identity.Membership;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.nodes.AdoptRequest;
import io.flotilla.statemachine.metadata.MetadataMachine;
import io.flotilla.statemachine.metadata.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Why: a cluster must be formed once; a voter that lost its disk must never be mistaken for a new
 * one.
 */
final class JoiningTest {
  private static final int ADMIN = 7300;

  @TempDir Path root;

  private final FakeNodes nodes = new FakeNodes();
  private final List<DataDirectory> opened = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    for (DataDirectory directory : opened) {
      directory.close();
    }
  }

  /** A node's process: its directory and its way into a cluster. */
  private record Started(DataDirectory directory, Joining joining) {
    @Nullable Membership membership() {
      return directory.membership();
    }

    FormationPlan plan() {
      return Objects.requireNonNull(membership()).getPlan();
    }
  }

  private static Endpoint admin(int n) {
    return new Endpoint("127.0.0.1", ADMIN + n);
  }

  private static List<InitialMember> members(int count) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(n -> new InitialMember("n" + n, admin(n)))
        .toList();
  }

  private Started start(int n, String folder, Joining.Wish wish) throws IOException {
    DataDirectory directory = DataDirectory.open(root.resolve(folder), "n" + n);
    opened.add(directory);
    Joining joining =
        new Joining(
            directory,
            FakeNodes.node(directory.nodeId().hex(), "n" + n, ADMIN + n),
            wish,
            nodes,
            id -> false);
    nodes.at.put(admin(n), joining);
    return new Started(directory, joining);
  }

  private Started start(int n, int of) throws IOException {
    return start(n, "n" + n, new Joining.Wish(members(of), 0, 0));
  }

  private void crash(Started node, int n) throws IOException {
    nodes.at.remove(admin(n));
    opened.remove(node.directory());
    node.directory().close();
  }

  @Test
  void theFirstMemberPlansWhenAllAreSeenEmptyAndTheOthersFollow() throws Exception {
    Started n1 = start(1, 3);
    Started n2 = start(2, 3);
    n1.joining().round();
    n2.joining().round();
    assertThat(n1.membership()).as("n3 does not answer").isNull();
    assertThat(n2.membership()).isNull();
    assertThat(n1.joining().state()).contains("n3");

    Started n3 = start(3, 3);
    n3.joining().round();
    n2.joining().round();
    assertThat(n3.membership()).as("only the first plans").isNull();
    n1.joining().round();
    n2.joining().round();
    n3.joining().round();
    assertThat(n2.plan()).isEqualTo(n1.plan());
    assertThat(n3.plan()).isEqualTo(n1.plan());
    assertThat(n1.joining().run()).isEqualTo(n1.membership());
  }

  @Test
  void thePlanIsOneThatTheMetadataMachineTakes() throws Exception {
    for (int size = 1; size <= 7; size++) {
      List<io.flotilla.proto.metadata.Node> all = new ArrayList<>();
      for (int n = 0; n < size; n++) {
        all.add(
            FakeNodes.node(
                Integer.toHexString(n + 10).repeat(40).substring(0, 40), "n" + n, ADMIN + n));
      }
      FormationPlan plan = Formation.plan(all, 2 * size, 0, new java.security.SecureRandom());
      MetadataEntry entry = MetadataEntry.newBuilder().setFormCluster(plan.getCluster()).build();
      assertThat(new MetadataMachine().apply(1, entry)).isInstanceOf(Verdict.Applied.class);
      long voters =
          plan.getCluster().getNodesList().stream().filter(x -> x.getMetadataVoter()).count();
      assertThat(voters).isEqualTo(size >= 5 ? 5 : Math.min(3, size));
    }
  }

  @Test
  void aMemberThatCrashedBeforeItTookThePlanTakesItLater() throws Exception {
    Started n1 = start(1, 2);
    Started n2 = start(2, 2);
    n1.joining().round();
    crash(n2, 2);

    Started back = start(2, 2);
    back.joining().round();
    assertThat(back.plan()).isEqualTo(n1.plan());
  }

  @Test
  void aMemberThatLostItsDiskIsNotTakenBackUnderItsName() throws Exception {
    Started n1 = start(1, 2);
    Started n2 = start(2, 2);
    n1.joining().round();
    n2.joining().round();
    assertThat(n2.membership()).isNotNull();
    crash(n2, 2);

    Started empty = start(2, "n2-after-the-fire", new Joining.Wish(members(2), 0, 0));
    empty.joining().round();
    assertThat(empty.membership()).isNull();
    assertThat(empty.joining().state())
        .contains("flotilla node replace n2")
        .contains(n1.plan().getCluster().getClusterId());
  }

  @Test
  void aPlannerThatLostItsDiskPlansNoSecondCluster() throws Exception {
    Started n1 = start(1, 3);
    Started n2 = start(2, 3);
    Started n3 = start(3, 3);
    n1.joining().round();
    n2.joining().round();
    FormationPlan plan = n2.plan();
    crash(n1, 1);

    Started empty = start(1, "n1-after-the-fire", new Joining.Wish(members(3), 0, 0));
    empty.joining().round();
    assertThat(empty.membership()).isNull();
    n3.joining().round();
    assertThat(n3.plan()).as("learnt from the one who has it").isEqualTo(plan);
  }

  @Test
  void membersWhoDisagreeFormNothing() throws Exception {
    Started n1 = start(1, "n1", new Joining.Wish(members(2), 4, 0));
    start(2, "n2", new Joining.Wish(members(2), 5, 0));
    n1.joining().round();
    assertThat(n1.membership()).isNull();
    assertThat(n1.joining().state()).contains("cluster.shards");
  }

  @Test
  void aWrongNodeAtAMembersAddressFormsNothing() throws Exception {
    Started n1 = start(1, 2);
    Started n9 = start(9, "n9", new Joining.Wish(members(2), 0, 0));
    nodes.at.put(admin(2), n9.joining());
    n1.joining().round();
    assertThat(n1.membership()).isNull();
    assertThat(n1.joining().state()).contains("n9, not n2");
  }

  @Test
  void aCopiedDirectoryFormsNothing() throws Exception {
    Started n1 = start(1, 2);
    String id = n1.directory().nodeId().hex();
    Joining copy =
        new Joining(
            n1.directory(),
            FakeNodes.node(id, "n2", ADMIN + 2),
            new Joining.Wish(members(2), 0, 0),
            nodes,
            x -> false);
    nodes.at.put(admin(2), copy);
    n1.joining().round();
    assertThat(n1.membership()).isNull();
    assertThat(n1.joining().state()).contains("copied");
  }

  @Test
  void initFormsAClusterOfNodesThatNameNoMembers() throws Exception {
    Joining.Wish none = new Joining.Wish(List.of(), 0, 0);
    Started n1 = start(1, "n1", none);
    Started n2 = start(2, "n2", none);
    n1.joining().round();
    assertThat(n1.joining().state()).contains("flotilla init");

    FormationPlan plan = n1.joining().init(List.of(admin(1), admin(2)), 3, 2);
    assertThat(n2.plan()).isEqualTo(plan);
    assertThat(plan.getCluster().getShardsCount()).isEqualTo(3);
    assertThat(n1.joining().init(List.of(admin(1), admin(2)), 9, 9)).as("once").isEqualTo(plan);
    assertThatThrownBy(() -> start(3, "n3", none).joining().init(List.of(admin(3), admin(1)), 0, 0))
        .isInstanceOf(NodeLinks.Refused.class)
        .hasMessageContaining("belongs to cluster");
  }

  @Test
  void adoptionIsForTheNodeThatIsMeantAndHappensOnce() throws Exception {
    Started n4 = start(4, "n4", new Joining.Wish(List.of(), 0, 0));
    String cluster = "c".repeat(40);
    String group = "00000000-0000-4000-8000-000000000001";
    AdoptRequest right =
        AdoptRequest.newBuilder()
            .setClusterId(cluster)
            .setMetadataGroupId(group)
            .setNodeId(n4.directory().nodeId().hex())
            .build();
    assertThatThrownBy(
            () -> n4.joining().adopt(right.toBuilder().setNodeId("d".repeat(40)).build()))
        .isInstanceOf(NodeLinks.Refused.class);
    n4.joining().adopt(right);
    n4.joining().adopt(right);
    assertThat(Objects.requireNonNull(n4.membership()).getClusterId()).isEqualTo(cluster);
    assertThatThrownBy(
            () -> n4.joining().adopt(right.toBuilder().setClusterId("e".repeat(40)).build()))
        .isInstanceOf(NodeLinks.Refused.class)
        .hasMessageContaining("already");
  }
}
