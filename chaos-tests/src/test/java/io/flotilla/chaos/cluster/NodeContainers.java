package io.flotilla.chaos.cluster;

import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.command.WaitContainerResultCallback;
import com.github.dockerjava.api.exception.DockerClientException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HealthCheck;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import io.flotilla.proto.admin.AdminGrpc.AdminBlockingStub;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Nodes in containers of the image that users run, on a private network.
 *
 * <pre>
 *   harness ── bridge ──┬── pod of n1: eth0, an address, a firewall     stays as long as the run
 *                       │     └─ n1: the node, in the pod's network     killed, paused, started again
 *                       └── pod of n2 …
 * </pre>
 *
 * <p>The pod is a container that does nothing but hold a network. So a node comes back at its
 * address, with whatever is wrong with its network; and the image of nodes needs neither iptables
 * nor rights. The data are on this machine's disk, where the log witness reads them and {@code
 * corrupt} damages them.
 */
public final class NodeContainers implements Cluster {
  private static final System.Logger logger = System.getLogger(NodeContainers.class.getName());

  private static final int CLIENT_PORT = 6379;
  private static final int RAFT_PORT = 16379;
  private static final int PEER_PORT = 26379;
  private static final int ADMIN_PORT = 36379;
  private static final int HTTP_PORT = 46379;

  /** The image's user. */
  private static final int USER = 10_001;

  private static final int ROOT = 0;
  private static final String CONFIGURATION = "/etc/flotilla";
  private static final String STATE = "/var/lib/flotilla";
  private static final long MEMORY_BYTES = 2L << 30;
  private static final int DISK_MEBIBYTES = 512;

  private static final long CPU_PERIOD_MICROS = 100_000;
  private static final long STARVED_MICROS = CPU_PERIOD_MICROS / 10;
  private static final long FED_MICROS = -1;

  private static final Duration END_PATIENCE = Duration.ofSeconds(60);

  private final Path directory;
  private final int nodes;
  private final String token = Long.toHexString(ThreadLocalRandom.current().nextLong());
  private final ContainerEngine engine;
  private final ContainerEngine.Subnet subnet;
  private final ContainerNetwork network;
  private final List<String> containers = new ArrayList<>();
  private final Set<Path> mounted = new LinkedHashSet<>();
  private final AdminCalls admin;

  private NodeContainers(
      Path directory,
      int nodes,
      ContainerEngine engine,
      ContainerEngine.Subnet subnet,
      List<String> pods) {
    this.directory = directory;
    this.nodes = nodes;
    this.engine = engine;
    this.subnet = subnet;
    this.network = new ContainerNetwork(engine, subnet, pods);
    this.admin = new AdminCalls(node -> subnet.node(node) + ":" + ADMIN_PORT, token);
  }

  /**
   * A cluster that serves all slots.
   *
   * @param directory an empty one, which the engine can mount
   * @param settings further settings, as {@code "snapshot.every-entries"} and its value
   * @param environment further environment of the nodes
   * @param smallDisks whether the nodes' disks can be filled, which takes root
   */
  public static NodeContainers start(
      Path directory,
      int nodes,
      Map<String, String> settings,
      Map<String, String> environment,
      boolean smallDisks) {
    ContainerEngine.Images images = ContainerEngine.images();
    ContainerEngine engine =
        new ContainerEngine(
            "flotilla-chaos-" + Long.toHexString(ThreadLocalRandom.current().nextLong()));
    try {
      ContainerEngine.Subnet subnet = engine.createNetwork();
      List<String> pods =
          IntStream.range(0, nodes).mapToObj(n -> pod(engine, images, subnet, n)).toList();
      NodeContainers cluster = new NodeContainers(directory, nodes, engine, subnet, pods);
      try {
        for (int node = 0; node < nodes; node++) {
          cluster.prepare(node, settings, smallDisks);
          cluster.containers.add(cluster.create(node, images.node(), pods.get(node), environment));
        }
        IntStream.range(0, nodes).parallel().forEach(cluster::start);
        cluster.awaitHealthy();
        return cluster;
      } catch (IOException e) {
        cluster.close();
        throw new AssertionError("the cluster cannot be configured", e);
      } catch (RuntimeException | Error e) {
        cluster.close();
        throw e;
      }
    } catch (RuntimeException | Error e) {
      engine.removeAll();
      throw e;
    }
  }

