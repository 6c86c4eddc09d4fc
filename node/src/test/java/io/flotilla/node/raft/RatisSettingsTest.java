package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Field;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.junit.jupiter.api.Test;

/**
 * Nothing of Ratis is left to its defaults, so that an upgrade with a new or another default is
 * seen here and not in the field.
 */
class RatisSettingsTest {
  /**
   * Not read by a server as we use it: streams past the log, and what clients in other processes
   * use.
   */
  private static final List<String> NOT_OURS = List.of("raft.netty.dataStream.");

  private final RaftProperties properties =
      RatisSettings.properties(RaftSettings.defaults(), "127.0.0.1", 7000, Path.of("/somewhere"));

  @Test
  void everyKeyOfRatisIsSet() throws Exception {
    List<String> keys = new ArrayList<>();
    for (Class<?> root :
        List.of(RaftServerConfigKeys.class, GrpcConfigKeys.class, RaftConfigKeys.class)) {
      collect(root, keys);
    }
    assertThat(keys).as("keys that were found at all").hasSizeGreaterThan(90);
    assertThat(keys)
        .filteredOn(k -> NOT_OURS.stream().noneMatch(k::startsWith))
        .allSatisfy(k -> assertThat(properties.get(k)).as(k).isNotNull());
  }

  /** By default 60 s: a laptop that slept, or a machine that was moved, then lost all its nodes. */
  @Test
  void noPauseOfTheProcessClosesTheServer() {
    assertThat(RaftServerConfigKeys.closeThreshold(properties).toIntExact(TimeUnit.DAYS))
        .isGreaterThan(365);
  }

  /**
   * Keys that name objects handed over in another way than by a property, and so have no value
   * here.
   */
  private static final Set<String> PARAMETERS =
      Set.of(
          "raft.server.data-stream.server-api-resolver",
          "raft.grpc.tls.conf",
          "raft.grpc.server.tls.conf",
          "raft.grpc.admin.tls.conf",
          "raft.grpc.client.tls.conf",
          "raft.grpc.server.services.customizer");

  private static void collect(Class<?> keys, List<String> found) throws IllegalAccessException {
    for (Field f : keys.getDeclaredFields()) {
      if (f.getType() == String.class
          && (f.getName().endsWith("_KEY") || f.getName().endsWith("_PARAMETER"))) {
        f.setAccessible(true);
        String key = (String) f.get(null);
        if (f.getName().endsWith("_KEY") && !PARAMETERS.contains(key)) {
          found.add(key);
        }
      }
    }
    for (Class<?> inner : keys.getDeclaredClasses()) {
      collect(inner, found);
    }
  }

  @Test
  void whatWouldLoseAcknowledgedWritesIsOff() {
    assertThat(RaftServerConfigKeys.Log.asyncFlushEnabled(properties)).isFalse();
    assertThat(RaftServerConfigKeys.Log.unsafeFlushEnabled(properties)).isFalse();
    assertThat(RaftServerConfigKeys.Log.useMemory(properties)).isFalse();
    assertThat(RaftServerConfigKeys.Log.corruptionPolicy(properties))
        .isEqualTo(RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
    assertThat(RaftServerConfigKeys.Read.leaderLeaseEnabled(properties)).isFalse();
    assertThat(RaftServerConfigKeys.LeaderElection.preVote(properties)).isTrue();
  }

  @Test
  void nothingLivesInTheTemporaryFolder() {
    assertThat(RaftServerConfigKeys.storageDir(properties))
        .allSatisfy(d -> assertThat(d.getPath()).startsWith("/somewhere"));
    assertThat(RaftServerConfigKeys.removedGroupsDir(properties).getPath())
        .startsWith("/somewhere");
  }

  @Test
  void theLargestEntryFitsTheBufferTheAppenderAndTheMessage() {
    int entry = RaftSettings.defaults().entryBytesMax();
    int appender = RaftServerConfigKeys.Log.Appender.bufferByteLimit(properties).getSizeInt();
    assertThat(appender).isGreaterThan(entry);
    assertThat(RaftServerConfigKeys.Log.writeBufferSize(properties).getSizeInt())
        .isGreaterThanOrEqualTo(appender + 8);
    assertThat(GrpcConfigKeys.messageSizeMax(properties, s -> {}).getSizeInt())
        .isGreaterThan(appender);
  }

  @Test
  void contradictorySettingsAreRefused() {
    RaftSettings s = RaftSettings.defaults();
    assertThatThrownBy(() -> s.withElectionTimeouts(Duration.ofMillis(500), Duration.ofMillis(500)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("election-timeout-max");
    assertThatThrownBy(() -> s.withElectionTimeouts(Duration.ofMillis(10), Duration.ofMillis(500)))
        .hasMessageContaining("election-timeout-min");
    assertThatThrownBy(() -> s.withLog(1024, 1 << 20, 1, 1, 0))
        .hasMessageContaining("entry-bytes-max");
    assertThatThrownBy(() -> s.withLog(1 << 20, 1 << 20, 1, 1, 0))
        .hasMessageContaining("segment-bytes");
    assertThatThrownBy(() -> s.withLog(1 << 20, 4 << 20, 0, 1, 0))
        .hasMessageContaining("snapshot-log-bytes");
  }
}
