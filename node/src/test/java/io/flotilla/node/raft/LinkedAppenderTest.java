package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.retry.RetryPolicy;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.raftlog.LogProtoUtils;
import org.junit.jupiter.api.Test;

/** What a leader owes its members besides their entries; each was missed in a chaos run. */
class LinkedAppenderTest {
  private final RaftProperties properties =
      RatisSettings.properties(RaftSettings.defaults(), "127.0.0.1", 7000, Path.of("/somewhere"));

  private final RetryPolicy policy =
      RetryPolicy.parse(
          RaftServerConfigKeys.Log.Appender.retryPolicy(properties),
          RaftServerConfigKeys.Log.Appender.RETRY_POLICY_KEY);

  /**
   * How often a member is asked that does not answer. After its 1030th attempt the policy said that
   * there is no pause, so that four minutes after a node was lost its leaders asked it without end,
   * some hundred times a second and group.
   */
  @Test
  void aMemberThatIsLostForLongIsAskedAboutOnceASecond() {
    long longest = LinkedAppender.LONGEST_PAUSE.toNanos();
    for (int attempts = 1; attempts < 5000; attempts++) {
      // The policy varies its pauses by half, so that not all ask at once.
      assertThat(LinkedAppender.pauseNanos(policy, attempts))
          .as("behind %d errors", attempts)
          .isBetween(attempts < 40 ? 1 : longest / 2, 2 * longest);
    }
  }

  /**
   * A node that had been put into a lost one's place was a voter of the metadata group, and still
   * took itself for one that is being filled when the next node was lost: it did not vote, and the
   * group had no leader until it was started anew.
   */
  @Test
  void aVoterIsNotToldThatItIsOnlyBeingFilled() {
    RaftPeerId follower = RaftPeerId.valueOf("n2");
    RaftConfiguration without = configuration("n1", "n3");
    RaftConfiguration with = configuration("n1", "n2", "n3");
    AppendEntriesRequestProto filling =
        AppendEntriesRequestProto.newBuilder().setLeaderTerm(7).setInitializing(true).build();

    assertThat(LinkedAppender.toMember(filling, without, follower)).isEqualTo(filling);
    assertThat(LinkedAppender.toMember(filling, with, follower))
        .isEqualTo(filling.toBuilder().setInitializing(false).build());
  }

  private static RaftConfiguration configuration(String... voters) {
    return LogProtoUtils.toRaftConfiguration(
        LogEntryProto.newBuilder()
            .setConfigurationEntry(
                RaftConfigurationProto.newBuilder()
                    .addAllPeers(
                        Stream.of(voters)
                            .map(id -> RaftPeer.newBuilder().setId(id).build().getRaftPeerProto())
                            .toList()))
            .build());
  }
}
