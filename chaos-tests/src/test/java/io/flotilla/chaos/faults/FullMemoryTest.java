package io.flotilla.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.chaos.cluster.NodeProcesses;
import io.flotilla.chaos.resp.RespConnection;
import io.flotilla.chaos.resp.RespValue;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client that stores more than the heap holds hears Redis's -OOM; before there was a guard it
 * ended the process, and with it every other replica, again after each start.
 */
@Tag("cluster")
final class FullMemoryTest {
  /** For what takes moments, on a machine that is busy with other things. */
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final RespValue OK = new RespValue.Simple("OK");
  private static final RespValue OUT_OF_MEMORY =
      new RespValue.Failure("OOM command not allowed when used memory > 'maxmemory'.");

  /** So many at a time, as a loader of data does it. */
  private static final int PIPELINE = 16;

  private static final String VALUE = "x".repeat(10_000);

  /** More than the heap holds. */
  private static final int TOO_MANY = 50_000;

  /**
   * How long nothing is taken before the heap counts as full: the first -OOM may be said of what a
   * collection a moment later finds dead, and writes are taken again.
   */
  private static final Duration FULL = Duration.ofSeconds(4);

  @TempDir private Path directory = Path.of("");

  @Test
  void aClientThatFillsTheHeapHearsOomAndEverybodyElseGoesOn() throws IOException {
    try (NodeProcesses node =
        NodeProcesses.start(
            directory, 1, Map.of(), false, Map.of("FLOTILLA_NODE_OPTS", "-Xmx160m"), Set.of())) {
      try {
        run(node);
      } catch (IOException | RuntimeException | AssertionError e) {
        throw new AssertionError("the node said: " + node.log(0), e);
      }
    }
  }

  private static void run(NodeProcesses node) throws IOException {
    List<String> stored = fill(node);
    List<String> older = stored.subList(0, stored.size() / 2);
    List<String> newer = stored.subList(stored.size() / 2, stored.size());
    try (RespConnection client = connect(node)) {
      assertThat(client.call("SET", "further", "x")).isEqualTo(OUT_OF_MEMORY);
      assertThat(client.call("MULTI")).isEqualTo(OK);
      assertThat(client.call("SET", "further", "x")).isEqualTo(OUT_OF_MEMORY);
      assertThat(client.call("EXEC")).isInstanceOf(RespValue.Failure.class);
      assertThat(client.call("INFO", "memory").toString()).contains("writes_refused:1");
      assertThat(client.call("GET", older.getFirst())).isEqualTo(new RespValue.Bulk(VALUE));
      for (String name : older) {
        client.write("DEL", name);
      }
      client.flush();
      for (int i = 0; i < older.size(); i++) {
        assertThat(client.read()).isEqualTo(new RespValue.Number(1));
      }
    }
    assertThat(node.log(0)).contains("writes are refused with OOM");
    awaitTaken(node);
    assertThat(node.isRunning(0)).isTrue();

    // The replay goes through all of that again.
    assertThat(node.terminate(0).get()).hasValue(0);
    node.start(0);
    Awaitility.await("the node serves its data again")
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> ask(node, "DBSIZE"), new RespValue.Number(newer.size() + 1)::equals);
    assertThat(ask(node, "GET", newer.getLast())).isEqualTo(new RespValue.Bulk(VALUE));
    awaitTaken(node);
  }

  private static void awaitTaken(NodeProcesses node) {
    Awaitility.await("writes are taken again")
        .atMost(PATIENCE)
        .until(() -> ask(node, "SET", "further", "x"), OK::equals);
  }

  /** The names of what is stored when nothing but -OOM is said. */
  private static List<String> fill(NodeProcesses node) throws IOException {
    List<String> stored = new ArrayList<>();
    try (RespConnection client = connect(node)) {
      boolean refused = false;
      long takenNanos = System.nanoTime();
      for (int i = 0; !refused || System.nanoTime() - takenNanos < FULL.toNanos(); i += PIPELINE) {
        for (int j = i; j < i + PIPELINE; j++) {
          client.write("SET", "key" + j, VALUE);
        }
        client.flush();
        for (int j = i; j < i + PIPELINE; j++) {
          RespValue answer = client.read();
          assertThat(answer).isIn(OK, OUT_OF_MEMORY);
          if (answer.equals(OK)) {
            stored.add("key" + j);
            takenNanos = System.nanoTime();
          } else {
            refused = true;
          }
        }
        assertThat(stored).hasSizeLessThan(TOO_MANY);
      }
    }
    return stored;
  }

  private static RespValue ask(NodeProcesses node, String... words) throws IOException {
    try (RespConnection client = connect(node)) {
      return client.call(words);
    }
  }

  private static RespConnection connect(NodeProcesses node) throws IOException {
    InetSocketAddress address = node.clients().getFirst();
    return RespConnection.open(address.getHostString(), address.getPort(), PATIENCE);
  }
}
