package io.flotilla.chaos.cluster;

import io.flotilla.proto.admin.AdminGrpc.AdminBlockingStub;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/**
 * Node processes that a chaos run starts, stops, freezes and cuts off from one another by itself,
 * without `flotilla up` in between: it must see each exit code, and knows when it did not cause
 * one.
 *
 * <p>Nodes count from 0; node i is called n(i+1).
 */
public final class NodeProcesses implements Cluster {
  private static final int RAFT = 100;
  private static final int PEER = 200;
  private static final int ADMIN = 300;
  private static final int HTTP = 400;

  /** Room for some minutes of a chaos run: its snapshots are small and its logs purged. */
  private static final int DISK_MEBIBYTES = 512;

  /** Names the file by which an edition with {@link Extra#CLOCKS} learns how its clock is set. */
  public static final String CLOCK = "FLOTILLA_CHAOS_CLOCK";

  private static final Duration END_PATIENCE = Duration.ofSeconds(90);

  private final Path directory;
  private final int nodes;
  private final int port;
  private final Map<String, String> environment;
  private final Set<Path> mounted = new LinkedHashSet<>();
  private final PeerNetwork network = new PeerNetwork();
  private final Map<Integer, Process> processes = new ConcurrentHashMap<>();
  private final AdminCalls admin;

  private NodeProcesses(Path directory, int nodes, int port, Map<String, String> environment) {
    this.directory = directory;
    this.nodes = nodes;
    this.port = port;
    this.environment = environment;
    this.admin = new AdminCalls(node -> "127.0.0.1:" + (port + ADMIN + node), "");
  }

