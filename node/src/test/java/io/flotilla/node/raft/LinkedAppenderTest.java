package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.retry.RetryPolicy;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.junit.jupiter.api.Test;

/**
 * How often a member is asked that does not answer. After its 1030th attempt the policy said that
 * there is no pause, so that four minutes after a node was lost its leaders asked it without end,
 * some hundred times a second and group: the log of a chaos run told of it.
 */
class LinkedAppenderTest {
  private final RaftProperties properties =
      RatisSettings.properties(RaftSettings.defaults(), "127.0.0.1", 7000, Path.of("/somewhere"));

  private final RetryPolicy policy =
      RetryPolicy.parse(
          RaftServerConfigKeys.Log.Appender.retryPolicy(properties),
          RaftServerConfigKeys.Log.Appender.RETRY_POLICY_KEY);

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
}
