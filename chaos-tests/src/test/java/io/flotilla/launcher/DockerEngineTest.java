package io.flotilla.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where no container engine can be had {@code bin/test} goes on without, and says why: a reason
 * that nobody reads is a test that nobody misses. The machine is played by scripts on the path.
 */
final class DockerEngineTest {
  @TempDir Path scratch;

  /** A program that stands before the machine's own. */
  private void plays(String program, String script) throws IOException {
    Path file = Files.createDirectories(scratch.resolve("bin")).resolve(program);
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private Script up() throws Exception {
    String script =
        """
        PATH='%s/bin':"$PATH"
        . '%s/bin/lib/apt.sh'
        . '%s/bin/lib/docker.sh'
        docker_engine_up && echo up || echo "down: $docker_engine_why"
        docker_engine_down
        """
            .formatted(scratch, Script.ROOT, Script.ROOT);
    return Script.run(scratch, Map.of(), "bash", "-c", script);
  }

  @Test
  void anEngineThatAnswersIsTakenAsItIs() throws Exception {
    plays("docker", "exit 0");
    plays("dockerd", "touch '%s/started'".formatted(scratch));
    assertThat(up().out()).isEqualTo("up\n");
    assertThat(scratch.resolve("started")).doesNotExist();
  }

  @Test
  void whoMayNotInstallOneIsToldSo() throws Exception {
    plays("docker", "exit 1");
    plays("id", "echo 1000");
    assertThat(up().out()).startsWith("down: no Docker engine answers, and this is not a Debian");
  }

  @Test
  void anEngineThatDoesNotStartIsQuoted() throws Exception {
    plays("docker", "exit 1");
    plays("id", "echo 0");
    plays("apt-get", "exit 1");
    plays("dockerd", "echo 'first'; echo 'operation not permitted' >&2; exit 1");
    assertThat(up().out())
        .startsWith(
            "down: a Docker engine was started and does not answer: operation not permitted");
  }

  @Test
  void anEngineThatCannotBeInstalledIsToldSo() throws Exception {
    plays("docker", "exit 1");
    plays("id", "echo 0");
    plays("apt-get", "exit 1");
    String script =
        """
        PATH='%s/bin'
        . '%s/bin/lib/apt.sh'
        . '%s/bin/lib/docker.sh'
        docker_engine_up && echo up || echo "down: $docker_engine_why"
        """
            .formatted(scratch, Script.ROOT, Script.ROOT);
    plays("timeout", "exit 1");
    assertThat(Script.run(scratch, Map.of(), "/bin/bash", "-c", script).out())
        .endsWith("down: docker.io cannot be installed.\n");
  }

  @Test
  void anEngineThatWasStartedIsStopped() throws Exception {
    plays("docker", "[ -e '%s/started' ]".formatted(scratch));
    plays("id", "echo 0");
    plays("apt-get", "exit 1");
    plays(
        "dockerd",
        "trap 'touch %1$s/stopped; exit' TERM; touch '%1$s/started'; while :; do sleep 0.1; done"
            .formatted(scratch));
    assertThat(up().out()).endsWith("up\n");
    assertThat(scratch.resolve("stopped")).exists();
  }

  private String base() throws Exception {
    String script =
        """
        PATH='%s/bin':"$PATH"
        FLOTILLA_POD_IMAGE=a-base
        . '%s/bin/lib/apt.sh'
        . '%s/bin/lib/docker.sh'
        docker_base_up && echo up || echo "down: $docker_engine_why"
        """
            .formatted(scratch, Script.ROOT, Script.ROOT);
    return Script.run(scratch, Map.of(), "bash", "-c", script).out();
  }

  @Test
  void containersThatMayNotCutTheirNetworkAreNoGroundForTests() throws Exception {
    plays("docker", "[ \"$1\" = run ] && echo 'first' && echo 'operation not permitted' && exit 1");
    assertThat(base())
        .isEqualTo(
            "down: an engine answers, and its containers cannot cut their network: operation not permitted\n");
  }

  @Test
  void containersAreTriedAsTheTestsWillUseThem() throws Exception {
    plays("docker", "echo \"$@\" > '%s/asked'".formatted(scratch));
    assertThat(base()).isEqualTo("up\n");
    assertThat(scratch.resolve("asked"))
        .hasContent("run --rm --cap-add NET_ADMIN a-base iptables -A INPUT -j ACCEPT");
  }
}
