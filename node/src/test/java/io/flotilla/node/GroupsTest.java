package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.admin.AdminException;
import io.flotilla.node.metadata.DataDirectory;
import io.flotilla.node.metadata.UnusableDirectoryException;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.raft.JournalMachine;
import io.flotilla.node.raft.Peer;
import io.flotilla.node.raft.RaftCluster;
import io.flotilla.node.raft.RaftHost;
import io.flotilla.node.raft.RaftSettings;
import io.flotilla.proto.identity.HeldGroup;
import io.flotilla.proto.identity.Membership;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a node makes of the groups that its directory names: only what cannot have voted is made,
 * and what may have voted is never made anew.
 */
@Tag("slow")
class GroupsTest {
  private static final GroupId METADATA = new GroupId(new UUID(1, 1));
  private static final GroupId SHARD = new GroupId(new UUID(1, 2));

  @TempDir Path dir;
  private DataDirectory directory;
  private RaftHost raft;
  private Peer self;

  @BeforeEach
  void open() throws IOException {
    directory = DataDirectory.open(dir, "n1");
    directory.join("c".repeat(40), METADATA.toString(), List.of());
    self = new Peer(directory.nodeId(), "127.0.0.1", TestPorts.one());
    start();
  }

  private void start() throws IOException {
    raft =
        RaftHost.open(
            self.node(),
            self.host(),
            self.port(),
            directory.raft(),
            RaftCluster.quick().withTransport(RaftSettings.Transport.GRPC),
            null,
            (group, log, loop) -> new JournalMachine(log, loop),
            (why, cause) -> {
              throw new AssertionError(why, cause);
            });
  }

  @AfterEach
  void close() throws IOException {
    raft.close();
    directory.close();
  }

  private Membership membership() {
    return Objects.requireNonNull(directory.membership());
  }

  @Test
  void aGroupThatIsBeingJoinedIsOpenedEmptyAndAgainAfterARestart() throws Exception {
    Groups groups = new Groups(directory, raft);
    groups.open(membership(), plan -> {});
    assertThat(raft.groups()).containsExactly(METADATA);
    assertThat(directory.groups()).containsEntry(METADATA, HeldGroup.State.STATE_CREATING);
    groups.join(SHARD);
    groups.join(SHARD);
    groups.markCounted();
    assertThat(directory.groups())
        .as("nobody counts it yet")
        .containsEntry(SHARD, HeldGroup.State.STATE_CREATING);

    raft.close();
    start();
    new Groups(directory, raft).open(membership(), plan -> {});
    assertThat(raft.groups()).containsExactlyInAnyOrder(METADATA, SHARD);
  }

  @Test
  void aReplicaThatMayHaveVotedAndIsGoneIsNotMadeAnew() throws Exception {
    directory.mark(METADATA, HeldGroup.State.STATE_HELD);
    Groups groups = new Groups(directory, raft);
    assertThatThrownBy(() -> groups.open(membership(), plan -> {}))
        .isInstanceOf(UnusableDirectoryException.class)
        .hasMessageContaining("has vanished")
        .hasMessageContaining("flotilla node replace");
    assertThatThrownBy(() -> groups.join(METADATA))
        .isInstanceOfSatisfying(
            AdminException.class, e -> assertThat(e.reason()).isEqualTo("lost-replica"));
    assertThat(raft.groups()).isEmpty();
  }

  @Test
  void aReplicaThatTheDirectoryDoesNotNameIsRefused() throws Exception {
    raft.createGroup(SHARD, List.of(self), List.of()).join();
    assertThatThrownBy(() -> new Groups(directory, raft).open(membership(), plan -> {}))
        .isInstanceOf(UnusableDirectoryException.class)
        .hasMessageContaining("not this node's");
  }

  @Test
  void onceCountedAReplicaIsHeldAndLeavesOnlyWhenItIsCountedNoMore() throws Exception {
    Groups groups = new Groups(directory, raft);
    groups.open(membership(), plan -> {});
    raft.createGroup(SHARD, List.of(self), List.of()).join();
    directory.mark(SHARD, HeldGroup.State.STATE_CREATING);
    groups.markCounted();
    assertThat(directory.groups()).containsEntry(SHARD, HeldGroup.State.STATE_HELD);
    assertThatThrownBy(() -> groups.leave(SHARD))
        .isInstanceOfSatisfying(
            AdminException.class, e -> assertThat(e.reason()).isEqualTo("still-member"));

    // Nobody counts the metadata's empty replica.
    groups.leave(METADATA);
    assertThat(raft.groups()).containsExactly(SHARD);
    assertThat(directory.groups()).doesNotContainKey(METADATA);
    groups.leave(METADATA);
  }

  @Test
  void aLeaveThatWasInterruptedIsFinishedAtTheNextStart() throws Exception {
    Groups groups = new Groups(directory, raft);
    groups.open(membership(), plan -> {});
    groups.join(SHARD);
    directory.mark(SHARD, HeldGroup.State.STATE_LEAVING);
    groups.open(membership(), plan -> {});
    assertThat(raft.groups()).containsExactly(METADATA);
    assertThat(directory.groups()).doesNotContainKey(SHARD);
    assertThat(Files.exists(directory.raft().resolve("groups").resolve(SHARD.toString())))
        .isFalse();
  }

  @Test
  void aFailedChangeOfMembersSaysWhatMayBeConcluded() {
    assertThatThrownBy(() -> Groups.settled(raft.stepDown(SHARD), Duration.ofSeconds(30)))
        .isInstanceOfSatisfying(
            AdminException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(AdminException.Kind.NOT_FOUND);
              assertThat(e.reason()).isEqualTo("no-such-group");
            });
    assertThatThrownBy(() -> Groups.settled(new CompletableFuture<Void>(), Duration.ofMillis(1)))
        .isInstanceOfSatisfying(
            AdminException.class,
            e -> assertThat(e.kind()).isEqualTo(AdminException.Kind.UNKNOWN_OUTCOME));
  }
}