  /**
   * A cluster that serves all slots.
   *
   * @param settings further settings, as {@code "snapshot.every-entries"} and its value
   * @param relayed whether the nodes reach one another by relays, so that they can be cut off
   * @param extras what the machine is to do besides
   */
  public static NodeProcesses start(
      Path directory,
      int nodes,
      Map<String, String> settings,
      boolean relayed,
      Map<String, String> environment,
      Set<Extra> extras) {
    NodeProcesses cluster =
        new NodeProcesses(directory, nodes, FreePorts.forNodes(nodes), Map.copyOf(environment));
    try {
      cluster.prepare(extras);
      cluster.configure(settings, relayed);
      for (int node = 0; node < nodes; node++) {
        cluster.start(node);
      }
      cluster.awaitStarted();
      return cluster;
    } catch (IOException e) {
      cluster.close();
      throw new AssertionError("the cluster cannot be configured", e);
    } catch (RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  /** Waits until it is healthy; a node that ends meanwhile will not become so. */
  private void awaitStarted() {
    Awaitility.await("the cluster is healthy")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(300))
        .until(() -> {
          for (int node = 0; node < nodes; node++) {
            if (!isRunning(node)) {
              throw new AssertionError(
                  Cluster.nameOf(node) + " has ended while it started, and said: " + log(node));
            }
          }
          return maybeStatus().filter(this::isHealthy).isPresent();
        });
  }

  /** What not every machine can do. */
  public enum Extra {
    /** The nodes' data are on small disks, which can be filled: {@link Cluster#fillDisk}. */
    SMALL_DISKS,
    /** The nodes are of an edition whose clocks can be set: {@link #setClock}. */
    CLOCKS
  }

  private void prepare(Set<Extra> extras) throws IOException {
    for (int node = 0; node < nodes; node++) {
      Path disk = Files.createDirectories(disk(node));
      if (extras.contains(Extra.SMALL_DISKS)) {
        Machine.mount(disk, DISK_MEBIBYTES);
        mounted.add(disk);
      }
    }
  }

  @Override
  public void setClock(int node, Duration ahead) {
    try {
      Path fresh = home(node).resolve("clock.new");
      Files.writeString(fresh, Long.toString(ahead.toMillis()), StandardCharsets.UTF_8);
      Files.move(fresh, clock(node), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new AssertionError("the clock of " + Cluster.nameOf(node) + " cannot be set", e);
    }
  }

  private Path clock(int node) {
    return home(node).resolve("clock");
  }

  private void configure(Map<String, String> settings, boolean relayed) throws IOException {
    List<Told> told = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      told.add(
          new Told(
              relay(node, RAFT, relayed), relay(node, PEER, relayed), relay(node, ADMIN, relayed)));
    }
    String members =
        IntStream.range(0, nodes)
            .mapToObj(n -> Cluster.nameOf(n) + "=127.0.0.1:" + told.get(n).admin())
            .collect(Collectors.joining(", "));
    for (int node = 0; node < nodes; node++) {
      Files.createDirectories(home(node));
      StringBuilder yaml =
          new StringBuilder(
              """
              node:
                name: '%s'
                directory: '%s'
              listen:
                client: 127.0.0.1:%d
                raft: 127.0.0.1:%d
                peer: 127.0.0.1:%d
                admin: 127.0.0.1:%d
                http: 127.0.0.1:%d
              advertise:
                raft: 127.0.0.1:%d
                peer: 127.0.0.1:%d
                admin: 127.0.0.1:%d
              cluster.members: [%s]
              """
                  .formatted(
                      Cluster.nameOf(node),
                      dataOf(node),
                      port + node,
                      port + RAFT + node,
                      port + PEER + node,
                      port + ADMIN + node,
                      port + HTTP + node,
                      told.get(node).raft(),
                      told.get(node).peer(),
                      told.get(node).admin(),
                      members));
      settings.forEach((key, value) -> yaml.append(key).append(": ").append(value).append('\n'));
      Files.writeString(home(node).resolve("node.yaml"), yaml, StandardCharsets.UTF_8);
    }
  }

  /** The ports by which other nodes reach a node. */
  private record Told(int raft, int peer, int admin) {}

  private int relay(int node, int listener, boolean relayed) throws IOException {
    int own = port + listener + node;
    return relayed ? network.relay(node, own) : own;
  }

  @Override
  public int nodes() {
    return nodes;
  }

  @Override
  public Path home(int node) {
    return directory.resolve(Cluster.nameOf(node));
  }

  @Override
  public String log(int node) {
    return Launcher.read(home(node).resolve("node.log"));
  }

  @Override
  public List<InetSocketAddress> clients() {
    return IntStream.range(0, nodes)
        .mapToObj(n -> InetSocketAddress.createUnresolved("127.0.0.1", port + n))
        .toList();
  }

  @Override
  public PeerNetwork network() {
    return network;
  }

  @Override
  public void start(int node) {
    Map<String, String> all = new HashMap<>(environment);
    all.put(CLOCK, clock(node).toString());
    Process process =
        Launcher.start(
            home(node),
            home(node).resolve("node.log"),
            all,
            "node",
            "--config",
            home(node).resolve("node.yaml").toString());
    processes.put(node, process);
    network.isRunBy(node, process.pid());
  }

  @Override
  public boolean isRunning(int node) {
    Process process = processes.get(node);
    return process != null && process.isAlive();
  }

  @Override
  public Optional<Integer> exitCode(int node) {
    Process process = processes.get(node);
    return process == null || process.isAlive()
        ? Optional.empty()
        : Optional.of(process.exitValue());
  }

  @Override
  public void kill(int node) {
    Process process = processes.get(node);
    if (process != null) {
      process.destroyForcibly();
      awaitEnd(node, process);
    }
  }

  @Override
  public Supplier<Optional<Integer>> terminate(int node) {
    Process process = processes.get(node);
    if (process == null) {
      throw new AssertionError(Cluster.nameOf(node) + " was never started");
    }
    process.destroy();
    return () -> Optional.of(awaitEnd(node, process));
  }

  private int awaitEnd(int node, Process process) {
    try {
      if (!process.waitFor(END_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        signal(node, "QUIT"); // Its threads, for node.log, which take a moment.
        process.waitFor(2, TimeUnit.SECONDS);
        throw new AssertionError(Cluster.nameOf(node) + " does not end");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** SIGSTOP. */
  @Override
  public void freeze(int node) {
    signal(node, "STOP");
  }

  /** SIGCONT. */
  @Override
  public void thaw(int node) {
    signal(node, "CONT");
  }

  private void signal(int node, String signal) {
    Process process = processes.get(node);
    if (process == null || !process.isAlive()) {
      return;
    }
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new AssertionError("no signal can be sent", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
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

  @Override
  public void relieve(int node) {
    thaw(node);
    freeDisk(node);
  }

  @Override
  public void close() {
    admin.close();
    List<Process> left = new ArrayList<>(processes.values());
    left.forEach(Process::destroyForcibly);
    Awaitility.await("processes are gone")
        .atMost(PATIENCE)
        .until(() -> left.stream().noneMatch(Process::isAlive));
    network.close();
    mounted.forEach(Machine::unmount);
  }
}
