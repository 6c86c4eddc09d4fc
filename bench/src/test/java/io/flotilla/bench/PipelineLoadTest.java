package io.flotilla.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The mixed load against a real redis-server: it sends what it says, and counts what it sent. */
@Tag("slow")
final class PipelineLoadTest {
  @BeforeEach
  void installed() {
    assumeTrue(Commands.isInstalled("redis-server"), "redis-server is not installed");
  }

  @Test
  void halfOfTheCommandsWriteAndHalfRead() throws IOException {
    try (Workspace workspace = new Workspace();
        RedisTarget redis = RedisTarget.noPersistence(workspace);
        RespConnection probe = new RespConnection(redis.port(), Duration.ofSeconds(10))) {
      Load load = new Load(Load.Kind.MIXED, 10, 16, 50);
      Sample sample = PipelineLoad.run(redis, load, 10_000);
      assertThat(sample.perSecond()).isPositive();
      assertThat(sample.p50Millis()).isPositive().isLessThanOrEqualTo(sample.p99Millis());
      String stats = probe.call("INFO", "commandstats");
      assertThat(stats).contains("cmdstat_set:calls=5000,").contains("cmdstat_get:calls=5000,");
      assertThat(probe.call("DBSIZE")).isEqualTo(":50");
    }
  }

  @Test
  void anErrorOfTheServerEndsTheRun() throws IOException {
    try (Workspace workspace = new Workspace();
        RedisTarget redis = RedisTarget.noPersistence(workspace);
        RespConnection probe = new RespConnection(redis.port(), Duration.ofSeconds(10))) {
      probe.call("RPUSH", "key:000000000000", "x");
      assertThatThrownBy(() -> PipelineLoad.run(redis, new Load(Load.Kind.GET, 5, 16, 1), 1_000))
          .isInstanceOf(BenchException.class)
          .hasMessageContaining("WRONGTYPE");
    }
  }
}
