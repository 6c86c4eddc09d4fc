package io.flotilla.node.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.identity.HeldGroup;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Why: a node that starts on the wrong directory votes with a memory that is not its own. */
final class DataDirectoryTest {
  @TempDir Path root;

  private Path directory() {
    return root.resolve("n1");
  }

  private static FormationPlan planFor(NodeId id) {
    return Formation.plan(
        List.of(FakeNodes.node(id.hex(), "n1", 7300), FakeNodes.node("b".repeat(40), "n2", 7301)),
        0,
        0,
        new java.security.SecureRandom());
  }

  @Test
  void anIdIsDrawnOnceAndKept() throws IOException {
    NodeId first;
    try (DataDirectory opened = DataDirectory.open(directory(), "n1")) {
      first = opened.nodeId();
      assertThat(opened.membership()).isNull();
    }
    try (DataDirectory again = DataDirectory.open(directory(), "n1")) {
      assertThat(again.nodeId()).isEqualTo(first);
    }
    try (DataDirectory other = DataDirectory.open(root.resolve("n2"), "n2")) {
      assertThat(other.nodeId()).isNotEqualTo(first);
    }
  }

  @Test
  void aSecondOpeningIsRefusedWhileTheFirstLasts() throws IOException {
    try (DataDirectory first = DataDirectory.open(directory(), "n1")) {
      assertThatThrownBy(() -> DataDirectory.open(directory(), "n1"))
          .isInstanceOf(UnusableDirectoryException.class)
          .hasMessageContaining("another process uses it: pid " + ProcessHandle.current().pid());
      assertThat(first.nodeId()).isNotNull();
    }
    DataDirectory.open(directory(), "n1").close();
  }

  @Test
  void anotherProcessHoldsTheDirectoryToo() throws Exception {
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                HoldsADirectory.class.getName(),
                directory().toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(holder.inputReader().readLine()).isEqualTo("held");
      assertThatThrownBy(() -> DataDirectory.open(directory(), "n1"))
          .isInstanceOf(UnusableDirectoryException.class)
          .hasMessageContaining("pid " + holder.pid());
    } finally {
      holder.destroyForcibly();
      assertThat(holder.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
    DataDirectory.open(directory(), "n1").close();
  }

  /** Holds a directory until it is killed. */
  static final class HoldsADirectory {
    private HoldsADirectory() {}

    public static void main(String[] arguments) throws Exception {
      try (DataDirectory held = DataDirectory.open(Path.of(arguments[0]), "n1")) {
        System.out.println(held.nodeId() == null ? "" : "held");
        int ended = System.in.read(); // waits for its end: the test kills it
        assertThat(ended).isNotZero();
      }
    }
  }

  @Test
  void anotherNodesDirectoryIsRefused() throws IOException {
    DataDirectory.open(directory(), "n1").close();
    assertThatThrownBy(() -> DataDirectory.open(directory(), "n2"))
        .isInstanceOf(UnusableDirectoryException.class)
        .hasMessageContaining("belongs to node n1")
        .hasMessageContaining("node n2");
  }

  @Test
  void aDirectoryOfOtherFilesIsRefused() throws IOException {
    Files.createDirectories(directory());
    Files.writeString(directory().resolve("photo.jpg"), "x");
    assertThatThrownBy(() -> DataDirectory.open(directory(), "n1"))
        .isInstanceOf(UnusableDirectoryException.class)
        .hasMessageContaining("photo.jpg");
  }

  @Test
  void aDirectoryThatLostItsIdentityIsNotTakenForEmpty() throws IOException {
    DataDirectory.open(directory(), "n1").close();
    Files.delete(directory().resolve("node.identity"));
    Files.createDirectories(directory().resolve("raft"));
    assertThatThrownBy(() -> DataDirectory.open(directory(), "n1"))
        .isInstanceOf(UnusableDirectoryException.class)
        .hasMessageContaining("raft");
  }

  /**
   * What cannot be read is not taken for empty: a node that drew a new id there would vote with no
   * memory as soon as its disk answers again. Something else stands where the files should be,
   * because nothing is forbidden to root.
   */
  @Test
  void aDirectoryThatCannotBeReadIsRefusedWithWhatIsInTheWay() throws IOException {
    Files.createDirectories(directory().resolve("node.identity"));
    assertThatThrownBy(() -> DataDirectory.open(directory(), "n1"))
        .isInstanceOf(UnusableDirectoryException.class)
        .hasMessageContaining(directory().toString())
        .hasMessageContaining("it cannot be read or written: ");
    assertThat(directory().resolve("node.identity")).as("nothing was made").isEmptyDirectory();

    Files.delete(directory().resolve("node.identity"));
    DataDirectory.open(directory(), "n1").close(); // so the lock was given back

    Files.createDirectories(root.resolve("n2").resolve("node.lock"));
    assertThatThrownBy(() -> DataDirectory.open(root.resolve("n2"), "n2"))
        .isInstanceOf(UnusableDirectoryException.class)
        .hasMessageContaining(root.resolve("n2").toString())
        .hasMessageContaining("it cannot be made or written: ");
  }

  @Test
  void aDamagedIdentityIsRefusedAtEveryByte() throws IOException {
    try (DataDirectory opened = DataDirectory.open(directory(), "n1")) {
      opened.join(planFor(opened.nodeId()));
    }
    Path file = directory().resolve("node.identity");
    byte[] good = Files.readAllBytes(file);
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 0x10;
      int at = i;
      assertThatThrownBy(() -> IdentityFile.decode(directory(), bad))
          .as("byte %d", at)
          .isInstanceOf(UnusableDirectoryException.class);
    }
    Files.write(file, java.util.Arrays.copyOf(good, good.length - 1));
    assertThatThrownBy(() -> DataDirectory.open(directory(), "n1"))
        .isInstanceOf(UnusableDirectoryException.class)
        .hasMessageContaining("flotilla node replace");
    assertThat(Files.readAllBytes(file)).as("nothing was changed").hasSize(good.length - 1);
  }

