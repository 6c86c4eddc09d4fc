package io.flotilla.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * `up` and `down` with real processes that are not real nodes ({@link FakeNode}): what is under
 * test is the care for processes, ports and files. Tagged slow: it starts JVMs.
 */
@Tag("slow")
final class UpDownTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory = Path.of("");

  private final Map<String, String> environment = new HashMap<>();
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();
  private int port;

  @BeforeEach
  void launcher() throws IOException {
    Path script = directory.resolve("launcher");
    Files.writeString(
        script,
        "#!/bin/sh\nexec '"
            + Path.of(System.getProperty("java.home"), "bin", "java")
            + "' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '"
            + System.getProperty("java.class.path")
            + "' io.flotilla.cli.FakeNode \"$@\"\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    environment.put("FLOTILLA_LAUNCHER", script.toString());
    port = freePort();
  }

  /** A first port whose whole plan is free. */
  private static int freePort() {
    for (int attempt = 0; attempt < 100; attempt++) {
      int candidate = ThreadLocalRandom.current().nextInt(10_000, 32_000);
      if (Ports.taken(ClusterPlan.of(3, 0, 0, candidate).nodes()).isEmpty()) {
        return candidate;
      }
    }
    throw new AssertionError("no free ports");
  }

  @AfterEach
  void stopAll() {
    execute("down", "--force");
  }

  private int execute(String... args) {
    out = new StringWriter();
    err = new StringWriter();
    Context context =
        new Context(
            new PrintWriter(out),
            new PrintWriter(err),
            environment,
            directory,
            Terminal.PLAIN,
            endpoint ->
                Grpc.newChannelBuilder(endpoint.toString(), InsecureChannelCredentials.create())
                    .build());
    return Flotilla.commandLine(context).execute(args);
  }

  private int up(String... more) {
    String[] args = {"up", "--port", Integer.toString(port), "-o", "json"};
    return execute(
        java.util.stream.Stream.of(args, more)
            .flatMap(java.util.stream.Stream::of)
            .toArray(String[]::new));
  }

  private static ProcessHandle process(JsonNode up, int node) {
    return ProcessHandle.of(up.at("/nodes/" + node + "/pid").asLong()).orElseThrow();
  }

  @Test
  void aSecondUpStartsOnlyWhatDoesNotRunAndDownStopsAll() throws IOException {
    assertThat(up()).as(() -> err.toString()).isEqualTo(0);
    JsonNode first = JSON.readTree(out.toString());
    assertThat(first.at("/nodes/2/client").asString()).isEqualTo("127.0.0.1:" + (port + 2));
    assertThat(Path.of(first.at("/nodes/0/log").asString())).content().contains("Serving on");
    assertThat(directory.resolve(".flotilla/n1/node.yaml"))
        .content()
        .contains("admin: '127.0.0.1:");

    ProcessHandle second = process(first, 1);
    second.destroyForcibly();
    Awaitility.await().atMost(PATIENCE).until(() -> !second.isAlive());
    assertThat(execute("up", "--output", "json")).as(() -> err.toString()).isEqualTo(0);
    JsonNode again = JSON.readTree(out.toString());
    assertThat(again.at("/nodes/0/started").asBoolean()).isFalse();
    assertThat(again.at("/nodes/0/pid")).isEqualTo(first.at("/nodes/0/pid"));
    assertThat(again.at("/nodes/1/started").asBoolean()).isTrue();

    assertThat(execute("up", "--nodes", "5")).isEqualTo(ExitCode.USAGE.number());
    assertThat(err.toString()).contains("--nodes is 3 there, not 5");

    assertThat(execute("down")).isEqualTo(0);
    assertThat(out.toString()).contains("n1 (pid ").contains(") stopped");
    for (int node = 0; node < 3; node++) {
      // What has ended is a child of this process until it is waited for.
      long pid = again.at("/nodes/" + node + "/pid").asLong();
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
    }
    assertThat(execute("down")).isEqualTo(0);
    assertThat(out.toString()).contains("n2 was not running");
  }

  @Test
  void aNodeThatRefusesItsDataIsReportedWithItsLastWords() throws IOException {
    assertThat(up()).as(() -> err.toString()).isEqualTo(0);
    assertThat(execute("down")).isEqualTo(0);
    Files.createFile(directory.resolve(".flotilla/n3/refuse"));
    assertThat(execute("up")).isEqualTo(ExitCode.LOCAL_FAILURE.number());
    assertThat(err.toString())
        .contains("n3 ended")
        .contains("The log of shard 1 is shorter than its marker says")
        .contains("The others serve.");
    assertThat(out.toString()).contains("ended").contains("2 nodes and 3 shards serve");
  }

  @Test
  void aNodeWithoutItsDataIsReportedWithTheCommandThatRebuildsIt() throws IOException {
    assertThat(up()).as(() -> err.toString()).isEqualTo(0);
    assertThat(execute("down")).isEqualTo(0);
    Files.createFile(directory.resolve(".flotilla/n1/empty"));
    assertThat(execute("up")).as(() -> err.toString()).isEqualTo(ExitCode.DEGRADED.number());
    assertThat(err.toString())
        .contains("All slots are served, but n1 has an empty data directory")
        .contains("flotilla node replace n1");
  }

  @Test
  void aTakenPortIsNamedBeforeAnythingIsStarted() throws IOException {
    try (ServerSocket squatter = new ServerSocket()) {
      squatter.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port + 301));
      assertThat(up()).isEqualTo(ExitCode.LOCAL_FAILURE.number());
    }
    JsonNode error = JSON.readTree(err.toString());
    assertThat(error.path("error").asString()).isEqualTo("port-in-use");
    assertThat(error.path("message").asString())
        .contains("port " + (port + 301) + " (admin of n2)")
        .contains("--port");
    assertThat(directory.resolve(".flotilla/cluster.json")).doesNotExist();
  }

  @Test
  void aReusedPidIsLeftAlone() throws IOException {
    LocalCluster cluster = LocalCluster.at(directory.resolve(".flotilla"));
    ClusterPlan plan = ClusterPlan.of(1, 0, 0, port);
    cluster.create(plan, List.of());
    NodePlan node = plan.nodes().getFirst();
    Process stranger = new ProcessBuilder("sleep", "100").start();
    try {
      long start = stranger.info().startInstant().orElseThrow().toEpochMilli();
      for (String text :
          List.of(
              stranger.pid() + " " + start, // the command line is another one
              ProcessHandle.current().pid() + " 1000", // began at another time
              "nonsense",
              "999999999 " + start)) {
        Files.writeString(cluster.pidFileOf(node), text + "\n", StandardCharsets.UTF_8);
        assertThat(execute("down")).isEqualTo(0);
        assertThat(out.toString()).contains("n1 was not running");
      }
      assertThat(stranger.isAlive()).isTrue();
    } finally {
      stranger.destroyForcibly();
    }
  }

  @Test
  void withoutALauncherItSaysWhatToDo() {
    environment.remove("FLOTILLA_LAUNCHER");
    assertThat(up()).isEqualTo(ExitCode.LOCAL_FAILURE.number());
    assertThat(err.toString()).contains("Call this through bin/flotilla");
  }
}
