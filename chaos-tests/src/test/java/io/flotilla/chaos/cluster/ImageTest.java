package io.flotilla.chaos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.command.WaitContainerResultCallback;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.HealthCheck;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import io.flotilla.chaos.resp.RespConnection;
import io.flotilla.chaos.resp.RespValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The image as its users meet it: variables, a volume, a user of its own, health, and a stop. */
@Tag("docker")
final class ImageTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int STOP_SECONDS = 60;

  private final ContainerEngine engine =
      new ContainerEngine(
          "flotilla-image-" + Long.toHexString(ThreadLocalRandom.current().nextLong()));
  private final ContainerEngine.Images images = ContainerEngine.images();
  private final ContainerEngine.Subnet subnet = engine.createNetwork();

  /** The data of the test's nodes. */
  private final String volume = "flotilla-image-" + subnet.id();

  @TempDir private Path directory = Path.of("");

  @AfterEach
  void removeAll() {
    engine.removeAll();
    try {
      engine.client().removeVolumeCmd(volume).exec();
    } catch (NotFoundException e) {
      return; // The test has started no node.
    }
  }

  private String node(String... environment) throws IOException {
    Path secrets = Files.createDirectories(directory.resolve("secrets"));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path token = Files.writeString(secrets.resolve("token"), "open sesame\n");
    Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-r--r--"));
    String id =
        engine.create(
            engine
                .client()
                .createContainerCmd(images.node())
                .withEnv(environment)
                .withIpv4Address(subnet.node(0))
                .withHealthcheck(
                    new HealthCheck()
                        .withInterval(Duration.ofSeconds(1).toNanos())
                        .withTimeout(Duration.ofSeconds(30).toNanos()))
                .withHostConfig(
                    HostConfig.newHostConfig()
                        .withNetworkMode(subnet.id())
                        .withBinds(
                            new Bind(volume, new Volume("/var/lib/flotilla")),
                            new Bind(
                                secrets.toString(), new Volume("/run/secrets"), AccessMode.ro))),
            "node-" + Integer.toHexString(ThreadLocalRandom.current().nextInt()));
    engine.start(id);
    return id;
  }

  private String[] alone() {
    return new String[] {
      "FLOTILLA_HOST=" + subnet.node(0),
      "FLOTILLA_SET_NODE_NAME=alone",
      "FLOTILLA_SET_CLUSTER_MEMBERS=alone=" + subnet.node(0) + ":36379",
      "FLOTILLA_SET_ADMIN_TOKEN_FILE=/run/secrets/token",
    };
  }

  private String health(String id) {
    return engine.state(id).getHealth().getStatus();
  }

  private RespValue say(String... command) throws IOException {
    try (RespConnection connection = RespConnection.open(subnet.node(0), 6379, PATIENCE)) {
      return connection.call(command);
    }
  }

  private void awaitServing(String id) {
    Awaitility.await("it serves: " + engine.log(id))
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions()
        .until(() -> RespValue.text(say("SET", "served", "yes")).equals("OK"));
  }

  private int stop(String id) {
    engine.client().killContainerCmd(id).withSignal("SIGTERM").exec();
    return awaitEnd(id);
  }

  private int awaitEnd(String id) {
    return engine
        .client()
        .waitContainerCmd(id)
        .exec(new WaitContainerResultCallback())
        .awaitStatusCode(STOP_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void aNodeOfVariablesServesIsHealthyStopsInGoodOrderAndFindsItsDataAgain() throws Exception {
    String first = node(alone());
    awaitServing(first);
    assertThat(RespValue.text(say("SET", "kept", "of the first"))).isEqualTo("OK");
    Awaitility.await("its health check")
        .atMost(PATIENCE)
        .until(() -> health(first).equals("healthy"));
    engine.run(first, "[ \"$(id -u)\" = 10001 ] && ! touch /opt/flotilla/x 2>/dev/null");
    assertThat(stop(first)).as("SIGTERM: %s", engine.log(first)).isZero();
    engine.client().removeContainerCmd(first).exec();

    String second = node(alone());
    awaitServing(second);
    assertThat(RespValue.text(say("GET", "kept"))).isEqualTo("of the first");
    assertThat(engine.log(second)).as("its start-up cache fits").doesNotContain("AOT");
  }

  /** A container's first process hears only signals that it waits for, and a JVM waits late. */
  @Test
  void aStopThatComesWhileItStartsIsHeard() throws Exception {
    String id = node(alone());
    assertThat(stop(id)).as(engine.log(id)).isIn(0, Cluster.TERMINATED);
  }

  @Test
  void aWrongSettingEndsItWithTheExitCodeThatSaysSo() throws Exception {
    String id = node("FLOTILLA_SET_NODE_NAM=n1");
    assertThat(awaitEnd(id)).as(engine.log(id)).isEqualTo(78);
    assertThat(engine.log(id)).contains("FLOTILLA_SET_NODE_NAM;");
  }

  @Test
  void otherWordsGoToTheCommandLine() {
    String id =
        engine.create(
            engine
                .client()
                .createContainerCmd(images.node())
                .withCmd(List.of("--version"))
                .withHealthcheck(new HealthCheck().withTest(List.of("NONE"))),
            "version");
    engine.start(id);
    assertThat(awaitEnd(id)).isZero();
    assertThat(engine.log(id)).startsWith("flotilla ");
  }
}
