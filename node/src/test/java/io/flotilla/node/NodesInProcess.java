package io.flotilla.node;

import io.flotilla.node.config.ConfigException;
import io.flotilla.node.config.HostPort;
import io.flotilla.node.config.Keys;
import io.flotilla.node.config.NodeConfig;
import io.flotilla.node.raft.Halt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of real nodes in this JVM, on free ports of loopback, each with a directory of its own.
 *
 * <p>A node that halts itself fails the test through {@link #halted} instead of ending the JVM.
 */
final class NodesInProcess implements AutoCloseable {
  private static final List<String> LISTENERS = List.of("client", "raft", "peer", "admin", "http");

  private final Path root;
  private final List<String> names = new ArrayList<>();
  private final Map<String, Map<String, Integer>> ports = new LinkedHashMap<>();
  private final Map<String, RunningNode> running = new LinkedHashMap<>();
  private final Map<String, String> more = new LinkedHashMap<>();
  private final Map<String, RunningNode.Dial> dials = new LinkedHashMap<>();
  private final ExecutorService starters = Executors.newCachedThreadPool();
  private volatile @Nullable String halted;

  NodesInProcess(Path root, int nodes) {
    this.root = root;
    for (int i = 1; i <= nodes; i++) {
      add("n" + i);
    }
  }

  /**
   * A further node, with ports of its own; not started, and not among the initial members unless it
   * is named there.
   */
  void add(String name) {
    names.add(name);
    ports.put(name, freePorts());
  }

  /** A further setting for all nodes that start from now on, as {@code raft.transport: netty}. */
  NodesInProcess with(String key, String value) {
    more.put(key, value);
    return this;
  }

  /** How this node reaches its peers' ports, from its next start on. */
  void dial(String name, RunningNode.Dial dial) {
    dials.put(name, dial);
  }

  /** Ports that were free a moment ago: all are held at once, so none comes twice. */
  private static Map<String, Integer> freePorts() {
    try (ServerSocket a = FreePort.hold();
        ServerSocket b = FreePort.hold();
        ServerSocket c = FreePort.hold();
        ServerSocket d = FreePort.hold();
        ServerSocket e = FreePort.hold()) {
      List<ServerSocket> held = List.of(a, b, c, d, e);
      Map<String, Integer> free = new LinkedHashMap<>();
      for (int i = 0; i < LISTENERS.size(); i++) {
        free.put(LISTENERS.get(i), held.get(i).getLocalPort());
      }
      return free;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<String, Integer> portsOf(String name) {
    return Objects.requireNonNull(ports.get(name), name);
  }

  int port(String name, String listener) {
    return Objects.requireNonNull(portsOf(name).get(listener), listener);
  }

  HostPort client(String name) {
    return new HostPort("127.0.0.1", port(name, "client"));
  }

  Path directory(String name) {
    return root.resolve(name);
  }

  /** The settings of a node among these initial members. */
  NodeConfig config(String name, List<String> members) {
    StringBuilder yaml = new StringBuilder();
    yaml.append("node: {name: ")
        .append(name)
        .append(", directory: ")
        .append(directory(name))
        .append("}\n");
    yaml.append("listen:\n");
    portsOf(name)
        .forEach(
            (l, p) -> yaml.append("  ").append(l).append(": 127.0.0.1:").append(p).append('\n'));
    yaml.append("cluster.members: [")
        .append(
            members.stream()
                .map(m -> m + "=127.0.0.1:" + port(m, "admin"))
                .collect(Collectors.joining(", ")))
        .append("]\n");
    more.forEach((k, v) -> yaml.append(k).append(": ").append(v).append('\n'));
    try {
      return NodeConfig.parse(name + ".yaml", yaml.toString());
    } catch (ConfigException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Starts all nodes as the initial members of one cluster, and waits until they serve. */
  void startAll() throws InterruptedException {
    start(names, names);
  }

  /** Starts these nodes with these initial members, all at once. */
  void start(List<String> which, List<String> members) throws InterruptedException {
    Map<String, Future<RunningNode>> starting = new LinkedHashMap<>();
    for (String name : which) {
      starting.put(name, begin(name, members));
    }
    for (Map.Entry<String, Future<RunningNode>> each : starting.entrySet()) {
      try {
        running.put(each.getKey(), each.getValue().get());
      } catch (ExecutionException e) {
        throw new IllegalStateException("node " + each.getKey() + " did not start", e.getCause());
      }
    }
  }

  /**
   * Begins to start a node; the future completes when it serves, or fails with a StartException.
   */
  Future<RunningNode> begin(String name, List<String> members) {
    NodeConfig config = config(name, members);
    return starters.submit(() ->
        RunningNode.start(
            config,
            (why, cause) -> {
              halted = config.of(Keys.NODE_NAME) + ": " + why;
            },
            dials.getOrDefault(name, RunningNode.Dial.DIRECT)));
  }

  RunningNode node(String name) {
    RunningNode node = running.get(name);
    if (node == null) {
      throw new IllegalStateException("node " + name + " does not run");
    }
    return node;
  }

  boolean runs(String name) {
    return running.containsKey(name);
  }

  List<String> names() {
    return List.copyOf(names);
  }

  /** Stops a node in good order. */
  void stop(String name) {
    RunningNode node = running.remove(name);
    if (node != null) {
      node.close();
    }
  }

  /** Why a node has halted itself; null if none has. */
  @Nullable String halted() {
    return halted;
  }

  /** Halts nothing: for tests that start nodes themselves. */
  static Halt noHalt() {
    return (why, cause) -> {};
  }

  @Override
  public void close() {
    List.copyOf(running.keySet()).forEach(this::stop);
    starters.shutdownNow();
  }
}
