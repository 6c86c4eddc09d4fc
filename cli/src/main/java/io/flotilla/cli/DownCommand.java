package io.flotilla.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Stops the node processes of a local cluster in good order, all at once; their data stays.
 *
 * <p>Only a process that is surely the node's is signalled, see {@link NodeProcess}.
 */
@Command(
    name = "down",
    description = {
      "Stops the nodes that `flotilla up` started (SIGTERM), and waits until they have ended.",
      "The data stays; `flotilla up` starts them again."
    })
final class DownCommand implements Callable<Integer> {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(25);

  /** How long the kernel may take to end a process after SIGKILL, on a busy disk. */
  private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);

  private final Context context;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where the cluster lives. Default: FLOTILLA_DIR, else .flotilla.")
  private @Nullable String directory;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "How long to wait for the nodes to end. Default: 30s.")
  private @Nullable Duration timeout;

  @Option(
      names = "--force",
      description =
          "Kill (SIGKILL) what has not ended by then. Nothing acknowledged is lost by it.")
  private boolean force;

  @Mixin private OutputOptions output = new OutputOptions();

  DownCommand(Context context) {
    this.context = context;
  }

  private record Stopping(NodePlan node, Path configuration, @Nullable ProcessHandle process) {
    boolean runs() {
      return process != null && NodeProcess.runs(process, configuration);
    }
  }

  @Override
  public Integer call() throws InterruptedException {
    LocalCluster cluster = LocalCluster.at(LocalCluster.directory(context, directory));
    ClusterPlan written = cluster.read();
    if (written == null) {
      throw new CliException(
          ExitCode.LOCAL_FAILURE,
          "no-cluster",
          "There is no cluster of `flotilla up` in " + cluster.directory() + ".");
    }
    try (LocalCluster.Lock lock = cluster.lock()) {
      List<Stopping> nodes = new ArrayList<>();
      for (NodePlan node : written.nodes()) {
        Path configuration = cluster.configurationOf(node);
        nodes.add(
            new Stopping(
                node, configuration, NodeProcess.find(cluster.pidFileOf(node), configuration)));
      }
      nodes.stream().map(Stopping::process).forEach(DownCommand::terminate);
      await(nodes, timeout == null ? DEFAULT_TIMEOUT : timeout);
      List<Stopping> stubborn = nodes.stream().filter(Stopping::runs).toList();
      if (force) {
        stubborn.stream().map(Stopping::process).forEach(DownCommand::kill);
        await(nodes, KILL_PATIENCE);
      }
      List<Stopping> left = nodes.stream().filter(Stopping::runs).toList();
      // Whoever starts something there next finds the ports free; what another holds is not ours.
      Ports.takenForGood(
          nodes.stream()
              .filter(s -> s.process != null && !left.contains(s))
              .map(Stopping::node)
              .toList());
      report(cluster, nodes, stubborn, left);
      assert lock.channel().isOpen();
      return (left.isEmpty() ? ExitCode.OK : ExitCode.LOCAL_FAILURE).number();
    }
  }

  private static void terminate(@Nullable ProcessHandle process) {
    if (process != null) {
      process.destroy();
    }
  }

  private static void kill(@Nullable ProcessHandle process) {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  private static void await(List<Stopping> nodes, Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (nodes.stream().anyMatch(Stopping::runs) && System.nanoTime() < deadline) {
      TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
    }
  }

  private void report(
      LocalCluster cluster, List<Stopping> nodes, List<Stopping> stubborn, List<Stopping> left) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (Stopping s : nodes) {
      ProcessHandle process = s.process;
      String state =
          process == null
              ? "not-running"
              : left.contains(s) ? "running" : stubborn.contains(s) ? "killed" : "stopped";
      ObjectNode object = array.addObject();
      object.put("name", s.node.name());
      object.put("state", state);
      if (process == null) {
        object.putNull("pid");
      } else {
        object.put("pid", process.pid());
      }
      if (!output.json()) {
        String pid = process == null ? "" : " (pid " + process.pid() + ")";
        String words =
            switch (state) {
              case "not-running" -> "was not running";
              case "running" ->
                  "has not ended; its log: "
                      + cluster.logOf(s.node)
                      + ". `flotilla down --force` kills it";
              default -> state;
            };
        context.out().println(s.node.name() + pid + " " + words);
      }
    }
    if (output.json()) {
      ObjectNode root = JsonNodeFactory.instance.objectNode();
      root.put("directory", cluster.directory().toString());
      root.set("nodes", array);
      output.print(context, root);
    }
    context.out().flush();
  }
}
