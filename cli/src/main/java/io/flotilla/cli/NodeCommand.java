package io.flotilla.cli;

import io.flotilla.proto.admin.DrainRequest;
import io.flotilla.proto.admin.DrainResponse;
import io.flotilla.proto.admin.IdentifyRequest;
import io.flotilla.proto.admin.Identity;
import io.flotilla.proto.admin.ListNodesRequest;
import io.flotilla.proto.admin.NodeStatus;
import io.flotilla.proto.admin.ReplaceNodeProgress;
import io.flotilla.proto.admin.ReplaceNodeRequest;
import io.flotilla.proto.admin.ReplaceNodeState;
import io.flotilla.proto.admin.StopRequest;
import io.flotilla.proto.admin.StopResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla node}: one node in particular. */
@Command(
    name = "node",
    description = {
      "Acts on one node.",
      "`flotilla node --config FILE` runs one; see `flotilla node --help` of the node itself."
    })
final class NodeCommand {
  private static final Duration PATIENT = Duration.ofSeconds(60);

  /** The admin endpoint of a node that is known by name or id. */
  private static HostPort adminOf(AdminSession session, String node) {
    List<NodeStatus> nodes =
        session
            .ask(s -> s.listNodes(ListNodesRequest.newBuilder().setLocalOnly(true).build()))
            .getNodesList();
    for (NodeStatus candidate : nodes) {
      if (candidate.hasAdmin()
          && (candidate.getName().equals(node) || candidate.getNodeId().equals(node))) {
        return HostPort.of(candidate.getAdmin());
      }
    }
    throw new CliException(
        ExitCode.REFUSED,
        "unknown-node",
        "There is no node "
            + node
            + "; there are "
            + String.join(", ", nodes.stream().map(NodeStatus::getName).toList())
            + ".");
  }

  /** {@code flotilla node show}. */
  @Command(name = "show", description = "Shows who a node is; also before it belongs to a cluster.")
  static final class Show implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(
        index = "0",
        arity = "0..1",
        paramLabel = "NODE",
        description = "By name or id. Default: the node that answers.",
        defaultValue = "")
    private String node = "";

    Show(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (AdminSession any = connection.open(context);
          AdminSession own =
              node.isEmpty() ? null : connection.open(context, adminOf(any, node), PATIENT)) {
        AdminSession session = own == null ? any : own;
        Identity identity = session.ask(s -> s.identify(IdentifyRequest.getDefaultInstance()));
        ViewCommands.show(context, output, identity, p -> page(identity));
        return ExitCode.OK.number();
      }
    }

