package io.flotilla.chaos.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.chaos.cluster.RedisServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The harness against a real Redis: it finds the writes that a server without persistence loses
 * when it is killed, and finds nothing where every write was synced first.
 */
@Tag("cluster")
final class LoaderTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory = Path.of("");

  @BeforeEach
  void installed() {
    assumeTrue(RedisServer.isInstalled(), "redis-server is not installed");
  }

  private List<String> violationsOverAKill(String... options) throws Exception {
    long seed = ThreadLocalRandom.current().nextLong(1L << 40);
    try (RedisServer redis = RedisServer.start(directory, options);
        Loader loader = Loader.start(List.of(redis.address()), seed)) {
      loader.awaitProgress(PATIENCE);
      redis.killAndRestart();
      loader.awaitProgress(PATIENCE);
      loader.stop();
      return loader.violations();
    }
  }

  @Test
  void writesThatAServerLosesAreMissed() throws Exception {
    assertThat(violationsOverAKill("--save", "", "--appendonly", "no"))
        .anySatisfy(v -> assertThat(v).contains("is missing"))
        .anySatisfy(v -> assertThat(v).contains("increments were acknowledged"));
  }

  @Test
  void aServerThatSyncsEveryWriteIsAcquitted() throws Exception {
    assertThat(violationsOverAKill("--save", "", "--appendonly", "yes", "--appendfsync", "always"))
        .isEmpty();
  }
}
