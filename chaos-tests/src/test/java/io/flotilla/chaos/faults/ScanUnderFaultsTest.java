package io.flotilla.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.chaos.cluster.Launcher;
import io.flotilla.chaos.cluster.ProcessCluster;
import io.flotilla.chaos.resp.RespConnection;
import io.flotilla.chaos.resp.RespValue;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A SCAN's cursor names a place in an order that depends on the keys alone (ARCHITECTURE §2): a
 * client that goes on with it at whoever leads now, after a SIGKILL of the leader and after all
 * replicas were restored from snapshots, is given every key at least once that was there all the
 * time. Keys come and go meanwhile, so that tables grow and shrink under the walk.
 */
@Tag("cluster")
final class ScanUnderFaultsTest {
  private static final int NODES = 3;
  private static final int STAYING = 3000;

  /** Keys that come and go between two steps of the walk. */
  private static final int PASSING = 100;

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @Test
  void everyKeyThatStaysIsReturnedWhateverHappensToTheLeader() throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(NODES, "--shards", "1")) {
      cluster.run(() -> {
        Walk walk = new Walk(cluster);
        List<String[]> writes = new ArrayList<>();
        IntStream.range(0, STAYING).forEach(i -> writes.add(command("SET", "stays:" + i, "x")));
        walk.sayAll(writes);

        walk.goOnUntil(STAYING / 4);
        cluster.kill(cluster.leaderOf(0));
        walk.goOnUntil(STAYING / 2);

        cluster.up();
        cluster.awaitHealthy();
        Launcher.Ended snapshot = cluster.flotilla("snapshot");
        assertThat(snapshot.exitCode()).as("flotilla snapshot: %s", snapshot.output()).isZero();
        cluster.kill(IntStream.range(0, NODES).boxed().toList());
        cluster.up();
        assertThat(cluster.awaitHealthy().getShards(0).getGroup().getReplicasList())
            .as("replicas that began with a snapshot")
            .hasSize(NODES)
            .allMatch(r -> r.getSnapshotIndex() > 0);
        walk.goOnUntil(STAYING * 3 / 4);
        cluster.kill(cluster.leaderOf(0));
        walk.goOnUntil(Integer.MAX_VALUE);

        assertThat(walk.staying).as("keys that were there all the time").hasSize(STAYING);
      });
    }
  }

  private static String[] command(String... words) {
    return words;
  }

  /** One SCAN over the only shard, a step at a time, wherever the shard's leader is. */
  private static final class Walk {
    private final ProcessCluster cluster;
    private final Set<String> staying = new HashSet<>();
    private String cursor = "0";
    private boolean ended;
    private int step;

    Walk(ProcessCluster cluster) {
      this.cluster = cluster;
    }

    /** Goes on until it has returned so many of the keys that stay, or to its end. */
    void goOnUntil(int found) {
      while (!ended && staying.size() < found) {
        step++;
        passBy();
        List<RespValue> reply =
            RespValue.elements(
                sayAll(List.<String[]>of(command("SCAN", cursor, "COUNT", "20"))).getFirst());
        cursor = RespValue.text(reply.getFirst());
        ended = cursor.equals("0");
        for (RespValue key : RespValue.elements(reply.getLast())) {
          if (RespValue.text(key).startsWith("stays:")) {
            staying.add(RespValue.text(key));
          }
        }
      }
    }

    private void passBy() {
      List<String[]> writes = new ArrayList<>();
      for (int i = 0; i < PASSING; i++) {
        writes.add(command("SET", "passes:" + step + ":" + i, "x"));
        writes.add(command("DEL", "passes:" + (step - 1) + ":" + i));
      }
      sayAll(writes);
    }

    /** Says these until one node, leading from the first to the last of them, has done them all. */
    List<RespValue> sayAll(List<String[]> commands) {
      return Awaitility.await("somebody leads and answers")
          .atMost(ProcessCluster.PATIENCE)
          .pollDelay(Duration.ZERO)
          .until(() -> maybeSayAll(commands), Optional::isPresent)
          .orElseThrow();
    }

    private Optional<List<RespValue>> maybeSayAll(List<String[]> commands) {
      for (InetSocketAddress node : cluster.clients()) {
        try (RespConnection connection =
            RespConnection.open(node.getHostString(), node.getPort(), PATIENCE)) {
          // Who does not lead has no slots to walk over, and says of a SCAN that begins that it is
          // at its end; so it must have led before and after, or what it said counts for nothing.
          connection.write("GET", "stays:0");
          for (String[] command : commands) {
            connection.write(command);
          }
          connection.write("GET", "stays:0");
          connection.flush();
          List<RespValue> replies = new ArrayList<>();
          for (int i = 0; i < commands.size() + 2; i++) {
            replies.add(connection.read());
          }
          if (replies.stream().noneMatch(r -> r instanceof RespValue.Failure)) {
            return Optional.of(replies.subList(1, replies.size() - 1));
          }
        } catch (IOException gone) {
          // the next one, then
        }
      }
      return Optional.empty();
    }
  }
}