    private static String page(Identity identity) {
      return new Table()
          .column("NODE", 0)
          .column(identity.getName(), 0)
          .row("id", identity.getNodeId())
          .row("cluster", Words.orNothing(identity.getClusterId()))
          .row("state", MessageJson.word(identity.getPhase().getValueDescriptor()))
          .row("version", identity.getVersion())
          .row("feature level", identity.getFeatureLevel())
          .row("client", Words.endpoint(identity.hasClient(), identity.getClient()))
          .row("raft", Words.endpoint(identity.hasRaft(), identity.getRaft()))
          .row("peer", Words.endpoint(identity.hasPeer(), identity.getPeer()))
          .row("admin", Words.endpoint(identity.hasAdmin(), identity.getAdmin()))
          .row("http", Words.endpoint(identity.hasHttp(), identity.getHttp()))
          .row("pid", identity.getPid())
          .render(Terminal.PLAIN);
    }
  }

  /** {@code flotilla node replace}. */
  @Command(
      name = "replace",
      description = {
        "Replaces a node that is lost for good, or whose data cannot be trusted.",
        "The new node must be running with an empty data directory; it waits to be taken in.",
        "If it is interrupted, the same command goes on where it stood. The old id is never used again."
      })
  static final class Replace implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofMinutes(10);

    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(index = "0", paramLabel = "OLD", description = "The lost node, by name or id.")
    private String old = "";

    @Option(
        names = "--with",
        paramLabel = "HOST:PORT",
        description = "The admin endpoint of the new node. Default: that of the lost node.")
    private @Nullable HostPort replacement;

    Replace(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      ReplaceNodeRequest.Builder b = ReplaceNodeRequest.newBuilder().setOldNode(old);
      if (replacement != null) {
        b.setNewAdmin(replacement.toEndpoint());
      }
      ReplaceNodeRequest request = b.build();
      try (AdminSession session = connection.open(context, TIMEOUT)) {
        ReplaceNodeState last =
            session.change(s -> {
              Iterator<ReplaceNodeProgress> progress = s.replaceNode(request);
              ReplaceNodeState state = ReplaceNodeState.REPLACE_NODE_STATE_UNSPECIFIED;
              while (progress.hasNext()) {
                ReplaceNodeProgress next = progress.next();
                state = next.getState();
                report(next);
              }
              return state;
            });
        if (last != ReplaceNodeState.REPLACE_NODE_STATE_DONE) {
          throw new CliException(
              ExitCode.UNKNOWN_OUTCOME,
              "not-finished",
              "The replacement stopped at "
                  + MessageJson.word(last.getValueDescriptor())
                  + ". The same command goes on from there.");
        }
        return ExitCode.OK.number();
      }
    }

    /** A line as each state is reached; as JSON one object a line. */
    private void report(ReplaceNodeProgress progress) {
      if (output.json()) {
        context.out().println(MessageJson.of(progress));
      } else {
        context
            .out()
            .println(
                MessageJson.word(progress.getState().getValueDescriptor())
                    + (progress.getState() == ReplaceNodeState.REPLACE_NODE_STATE_SHARD_MOVED
                        ? " " + progress.getShardNumber()
                        : "")
                    + (progress.getMessage().isEmpty() ? "" : ": " + progress.getMessage()));
      }
      context.out().flush();
    }
  }

  /** {@code flotilla node drain}. */
  @Command(
      name = "drain",
      description =
          "Gives away a node's leaderships; it takes no new ones until `undrain` or a restart.")
  static final class Drain implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(index = "0", paramLabel = "NODE", description = "By name or id.")
    private String node = "";

    Drain(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      DrainResponse response = drain(context, connection, output, node, false);
      return (response.getStillLedCount() == 0 ? ExitCode.OK : ExitCode.INCOMPLETE).number();
    }
  }

  /** {@code flotilla node undrain}. */
  @Command(name = "undrain", description = "Lets a drained node take leaderships again.")
  static final class Undrain implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(index = "0", paramLabel = "NODE", description = "By name or id.")
    private String node = "";

    Undrain(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      drain(context, connection, output, node, true);
      return ExitCode.OK.number();
    }
  }

  private static DrainResponse drain(
      Context context,
      ConnectionOptions connection,
      OutputOptions output,
      String node,
      boolean undrain) {
    try (AdminSession any = connection.open(context);
        AdminSession session = connection.open(context, adminOf(any, node), PATIENT)) {
      DrainRequest request = DrainRequest.newBuilder().setUndrain(undrain).build();
      DrainResponse response = session.change(s -> s.drain(request));
      String page =
          undrain
              ? node + " takes leaderships again.\n"
              : node
                  + " gave away "
                  + response.getTransferred()
                  + " leaderships"
                  + (response.getStillLedCount() == 0
                      ? ".\n"
                      : "; nobody else could lead shards "
                          + Words.numbers(response.getStillLedList())
                          + ".\n");
      ViewCommands.show(context, output, response, p -> page);
      return response;
    }
  }

  /** {@code flotilla node stop}. */
  @Command(
      name = "stop",
      description =
          "Stops a node in good order: leaderships given away, replies sent, process ended.")
  static final class Stop implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(index = "0", paramLabel = "NODE", description = "By name or id.")
    private String node = "";

    Stop(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (AdminSession any = connection.open(context);
          AdminSession session = connection.open(context, adminOf(any, node), PATIENT)) {
        StopResponse response = session.change(s -> s.stop(StopRequest.getDefaultInstance()));
        ViewCommands.show(
            context, output, response, p -> node + " stops (pid " + response.getPid() + ").\n");
        return ExitCode.OK.number();
      }
    }
  }
}
