package io.flotilla.chaos.cluster;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.Network;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.testcontainers.DockerClientFactory;

/**
 * The container engine as a chaos run uses it, by Testcontainers' client. All that is made has the
 * run's label, and {@link #removeAll} removes it; the resource reaper of Testcontainers is not
 * used, because its image cannot be had everywhere.
 */
final class ContainerEngine {
  private static final System.Logger logger = System.getLogger(ContainerEngine.class.getName());

  private static final String LABEL = "io.flotilla.chaos";
  private static final Duration SCRIPT_PATIENCE = Duration.ofSeconds(60);
  private static final Duration LOG_PATIENCE = Duration.ofSeconds(60);
  private static final Duration IMAGE_PATIENCE = Duration.ofMinutes(15);
  private static final int SUBNET_ATTEMPTS = 50;

  /** A network of its own. */
  record Subnet(String id, String prefix) {
    /** Addresses from 11 on are nodes'; 1 is this machine. */
    String node(int node) {
      return prefix + (11 + node);
    }

    String machine() {
      return prefix + 1;
    }
  }

  /** The images of a run: of nodes, and of what holds their networks. */
  record Images(String node, String pod) {}

  private final DockerClient client;
  private final String run;

  /**
   * @param run the label's value; unique
   */
  ContainerEngine(String run) {
    this.client = DockerClientFactory.instance().client();
    this.run = run;
  }

  /**
   * Builds the images from this repository, if they are not there: {@code deploy/image} and {@code
   * deploy/base}; or takes those that FLOTILLA_IMAGE and FLOTILLA_POD_IMAGE name. The latter must
   * have sh, iptables and tc.
   */
  static Images images() {
    String node = System.getenv("FLOTILLA_IMAGE");
    String pod = System.getenv("FLOTILLA_POD_IMAGE");
    return new Images(
        node != null ? node : printed("deploy/image"), pod != null ? pod : printed("deploy/base"));
  }

  private static String printed(String script) {
    Path root = Launcher.root();
    try {
      Path out = Files.createTempFile("flotilla-image-", ".out");
      Process process =
          new ProcessBuilder(root.resolve(script).toString())
              .redirectOutput(out.toFile())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      process.getOutputStream().close();
      if (!process.waitFor(IMAGE_PATIENCE.toSeconds(), TimeUnit.SECONDS)
          || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new AssertionError(script + " did not work out; what it said stands above");
      }
      String image = Files.readString(out, StandardCharsets.UTF_8).strip();
      Files.delete(out);
      return image;
    } catch (IOException e) {
      throw new AssertionError(script + " cannot be run", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  DockerClient client() {
    return client;
  }

  /**
   * Makes a network from which nothing leaves the machine. Its addresses are of the block that is
   * set aside for tests of networks (RFC 2544), so that they collide with nobody's home or office.
   */
  Subnet createNetwork() {
    for (int attempt = 0; ; attempt++) {
      String prefix =
          "198." + (18 + attempt % 2) + "." + ThreadLocalRandom.current().nextInt(256) + ".";
      try {
        String id =
            client
                .createNetworkCmd()
                .withName(run)
                .withInternal(true)
                .withLabels(Map.of(LABEL, run))
                .withIpam(
                    new Network.Ipam()
                        .withConfig(new Network.Ipam.Config().withSubnet(prefix + "0/24")))
                .exec()
                .getId();
        return new Subnet(id, prefix);
      } catch (DockerException e) {
        if (attempt == SUBNET_ATTEMPTS) {
          throw e;
        }
        logger.log(System.Logger.Level.DEBUG, "another network has these addresses", e);
      }
    }
  }

  /** Creates a container and answers its id. */
  String create(CreateContainerCmd command, String name) {
    return command.withName(run + "-" + name).withLabels(Map.of(LABEL, run)).exec().getId();
  }

  void start(String container) {
    client.startContainerCmd(container).exec();
  }

  InspectContainerResponse.ContainerState state(String container) {
    return client.inspectContainerCmd(container).exec().getState();
  }

  /** Attaches a container to the network, with this address. */
  void connect(String container, Subnet network, String address) {
    client
        .connectToNetworkCmd()
        .withNetworkId(network.id())
        .withContainerId(container)
        .withContainerNetwork(
            new ContainerNetwork()
                .withIpamConfig(new ContainerNetwork.Ipam().withIpv4Address(address)))
        .exec();
  }

  void disconnect(String container, Subnet network) {
    client
        .disconnectFromNetworkCmd()
        .withNetworkId(network.id())
        .withContainerId(container)
        .withForce(true)
        .exec();
  }

  /** Runs a script in a container that runs; it must succeed. */
  void run(String container, String script) {
    StringBuilder said = new StringBuilder();
    String id =
        client
            .execCreateCmd(container)
            .withAttachStdout(true)
            .withAttachStderr(true)
            .withCmd("sh", "-c", script)
            .exec()
            .getId();
    if (!await(client.execStartCmd(id).exec(new Lines(said)), SCRIPT_PATIENCE)) {
      throw new AssertionError("does not end: " + script);
    }
    Long code = client.inspectExecCmd(id).exec().getExitCodeLong();
    if (code == null || code != 0) {
      throw new AssertionError("exit code " + code + " of: " + script + "\n" + said);
    }
  }

  /** All that a container has said. */
  String log(String container) {
    StringBuilder said = new StringBuilder();
    await(
        client
            .logContainerCmd(container)
            .withStdOut(true)
            .withStdErr(true)
            .withTailAll()
            .exec(new Lines(said)),
        LOG_PATIENCE);
    return said.toString();
  }

  private static boolean await(ResultCallback.Adapter<?> callback, Duration patience) {
    try {
      return callback.awaitCompletion(patience.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** What comes from a container, as text. */
  private static final class Lines extends ResultCallback.Adapter<Frame> {
    private final StringBuilder said;

    Lines(StringBuilder said) {
      this.said = said;
    }

    @Override
    public void onNext(Frame frame) {
      said.append(new String(frame.getPayload(), StandardCharsets.UTF_8));
    }
  }

  /** Removes this run's containers and networks, whatever they are doing. */
  void removeAll() {
    Map<String, String> label = Map.of(LABEL, run);
    List<String> containers =
        client.listContainersCmd().withShowAll(true).withLabelFilter(label).exec().stream()
            .map(c -> c.getId())
            .toList();
    containers.forEach(id -> {
      try {
        client.removeContainerCmd(id).withForce(true).withRemoveVolumes(true).exec();
      } catch (NotFoundException e) {
        logger.log(System.Logger.Level.DEBUG, "it is gone already", e);
      }
    });
    client
        .listNetworksCmd()
        .withFilter("label", List.of(LABEL + "=" + run))
        .exec()
        .forEach(network -> client.removeNetworkCmd(network.getId()).exec());
  }
}
