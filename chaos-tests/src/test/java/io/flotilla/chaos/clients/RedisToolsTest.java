package io.flotilla.chaos.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.chaos.cluster.ProcessCluster;
import io.flotilla.chaos.cluster.SharedCluster;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Redis's own tools, where they are installed, against node processes. */
@Tag("cluster")
@ExtendWith(SharedCluster.class)
final class RedisToolsTest {
  private static final int PATIENCE_SECONDS = 120;

  private final ProcessCluster cluster;
  private final String run = "tools:" + System.nanoTime() + ":";

  RedisToolsTest(ProcessCluster cluster) {
    this.cluster = cluster;
  }

  @BeforeEach
  void whole() {
    // redis-benchmark gives up on a slot that moves to a node that led nothing when it began.
    cluster.awaitSettled();
  }

  private static void assumeInstalled(String tool) {
    boolean installed =
        Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, tool)));
    assumeTrue(installed, tool + " is not installed");
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("%s ends", command).isTrue();
    assertThat(process.exitValue()).as("%s: %s", command, output).isZero();
    return output.strip();
  }

  private String cli(String... words) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of("redis-cli", "-c", "-p", Integer.toString(cluster.client(0).getPort())));
    command.addAll(List.of(words));
    return run(command);
  }

  @Test
  void redisCliFollowsRedirects() throws Exception {
    assumeInstalled("redis-cli");
    for (int i = 0; i < 10; i++) {
      assertThat(cli("SET", run + i, "v" + i)).isEqualTo("OK");
      assertThat(cli("GET", run + i)).isEqualTo("v" + i);
    }
    assertThat(cli("CLUSTER", "INFO")).contains("cluster_state:ok", "cluster_slots_assigned:16384");
    assertThat(cli("CLUSTER", "NODES").lines()).hasSize(3);
    assertThat(cli("-3", "HELLO", "3")).contains("proto");
  }

  @Test
  void redisBenchmarkRunsOverTheCluster() throws Exception {
    assumeInstalled("redis-benchmark");
    String output =
        run(
            List.of(
                "redis-benchmark",
                "--cluster",
                "-p",
                Integer.toString(cluster.client(0).getPort()),
                "-t",
                "set,get,incr,lpush,rpush,hset",
                "-n",
                "6000",
                "-c",
                "20",
                "-P",
                "4",
                "-r",
                "1000",
                "-q"));
    assertThat(output)
        .contains("Cluster has 3 master nodes")
        .contains("SET: ")
        .contains("HSET: ")
        .doesNotContain("ERR")
        .doesNotContain("Error");
  }
}
