package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.raft.RaftHost;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Why: what stands in front of a cluster knows a node by these three paths only. One that serves
 * nobody and calls itself ready gets clients all the same; one that is restarted because it is cut
 * off makes the next failure worse.
 */
@Tag("cluster")
final class HealthTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir Path directory;
  private final HttpClient http = HttpClient.newHttpClient();
  private NodesInProcess nodes;

  @BeforeEach
  void make() {
    nodes = new NodesInProcess(directory, 3);
  }

  @AfterEach
  void stop() {
    assertThat(nodes.halted()).isNull();
    nodes.close();
    http.close();
  }

  private HttpResponse<String> ask(String method, String node, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + nodes.port(node, "http") + path);
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .timeout(PATIENCE)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    return http.send(request, BodyHandlers.ofString());
  }

  /** Status and body of a GET, as "200 ready"; of a node that does not listen, that. */
  private String get(String node, String path) throws InterruptedException {
    try {
      HttpResponse<String> response = ask("GET", node, path);
      return response.statusCode() + " " + response.body().strip();
    } catch (ConnectException e) {
      return "nobody listens";
    } catch (IOException e) {
      return "no answer: " + e;
    }
  }

  private void awaitReadiness(String node, String pattern) {
    await(node + " says " + pattern)
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(get(node, "/health/ready")).matches(pattern));
  }

  /** What else it says, it lives and tells its figures. */
  private void livesAndCounts(String node) throws InterruptedException {
    assertThat(get(node, "/health/live")).isEqualTo("200 alive");
    assertThat(get(node, "/metrics"))
        .startsWith("200 ")
        .contains("# TYPE ")
        .contains("flotilla_client_connections ");
  }

  @Test
  void aNodeThatIsCutOffFromItsMajorityIsNotReadyUntilItIsBack() throws Exception {
    try (NodeFirewall firewall = new NodeFirewall(nodes)) {
      nodes.startAll();
      for (String node : nodes.names()) {
        awaitReadiness(node, "200 ready");
      }
      firewall.isolate("n3");
      awaitReadiness("n3", "503 knows no leader of shard \\d+ \\(for \\d+ s\\).*");
      livesAndCounts("n3");
      awaitReadiness("n1", "200 ready");
      awaitReadiness("n2", "200 ready");
      firewall.heal();
      awaitReadiness("n3", "200 ready");
    }
  }

  @Test
  void aNodeThatStartsWithoutItsMajorityServesAndIsNotReady() throws Exception {
    nodes.startAll();
    RaftHost raft = Objects.requireNonNull(nodes.node("n1").member()).raft();
    for (GroupId group : raft.groups()) { // else it knows nothing of its cluster without a leader
      raft.takeSnapshot(group).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
    nodes.names().forEach(nodes::stop);
    nodes.start(List.of("n1"), nodes.names()); // gives up waiting, and answers by what it has
    awaitReadiness("n1", "503 knows no leader of shard \\d+ .*");
    livesAndCounts("n1");
    nodes.start(List.of("n2"), nodes.names());
    awaitReadiness("n1", "200 ready");
    awaitReadiness("n2", "200 ready");
  }

  @Test
  void aDrainedNodeIsNotReadyUntilItIsUndrained() throws Exception {
    nodes.startAll();
    awaitReadiness("n2", "200 ready");
    int given = nodes.node("n2").drain(false);
    assertThat(given).isNotNegative();
    assertThat(get("n2", "/health/ready"))
        .isEqualTo("503 is drained: it has given its leaderships away");
    livesAndCounts("n2");
    assertThat(nodes.node("n2").drain(true)).isZero();
    awaitReadiness("n2", "200 ready");
  }

  @Test
  void aNodeThatWaitsForItsFellowsSaysSoAndPathsAndMethodsAreTheOnesThatAreMeant()
      throws Exception {
    Future<RunningNode> first = nodes.begin("n1", nodes.names());
    awaitReadiness("n1", "503 \\S.*");
    livesAndCounts("n1");
    assertThat(get("n1", "/")).startsWith("404 ");
    assertThat(ask("HEAD", "n1", "/health/live").statusCode()).isEqualTo(200);
    HttpResponse<String> head = ask("HEAD", "n1", "/health/ready");
    assertThat(head.statusCode()).isEqualTo(503);
    assertThat(head.body()).isEmpty();
    for (String path : List.of("/metrics", "/health/live", "/health/ready")) {
      assertThat(ask("POST", "n1", path).statusCode()).as(path).isEqualTo(405);
    }
    nodes.start(List.of("n2", "n3"), nodes.names());
    try (RunningNode n1 = first.get()) {
      awaitReadiness("n1", "200 ready");
      assertThat(n1.missing()).isEmpty();
    }
  }
}