  private static String pod(
      ContainerEngine engine,
      ContainerEngine.Images images,
      ContainerEngine.Subnet subnet,
      int node) {
    String pod =
        engine.create(
            engine
                .client()
                .createContainerCmd(images.pod())
                .withEntrypoint("sleep", "infinity")
                .withCmd(List.of())
                .withHostName(Cluster.nameOf(node))
                .withIpv4Address(subnet.node(node))
                .withHostConfig(
                    HostConfig.newHostConfig()
                        .withNetworkMode(subnet.id())
                        .withCapAdd(Capability.NET_ADMIN)),
            "pod-" + Cluster.nameOf(node));
    engine.start(pod);
    return pod;
  }

  private void prepare(int node, Map<String, String> settings, boolean smallDisks)
      throws IOException {
    Path disk = Files.createDirectories(disk(node));
    if (smallDisks) {
      Machine.mount(disk, DISK_MEBIBYTES);
      mounted.add(disk);
    }
    if (owner() == ROOT) {
      Files.setAttribute(disk, "unix:uid", USER);
      Files.setAttribute(disk, "unix:gid", USER);
    }
    String members =
        IntStream.range(0, nodes)
            .mapToObj(n -> Cluster.nameOf(n) + "=" + subnet.node(n) + ":" + ADMIN_PORT)
            .collect(Collectors.joining(", "));
    String address = subnet.node(node);
    StringBuilder yaml =
        new StringBuilder(
            """
            node:
              name: '%s'
              directory: '%s/data'
            listen:
              client: 0.0.0.0:%d
              raft: 0.0.0.0:%d
              peer: 0.0.0.0:%d
              admin: 0.0.0.0:%d
              http: 127.0.0.1:%d
            advertise:
              client: %s:%d
              raft: %s:%d
              peer: %s:%d
              admin: %s:%d
            admin.token-file: %s/token
            cluster.members: [%s]
            """
                .formatted(
                    Cluster.nameOf(node),
                    STATE,
                    CLIENT_PORT,
                    RAFT_PORT,
                    PEER_PORT,
                    ADMIN_PORT,
                    HTTP_PORT,
                    address,
                    CLIENT_PORT,
                    address,
                    RAFT_PORT,
                    address,
                    PEER_PORT,
                    address,
                    ADMIN_PORT,
                    CONFIGURATION,
                    members));
    settings.forEach((key, value) -> yaml.append(key).append(": ").append(value).append('\n'));
    Path configuration = Files.createDirectories(home(node).resolve("configuration"));
    Files.writeString(configuration.resolve("node.yaml"), yaml, StandardCharsets.UTF_8);
    Files.writeString(configuration.resolve("token"), token + "\n", StandardCharsets.UTF_8);
  }

  /** Who owns this run's directory: who runs it. */
  private int owner() throws IOException {
    return (Integer) Files.getAttribute(directory, "unix:uid");
  }

  private String create(int node, String image, String pod, Map<String, String> environment)
      throws IOException {
    var command =
        engine
            .client()
            .createContainerCmd(image)
            .withEnv(
                environment.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList())
            .withHealthcheck(new HealthCheck().withTest(List.of("NONE")))
            .withHostConfig(
                HostConfig.newHostConfig()
                    .withNetworkMode("container:" + pod)
                    .withMemory(MEMORY_BYTES)
                    .withBinds(
                        new Bind(
                            home(node).resolve("configuration").toString(),
                            new Volume(CONFIGURATION),
                            AccessMode.ro),
                        new Bind(disk(node).toString(), new Volume(STATE))));
    if (owner() != ROOT) {
      command.withUser(owner() + ":" + Files.getAttribute(directory, "unix:gid"));
    }
    return engine.create(command, Cluster.nameOf(node));
  }

  @Override
  public Path home(int node) {
    return directory.toAbsolutePath().resolve(Cluster.nameOf(node));
  }

  @Override
  public int nodes() {
    return nodes;
  }