  @Test
  void aNewerFormatIsLeftToANewerProgram() throws IOException {
    DataDirectory.open(directory(), "n1").close();
    Path file = directory().resolve("node.identity");
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer.wrap(bytes).putShort(4, (short) (IdentityFile.FORMAT + 1));
    Files.write(file, bytes);
    assertThatThrownBy(() -> DataDirectory.open(directory(), "n1"))
        .isInstanceOf(UnusableDirectoryException.class)
        .hasMessageContaining("newer Flotilla");
  }

  @Test
  void aMemberStaysAMemberOfItsCluster() throws IOException {
    FormationPlan plan;
    try (DataDirectory opened = DataDirectory.open(directory(), "n1")) {
      plan = planFor(opened.nodeId());
      opened.join(plan);
      opened.join(plan);
      FormationPlan other = planFor(opened.nodeId());
      assertThatThrownBy(() -> opened.join(other)).isInstanceOf(IllegalStateException.class);
    }
    try (DataDirectory again = DataDirectory.open(directory(), "n1")) {
      assertThat(Objects.requireNonNull(again.membership()).getPlan()).isEqualTo(plan);
    }
  }

  @Test
  void groupsAreWrittenDownWithTheirStates() throws IOException {
    GroupId later = new GroupId(new UUID(7, 7));
    try (DataDirectory opened = DataDirectory.open(directory(), "n1")) {
      opened.join(planFor(opened.nodeId()));
      assertThat(opened.groups().values())
          .as("the metadata group and two shards")
          .containsOnly(HeldGroup.State.STATE_CREATING)
          .hasSize(3);
      for (GroupId group : opened.groups().keySet()) {
        opened.mark(group, HeldGroup.State.STATE_HELD);
      }
      opened.mark(later, HeldGroup.State.STATE_CREATING);
    }
    try (DataDirectory again = DataDirectory.open(directory(), "n1")) {
      assertThat(again.groups()).hasSize(4).containsEntry(later, HeldGroup.State.STATE_CREATING);
      again.mark(later, null);
      again.mark(later, null);
      assertThat(again.groups().values()).containsOnly(HeldGroup.State.STATE_HELD).hasSize(3);
    }
  }

  /** A supervisor starts a stopped node again: it must find what the last process knew. */
  @Test
  void distrustIsForGoodAndItsFirstReasonStays() throws IOException {
    try (DataDirectory opened = DataDirectory.open(directory(), "n1")) {
      assertThat(opened.distrust()).isNull();
      opened.distrust("group 7: another digest");
      opened.distrust("something else");
    }
    try (DataDirectory again = DataDirectory.open(directory(), "n1")) {
      assertThat(again.distrust()).isEqualTo("group 7: another digest");
    }
  }
}
