package io.flotilla.node.raft;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.statemachine.metadata.NodeId;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServerConfigKeys.Rpc;
import org.junit.jupiter.api.Test;

/** Who should lead a group stands at once, and nobody is told to wait for less than nothing. */
class FirstElectionsTest {
  private static final NodeId SELF = new NodeId("a".repeat(40));
  private static final NodeId OTHER = new NodeId("b".repeat(40));
  private static final GroupId OWN = new GroupId(new UUID(1, 2));
  private static final GroupId OTHERS = new GroupId(new UUID(3, 4));
  private static final GroupId UNKNOWN = new GroupId(new UUID(5, 6));

  private final RaftSettings settings = RaftSettings.defaults();
  private final RaftProperties properties =
      new FirstElections(
          RatisSettings.properties(settings, "127.0.0.1", 1, Path.of("raft")),
          settings,
          SELF,
          Map.of(OWN, SELF, OTHERS, OTHER),
          false);

  /** The bounds in milliseconds as a thread of this group's replica reads them. */
  private long[] bounds(GroupId group) {
    RaftGroupMemberId member =
        RaftGroupMemberId.valueOf(
            RaftPeerId.valueOf(SELF.hex()), RaftGroupId.valueOf(group.uuid()));
    CompletableFuture<long[]> read = new CompletableFuture<>();
    Thread.ofPlatform()
        .name(member + "-FollowerState")
        .start(() ->
            read.complete(
                new long[] {
                  Rpc.firstElectionTimeoutMin(properties).toLong(MILLISECONDS),
                  Rpc.firstElectionTimeoutMax(properties).toLong(MILLISECONDS)
                }));
    return read.join();
  }

  @Test
  void theFirstLeaderStandsBeforeAnybodyElseDoes() {
    long[] own = bounds(OWN);
    long[] others = bounds(OTHERS);
    assertThat(own[0]).isPositive().isLessThan(own[1]);
    assertThat(others[0]).isLessThan(others[1]);
    assertThat(own[1]).isLessThan(settings.firstElectionTimeoutMin().toMillis());
    assertThat(others[0]).isGreaterThanOrEqualTo(settings.electionTimeoutMax().toMillis());
  }

  @Test
  void whereNothingIsKnownTheSettingsHold() {
    assertThat(bounds(UNKNOWN))
        .containsExactly(
            settings.firstElectionTimeoutMin().toMillis(),
            settings.firstElectionTimeoutMax().toMillis());
    assertThat(Rpc.firstElectionTimeoutMin(properties).toLong(MILLISECONDS))
        .as("on a thread of no group")
        .isEqualTo(settings.firstElectionTimeoutMin().toMillis());
    assertThat(Rpc.timeoutMax(properties, s -> {}).toLong(MILLISECONDS))
        .as("later elections")
        .isEqualTo(settings.electionTimeoutMax().toMillis());
  }
}