  @Override
  public List<InetSocketAddress> clients() {
    return IntStream.range(0, nodes)
        .mapToObj(n -> InetSocketAddress.createUnresolved(subnet.node(n), CLIENT_PORT))
        .toList();
  }

  @Override
  public String log(int node) {
    return engine.log(containers.get(node));
  }

  @Override
  public ContainerNetwork network() {
    return network;
  }

  private InspectContainerResponse.ContainerState state(int node) {
    return engine.state(containers.get(node));
  }

  @Override
  public void start(int node) {
    engine.start(containers.get(node));
  }

  @Override
  public boolean isRunning(int node) {
    return Boolean.TRUE.equals(state(node).getRunning());
  }

  @Override
  public Optional<Integer> exitCode(int node) {
    var state = state(node);
    return Boolean.TRUE.equals(state.getRunning())
        ? Optional.empty()
        : Optional.ofNullable(state.getExitCodeLong()).map(Math::toIntExact);
  }

  @Override
  public void kill(int node) {
    thaw(node);
    signal(node, "SIGKILL");
    awaitEnd(node);
  }

  @Override
  public Supplier<Optional<Integer>> terminate(int node) {
    thaw(node);
    String started = state(node).getStartedAt();
    signal(node, "SIGTERM");
    return () ->
        Objects.equals(started, state(node).getStartedAt())
            ? Optional.of(awaitEnd(node))
            : Optional.empty();
  }

  private void signal(int node, String signal) {
    try {
      engine.client().killContainerCmd(containers.get(node)).withSignal(signal).exec();
    } catch (DockerException e) {
      if (isRunning(node)) {
        throw e;
      }
      logger.log(System.Logger.Level.DEBUG, "it has ended already", e);
    }
  }

  private int awaitEnd(int node) {
    try {
      return engine
          .client()
          .waitContainerCmd(containers.get(node))
          .exec(new WaitContainerResultCallback())
          .awaitStatusCode(END_PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (DockerClientException e) {
      throw new AssertionError(Cluster.nameOf(node) + " does not end", e);
    }
  }

  /** The engine's freezer: no process of the container gets the processor. */
  @Override
  public void freeze(int node) {
    try {
      engine.client().pauseContainerCmd(containers.get(node)).exec();
    } catch (DockerException e) {
      // It has ended, or stands still already.
      logger.log(System.Logger.Level.DEBUG, Cluster.nameOf(node) + " cannot be frozen", e);
    }
  }

  @Override
  public void thaw(int node) {
    if (Boolean.TRUE.equals(state(node).getPaused())) {
      engine.client().unpauseContainerCmd(containers.get(node)).exec();
    }
  }

  /** Leaves a node a tenth of a processor. */
  public void starve(int node) {
    processor(node, STARVED_MICROS);
  }

  /** Gives it all processors again. */
  public void feed(int node) {
    processor(node, FED_MICROS);
  }

  private void processor(int node, long quota) {
    engine
        .client()
        .updateContainerCmd(containers.get(node))
        .withCpuPeriod(CPU_PERIOD_MICROS)
        .withCpuQuota(quota)
        .exec();
  }

  @Override
  public void relieve(int node) {
    thaw(node);
    feed(node);
    freeDisk(node);
  }

  @Override
  public String lastFailure() {
    return admin.lastFailure();
  }

  @Override
  public <T> Optional<T> maybeAsk(Duration patience, Function<AdminBlockingStub, T> call) {
    return admin.maybeAsk(
        IntStream.range(0, nodes).filter(this::isRunning).toArray(), patience, call);
  }

  /** Keeps what the nodes have said beside their data, and removes the rest. */
  @Override
  public void close() {
    admin.close();
    for (int node = 0; node < containers.size(); node++) {
      try {
        Files.writeString(home(node).resolve("node.log"), log(node), StandardCharsets.UTF_8);
      } catch (IOException | RuntimeException e) {
        logger.log(System.Logger.Level.WARNING, "the log of " + Cluster.nameOf(node), e);
      }
    }
    engine.removeAll();
    mounted.forEach(Machine::unmount);
    mounted.clear();
  }
}
