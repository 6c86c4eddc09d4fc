package io.flotilla.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.chaos.cluster.FreePorts;
import io.flotilla.chaos.cluster.Launcher;
import io.flotilla.chaos.cluster.ProcessCluster;
import io.flotilla.chaos.resp.RespConnection;
import io.flotilla.chaos.resp.RespValue;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node that is told nonsense by its operator, or finds data that it cannot trust, ends at once,
 * says what is wrong and what to do, and changes nothing. Exit codes are those of sysexits.h.
 */
@Tag("cluster")
final class UntrustedDataTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int UNTRUSTED_DATA = 65;
  private static final int PORT_UNAVAILABLE = 69;
  private static final int DIRECTORY_UNUSABLE = 73;
  private static final int CONFIG = 78;

  @TempDir private Path directory = Path.of("");

  private static String yaml(String name, Path data, int port, String further) {
    return """
    node:
      name: '%s'
      directory: '%s'
    listen:
      client: 127.0.0.1:%d
      raft: 127.0.0.1:%d
      peer: 127.0.0.1:%d
      admin: 127.0.0.1:%d
      http: 127.0.0.1:%d
    %s
    """
        .formatted(name, data, port, port + 100, port + 200, port + 300, port + 400, further);
  }

  private Launcher.Ended node(String yaml) throws IOException {
    Path file = directory.resolve("node.yaml");
    Files.writeString(file, yaml, StandardCharsets.UTF_8);
    return Launcher.run(directory, "node", "--config", file.toString());
  }

  @Test
  void unknownAndContradictingKeysRefuseToStartAndAreAllNamed() throws IOException {
    int port = FreePorts.forNodes(1);
    Launcher.Ended unknown =
        node(yaml("n1", directory.resolve("data"), port, "write:\n  linger-micro: 3"));
    assertThat(unknown.exitCode()).as(unknown.output()).isEqualTo(CONFIG);
    assertThat(unknown.output())
        .contains("unknown key write.linger-micro")
        .contains("the nearest known one is write.linger-micros");

    Launcher.Ended contradiction =
        node(
            yaml(
                "n1",
                directory.resolve("data"),
                port,
                "raft:\n  election-min-millis: 900\n  election-max-millis: 800"));
    assertThat(contradiction.exitCode()).as(contradiction.output()).isEqualTo(CONFIG);
    assertThat(contradiction.output())
        .contains("raft.election-min-millis 900")
        .contains("raft.election-max-millis 800");
    assertThat(directory.resolve("data")).doesNotExist();
  }

  @Test
  void aPortInUseIsNamedWithItsSetting() throws IOException {
    List<String> listeners = List.of("client", "raft", "peer", "admin", "http");
    for (int i = 0; i < listeners.size(); i++) {
      int port = FreePorts.forNodes(1);
      int taken = port + 100 * i;
      try (ServerSocket squatter = new ServerSocket()) {
        squatter.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), taken));
        // Others are named as members and never answer: the port is told before they are waited
        // for.
        Launcher.Ended ended =
            node(
                yaml(
                    "n1",
                    directory.resolve("data"),
                    port,
                    "cluster.members: [n1=127.0.0.1:%d, n2=127.0.0.1:1]".formatted(port + 300)));
        assertThat(ended.exitCode()).as(ended.output()).isEqualTo(PORT_UNAVAILABLE);
        assertThat(ended.output().lines())
            .as(ended.output())
            .anyMatch(line ->
                line.startsWith("flotilla: cannot listen on 127.0.0.1:" + taken)
                    && line.contains(
                        "listen." + listeners.get(Math.divideExact(taken - port, 100))));
      }
    }
  }

  @Test
  void aDirectoryThatCannotBeMadeIsNamed() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "mine");
    Launcher.Ended ended = node(yaml("n1", file.resolve("data"), FreePorts.forNodes(1), ""));
    assertThat(ended.exitCode()).as(ended.output()).isEqualTo(DIRECTORY_UNUSABLE);
    assertThat(ended.output()).contains(file.toString()).contains("cannot be made or written");
    assertThat(file).hasContent("mine");
  }

  @Test
  void sigtermStopsInGoodOrderWhetherTheNodeServesOrStillWaits() throws Exception {
    int port = FreePorts.forNodes(1);
    String alone = "cluster.members: [n1=127.0.0.1:%d]".formatted(port + 300);
    assertStops(
        yaml("n1", directory.resolve("served"), port, alone), "serves clients", "has stopped");

    int other = FreePorts.forNodes(1);
    String waiting = "cluster.members: [n1=127.0.0.1:%d, n2=127.0.0.1:1]".formatted(other + 300);
    assertStops(
        yaml("n1", directory.resolve("waited"), other, waiting),
        "waits for member n2",
        "clients are no longer served");
  }

  private void assertStops(String yaml, String when, String last) throws Exception {
    Path file = Files.writeString(directory.resolve("stopped.yaml"), yaml);
    Path output = Files.createTempFile(directory, "stopped", ".log");
    Process node = Launcher.start(directory, output, Map.of(), "node", "--config", file.toString());
    try {
      Awaitility.await(when)
          .atMost(ProcessCluster.PATIENCE)
          .until(() -> Files.readString(output).contains(when));
      node.destroy(); // SIGTERM
      assertThat(node.waitFor(ProcessCluster.PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .as("it ends; it said %s", Files.readString(output))
          .isTrue();
      assertThat(node.exitValue()).as(Files.readString(output)).isZero();
      assertThat(Files.readString(output)).contains(last).doesNotContain(" ERROR ");
    } finally {
      node.destroyForcibly();
    }
  }

  @Test
  void aDirectoryThatIsNoNodesOrAnotherNodesOrInUseIsRefused() throws Exception {
    Path strange = Files.createDirectory(directory.resolve("strange"));
    Files.writeString(strange.resolve("photos.txt"), "mine");
    Launcher.Ended foreign = node(yaml("n1", strange, FreePorts.forNodes(1), ""));
    assertThat(foreign.exitCode()).as(foreign.output()).isEqualTo(DIRECTORY_UNUSABLE);
    assertThat(foreign.output()).contains("photos.txt").contains("it is not a node's directory");
    assertThat(strange.resolve("photos.txt")).hasContent("mine");

    try (ProcessCluster cluster = ProcessCluster.start(1)) {
      cluster.run(() -> {
        Path data = cluster.directoryOf(0).resolve("data");
        Launcher.Ended inUse = node(yaml("n1", data, FreePorts.forNodes(1), ""));
        assertThat(inUse.exitCode()).as(inUse.output()).isEqualTo(DIRECTORY_UNUSABLE);
        assertThat(inUse.output())
            .contains("another process uses it: pid " + cluster.process(0).pid());
        cluster.down();
        Launcher.Ended others = node(yaml("n7", data, FreePorts.forNodes(1), ""));
        assertThat(others.exitCode()).as(others.output()).isEqualTo(DIRECTORY_UNUSABLE);
        assertThat(others.output()).contains("it belongs to node n1");
      });
    }
  }

  @Test
  void damagedDataIsRefusedUntouchedAndServesAgainOnceItIsWhole() throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(1)) {
      cluster.run(() -> damage(cluster));
    }
  }

  private static void damage(ProcessCluster cluster) throws IOException {
    for (int i = 0; i < 100; i++) {
      assertThat(call(cluster, "SET", "before" + i, "v" + i)).isEqualTo(new RespValue.Simple("OK"));
    }
    assertThat(cluster.flotilla("snapshot").exitCode()).isZero();
    for (int i = 0; i < 100; i++) {
      assertThat(call(cluster, "SET", "after" + i, "v" + i)).isEqualTo(new RespValue.Simple("OK"));
    }
    cluster.down();

    for (Path snapshot : largest(cluster, "sm", "snapshot.")) {
      byte[] whole = Files.readAllBytes(snapshot);
      byte[] flipped = whole.clone();
      flipped[flipped.length / 2] ^= 0x10;
      assertRefused(cluster, snapshot, whole, flipped);
    }
    for (Path log : largest(cluster, "current", "log_")) {
      byte[] whole = Files.readAllBytes(log);
      assertRefused(cluster, log, whole, Arrays.copyOf(whole, whole.length - 20));
      byte[] flipped = whole.clone();
      flipped[flipped.length / 2] ^= 0x01;
      assertRefused(cluster, log, whole, flipped);
    }

    cluster.up();
    for (int i = 0; i < 100; i++) {
      assertThat(call(cluster, "GET", "before" + i)).isEqualTo(new RespValue.Bulk("v" + i));
      assertThat(call(cluster, "GET", "after" + i)).isEqualTo(new RespValue.Bulk("v" + i));
    }
  }

  /** The file with most bytes of its kind: the shard's, as the metadata's are small. */
  private static List<Path> largest(ProcessCluster cluster, String parent, String prefix)
      throws IOException {
    try (Stream<Path> files = Files.walk(cluster.directoryOf(0).resolve("data"))) {
      List<Path> found =
          files
              .filter(Files::isRegularFile)
              .filter(f -> f.getFileName().toString().startsWith(prefix))
              .filter(f -> f.toString().contains("/" + parent + "/"))
              .sorted((a, b) -> Long.compare(b.toFile().length(), a.toFile().length()))
              .toList();
      assertThat(found).as("%s files in %s", prefix, parent).isNotEmpty();
      return found.subList(0, 1);
    }
  }

  private static void assertRefused(ProcessCluster cluster, Path file, byte[] whole, byte[] damaged)
      throws IOException {
    Files.write(file, damaged);
    Launcher.Ended ended =
        cluster.flotilla(
            "node", "--config", cluster.directoryOf(0).resolve("node.yaml").toString());
    assertThat(ended.exitCode()).as(ended.output()).isEqualTo(UNTRUSTED_DATA);
    assertThat(ended.output())
        .contains(file.getFileName().toString())
        .contains("nothing was changed")
        .contains("flotilla node replace");
    assertThat(Files.readAllBytes(file)).as("the damaged file is left alone").isEqualTo(damaged);
    Files.write(file, whole);
  }

  @Test
  void aWrongPasswordIsRefusedInRedissWords() throws Exception {
    Path password = directory.resolve("password");
    Files.writeString(password, "s3cret\n");
    try (ProcessCluster cluster =
        ProcessCluster.start(1, "--set", "client.password-file=" + password)) {
      cluster.run(() -> {
        assertThat(call(cluster, "GET", "k"))
            .isEqualTo(new RespValue.Failure("NOAUTH Authentication required."));
        try (RespConnection connection = connect(cluster)) {
          assertThat(connection.call("AUTH", "wrong"))
              .isEqualTo(
                  new RespValue.Failure(
                      "WRONGPASS invalid username-password pair or user is disabled."));
          assertThat(connection.call("GET", "k"))
              .isEqualTo(new RespValue.Failure("NOAUTH Authentication required."));
          assertThat(connection.call("AUTH", "s3cret")).isEqualTo(new RespValue.Simple("OK"));
          assertThat(connection.call("GET", "k")).isEqualTo(new RespValue.Null());
        }
      });
    }
  }

  private static RespConnection connect(ProcessCluster cluster) throws IOException {
    InetSocketAddress address = cluster.client(0);
    return RespConnection.open(address.getHostString(), address.getPort(), PATIENCE);
  }

  private static RespValue call(ProcessCluster cluster, String... words) throws IOException {
    try (RespConnection connection = connect(cluster)) {
      return connection.call(words);
    }
  }
}
