package io.flotilla.cli;

import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.IdentifyRequest;
import io.flotilla.proto.admin.NodePhase;
import io.flotilla.proto.admin.StatusRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Starts a cluster of separate node processes on this machine, and answers when it serves.
 *
 * <p>The first time it writes the plan and a configuration per node; the nodes form the cluster
 * among themselves. Every further time it reads the plan and starts what does not run. It holds no
 * state of its own: killed half way, it can be called again.
 */
@Command(
    name = "up",
    description = {
      "Starts a cluster of node processes on this machine; returns when all slots are served.",
      "A second `up` finds the data and starts the nodes that do not run.",
      "Ports: clients at P, P+1, …; raft at P+100, peer at P+200, admin at P+300, http at P+400, each + the node's place."
    })
final class UpCommand implements Callable<Integer> {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);

  /** Often enough to cost nothing of the start, rarely enough to leave the nodes the processor. */
  private static final Duration POLL = Duration.ofMillis(50);

  /**
   * How long a cluster that serves is given to spread its leaders: they move within a second or
   * two, and one that does not, because a node has ended, must not hold up everything.
   */
  private static final Duration SETTLING = Duration.ofSeconds(5);

  /**
   * How long a node may stand beside a cluster that serves without belonging to it: in a formation
   * that is still under way it does for a moment.
   */
  private static final Duration STANDING_BY = Duration.ofSeconds(5);

  private static final int TAIL_LINES = 15;

  private final Context context;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "How many nodes. Default: " + ClusterPlan.DEFAULT_NODES + ".")
  private @Nullable Integer nodes;

  @Option(
      names = "--shards",
      paramLabel = "M",
      description = "How many shards. Default: one per node.")
  private @Nullable Integer shards;

  @Option(
      names = "--replicas",
      paramLabel = "R",
      description =
          "How many replicas a shard has. Default: three, or all nodes where there are fewer.")
  private @Nullable Integer replicas;

  @Option(
      names = "--port",
      paramLabel = "P",
      description = "The first client port. Default: " + ClusterPlan.DEFAULT_PORT + ".")
  private @Nullable Integer port;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where the cluster lives. Default: FLOTILLA_DIR, else .flotilla.")
  private @Nullable String directory;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "A further setting for every node's configuration, as write.linger-micros=300; may be repeated."
              + " Only when the cluster is made.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description = "The admin token, where one is configured. Default: FLOTILLA_TOKEN.")
  private @Nullable String token;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "How long to wait until the cluster serves. Default: 60s.")
  private @Nullable Duration timeout;

  @Mixin private OutputOptions output = new OutputOptions();

  UpCommand(Context context) {
    this.context = context;
  }

  /** A node of this run: its process, and whether this run started it. */
  private record Running(NodePlan node, ProcessHandle process, boolean started) {}

  @Override
  public Integer call() throws InterruptedException {
    long began = System.nanoTime();
    Path launcher = launcher();
    LocalCluster cluster = LocalCluster.at(LocalCluster.directory(context, directory));
    try (LocalCluster.Lock lock = cluster.lock()) {
      ClusterPlan written = cluster.read();
      boolean fresh = written == null;
      ClusterPlan plan = written == null ? planned() : unchanged(written, cluster);
      Map<NodePlan, ProcessHandle> found = new LinkedHashMap<>();
      for (NodePlan node : plan.nodes()) {
        ProcessHandle process =
            NodeProcess.find(cluster.pidFileOf(node), cluster.configurationOf(node));
        if (process != null) {
          found.put(node, process);
        }
      }
      List<NodePlan> missing = plan.nodes().stream().filter(n -> !found.containsKey(n)).toList();
      refuseTakenPorts(missing, plan, fresh);
      if (fresh) {
        cluster.create(plan, settings);
      }
      List<Running> running = new ArrayList<>();
      for (NodePlan node : plan.nodes()) {
        ProcessHandle process = found.get(node);
        running.add(
            process == null
                ? new Running(node, start(launcher, cluster, node), true)
                : new Running(node, process, false));
      }
      List<Running> ended = awaitServing(cluster, running, fresh);
      long tookMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
      report(cluster, plan, running, ended, tookMillis);
      if (!ended.isEmpty()) {
        throw endedEarly(cluster, ended, "The others serve.");
      }
      assert lock.channel().isOpen();
    }
    return ExitCode.OK.number();
  }

  private Path launcher() {
    String named =
        System.getProperty(
            "flotilla.launcher", context.environment().getOrDefault("FLOTILLA_LAUNCHER", ""));
    if (named.isEmpty() || !Files.isExecutable(Path.of(named))) {
      throw new CliException(
          ExitCode.LOCAL_FAILURE,
          "no-launcher",
          "It is not known how to start a node: "
              + (named.isEmpty() ? "FLOTILLA_LAUNCHER is not set" : named + " is not executable")
              + ". Call this through bin/flotilla, which sets it.");
    }
    return Path.of(named);
  }

  private ClusterPlan planned() {
    try {
      ClusterPlan plan =
          ClusterPlan.of(
              nodes == null ? ClusterPlan.DEFAULT_NODES : nodes,
              shards == null ? 0 : shards,
              replicas == null ? 0 : replicas,
              port == null ? ClusterPlan.DEFAULT_PORT : port);
      // Says now what is wrong with --set, before anything is written.
      plan.configurationOf(plan.nodes().getFirst(), Path.of("data"), settings);
      return plan;
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, "bad-plan", e.getMessage() + ".", e);
    }
  }

  /** The plan that stands, if no option contradicts it. */
  private ClusterPlan unchanged(ClusterPlan stands, LocalCluster cluster) {
    List<String> contradictions = new ArrayList<>();
    contradiction(contradictions, "--nodes", nodes, stands.nodes().size());
    contradiction(contradictions, "--shards", shards, stands.shards());
    contradiction(contradictions, "--replicas", replicas, stands.replicas());
    contradiction(contradictions, "--port", port, stands.port());
    if (!settings.isEmpty()) {
      contradictions.add("--set only works when a cluster is made; edit the node.yaml files");
    }
    if (!contradictions.isEmpty()) {
      throw new CliException(
          ExitCode.USAGE,
          "other-plan",
          "There is a cluster in "
              + cluster.directory()
              + " already: "
              + String.join("; ", contradictions)
              + ". Leave the options out to start it as it is, or name another --dir.");
    }
    return stands;
  }

  private static void contradiction(
      List<String> contradictions, String option, @Nullable Integer wanted, int stands) {
    if (wanted != null && wanted != stands) {
      contradictions.add(option + " is " + stands + " there, not " + wanted);
    }
  }

  private static void refuseTakenPorts(List<NodePlan> nodes, ClusterPlan plan, boolean fresh)
      throws InterruptedException {
    // Where there was a cluster, its own nodes may be about to end.
    List<String> taken = fresh ? Ports.taken(nodes) : Ports.takenForGood(nodes);
    if (!taken.isEmpty()) {
      throw new CliException(
          ExitCode.LOCAL_FAILURE,
          "port-in-use",
          "In use by another process: "
              + String.join(", ", taken)
              + ". "
              + (fresh
                  ? "Choose another first port by --port (now " + plan.port() + ")."
                  : "End that process; the cluster's addresses stand in its data."));
    }
  }

  private ProcessHandle start(Path launcher, LocalCluster cluster, NodePlan node) {
    return NodeProcess.start(
            launcher,
            cluster.configurationOf(node),
            cluster.logOf(node),
            cluster.pidFileOf(node),
            context.environment())
        .toHandle();
  }

  /**
   * Waits until the cluster serves; tells which nodes have ended meanwhile.
   *
   * @throws CliException if it does not come to serve
   */
  private List<Running> awaitServing(LocalCluster cluster, List<Running> running, boolean fresh)
      throws InterruptedException {
    long deadline = System.nanoTime() + (timeout == null ? DEFAULT_TIMEOUT : timeout).toNanos();
    List<String> lacks = List.of("no node answers yet");
    List<Running> ended = List.of();
    long servingSince = 0;
    long standingBySince = 0;
    try (Admins admins = new Admins()) {
      while (System.nanoTime() < deadline) {
        ended = running.stream().filter(r -> !r.process.isAlive()).toList();
        if (ended.size() == running.size() || (fresh && !ended.isEmpty())) {
          stopStarted(running);
          throw endedEarly(cluster, ended, fresh ? "The cluster was not formed." : "");
        }
        List<Running> alive = new ArrayList<>(running);
        alive.removeAll(ended);
        lacks = admins.lacks(alive);
        if (lacks.isEmpty()) {
          servingSince = servingSince == 0 ? System.nanoTime() : servingSince;
          if (admins.settled || System.nanoTime() - servingSince > SETTLING.toNanos()) {
            return ended;
          }
        }
        List<String> outside = fresh ? List.of() : admins.outside;
        standingBySince =
            outside.isEmpty() ? 0 : standingBySince == 0 ? System.nanoTime() : standingBySince;
        if (standingBySince != 0 && System.nanoTime() - standingBySince > STANDING_BY.toNanos()) {
          throw emptyNodes(outside);
        }
        TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
      }
    }
    if (!ended.isEmpty()) {
      throw endedEarly(cluster, ended, "The others do not serve: " + String.join("; ", lacks));
    }
    throw new CliException(
        ExitCode.UNREACHABLE,
        "not-serving",
        "The nodes run, but do not serve all slots in time: "
            + String.join("; ", lacks)
            + ". Their logs say more: "
            + running.stream()
                .map(r -> cluster.logOf(r.node).toString())
                .collect(Collectors.joining(", "))
            + ". `flotilla down` stops them.");
  }

  private static CliException emptyNodes(List<String> names) {
    return new CliException(
        ExitCode.DEGRADED,
        "empty-node",
        "All slots are served, but "
            + String.join(", ", names)
            + (names.size() == 1 ? " has" : " have")
            + " an empty data directory. What was lost is rebuilt under a new id by: "
            + names.stream()
                .map(n -> "flotilla node replace " + n)
                .collect(Collectors.joining("; "))
            + ".");
  }

  /** Sessions with the nodes, opened as they come to listen. */
  private final class Admins implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private @Nullable AdminSession session;

    /** Whether at the last look every shard was led by the node that is to lead it. */
    private boolean settled;

    /**
     * The nodes that at the last look belonged to no cluster, while the others served all slots.
     */
    private List<String> outside = List.of();

    List<String> lacks(List<Running> alive) {
      List<String> closed =
          session != null
              ? List.of()
              : alive.stream()
                  .filter(r -> !Ports.isOpen(r.node.adminEndpoint()))
                  .map(r -> r.node.name() + " does not listen yet")
                  .toList();
      if (!closed.isEmpty()) {
        return closed;
      }
      try {
        AdminSession open = session;
        if (open == null) {
          open =
              AdminSession.open(
                  alive.stream().map(r -> r.node.adminEndpoint()).toList(),
                  token == null ? context.environment().getOrDefault("FLOTILLA_TOKEN", "") : token,
                  PATIENCE,
                  context.channels());
          session = open;
        }
        ClusterStatus status = open.ask(s -> s.status(StatusRequest.getDefaultInstance()));
        settled = Readiness.isSettled(status);
        List<String> lacks =
            Readiness.lacks(
                status,
                alive.stream().map(r -> r.node.name()).collect(Collectors.toUnmodifiableSet()));
        outside =
            !lacks.isEmpty() && Readiness.servesAll(status)
                ? alive.stream()
                    .map(Running::node)
                    .filter(this::isOutside)
                    .map(NodePlan::name)
                    .toList()
                : List.of();
        return lacks;
      } catch (CliException e) {
        if (e.reason().equals("unauthenticated")) {
          throw e;
        }
        close();
        return List.of(e.sentence());
      }
    }

    private boolean isOutside(NodePlan node) {
      try (AdminSession own =
          AdminSession.open(
              List.of(node.adminEndpoint()),
              token == null ? context.environment().getOrDefault("FLOTILLA_TOKEN", "") : token,
              PATIENCE,
              context.channels())) {
        return own.ask(s -> s.identify(IdentifyRequest.getDefaultInstance())).getPhase()
            == NodePhase.NODE_PHASE_UNFORMED;
      } catch (CliException e) {
        return false;
      }
    }

    @Override
    public void close() {
      if (session != null) {
        session.close();
        session = null;
      }
    }
  }

  private static void stopStarted(List<Running> running) {
    running.stream().filter(Running::started).forEach(r -> r.process.destroy());
  }

  private static CliException endedEarly(
      LocalCluster cluster, List<Running> ended, String whatNow) {
    StringBuilder message = new StringBuilder();
    for (Running r : ended) {
      message
          .append(r.node.name())
          .append(" ended; the end of ")
          .append(cluster.logOf(r.node))
          .append(":\n")
          .append(NodeProcess.tail(cluster.logOf(r.node), TAIL_LINES).indent(4));
    }
    return new CliException(
        ExitCode.LOCAL_FAILURE, "node-ended", message.append(whatNow).toString().strip());
  }

  private void report(
      LocalCluster cluster,
      ClusterPlan plan,
      List<Running> running,
      List<Running> ended,
      long tookMillis) {
    if (output.json()) {
      ObjectNode root = JsonNodeFactory.instance.objectNode();
      root.put("directory", cluster.directory().toString());
      root.put("shards", plan.shards());
      root.put("replicas", plan.replicas());
      root.put("took_millis", tookMillis);
      ArrayNode nodes = root.putArray("nodes");
      for (Running r : running) {
        ObjectNode node = nodes.addObject();
        node.put("name", r.node.name());
        node.put("pid", r.process.pid());
        node.put("running", !ended.contains(r));
        node.put("started", r.started);
        node.put("client", r.node.clientEndpoint().toString());
        node.put("admin", r.node.adminEndpoint().toString());
        node.put("http", r.node.httpEndpoint().toString());
        node.put("log", cluster.logOf(r.node).toString());
      }
      output.print(context, root);
      return;
    }
    Set<Running> down = Set.copyOf(ended);
    Table table =
        new Table()
            .column("NODE", 0)
            .column("STATE", 1)
            .number("PID", 4)
            .column("CLIENT", 0)
            .column("ADMIN", 3)
            .column("HTTP", 5)
            .column("LOG", 6);
    for (Running r : running) {
      table.row(
          r.node.name(),
          down.contains(r)
              ? new Table.Cell("ended", Style.BAD)
              : new Table.Cell(r.started ? "started" : "running", Style.GOOD),
          r.process.pid(),
          r.node.clientEndpoint(),
          r.node.adminEndpoint(),
          r.node.httpEndpoint(),
          context.workingDirectory().relativize(cluster.logOf(r.node)));
    }
    context.out().print(table.render(output.terminal(context)));
    context
        .out()
        .printf(
            "%n%d nodes and %d shards serve after %.1f s. Connect:  redis-cli -c -p %d%n",
            running.size() - ended.size(), plan.shards(), tookMillis / 1000.0, plan.port());
    context.out().flush();
  }
}
