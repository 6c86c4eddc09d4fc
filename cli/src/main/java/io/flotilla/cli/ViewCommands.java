package io.flotilla.cli;

import com.google.protobuf.Message;
import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.Health;
import io.flotilla.proto.admin.ListNodesRequest;
import io.flotilla.proto.admin.ListNodesResponse;
import io.flotilla.proto.admin.ListShardsRequest;
import io.flotilla.proto.admin.ListShardsResponse;
import io.flotilla.proto.admin.ListSlotsRequest;
import io.flotilla.proto.admin.ListSlotsResponse;
import io.flotilla.proto.admin.StatusRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands that look and change nothing. */
final class ViewCommands {
  private ViewCommands() {}

  /** Shows a message as a page or as JSON. */
  static <M extends Message> void show(
      Context context, OutputOptions output, M message, Function<Pages, String> page) {
    if (output.json()) {
      output.print(context, MessageJson.of(message));
    } else {
      context.out().print(page.apply(new Pages(output.terminal(context), output::id)));
      context.out().flush();
    }
  }

  /** {@code flotilla status}. */
  @Command(
      name = "status",
      description = {
        "Shows the cluster at a glance: what is wrong, the nodes, the shards.",
        "Exit code 0 if all is well, 7 if the next failure may not be survived, 8 if slots are not served."
      })
  static final class StatusCommand implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Option(
        names = "--local",
        description = "Only what the answering node knows itself: quick while others hang.")
    private boolean local;

    StatusCommand(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (AdminSession session = connection.open(context)) {
        StatusRequest request = StatusRequest.newBuilder().setLocalOnly(local).build();
        ClusterStatus status = session.ask(s -> s.status(request));
        show(context, output, status, p -> p.status(status));
        return exitCode(status.getHealth()).number();
      }
    }

    static ExitCode exitCode(Health health) {
      return switch (health) {
        case HEALTH_OK -> ExitCode.OK;
        case HEALTH_DEGRADED -> ExitCode.DEGRADED;
        case HEALTH_DOWN, HEALTH_UNSPECIFIED, UNRECOGNIZED -> ExitCode.DOWN;
      };
    }
  }

  /** {@code flotilla nodes}. */
  @Command(
      name = "nodes",
      description = "Lists the nodes: addresses, state, leaderships, memory, disk.")
  static final class NodesCommand implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Option(names = "--local", description = "Only what the answering node knows itself.")
    private boolean local;

    NodesCommand(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (AdminSession session = connection.open(context)) {
        ListNodesRequest request = ListNodesRequest.newBuilder().setLocalOnly(local).build();
        ListNodesResponse response = session.ask(s -> s.listNodes(request));
        show(context, output, response, p -> p.nodes(response.getNodesList()));
        return ExitCode.OK.number();
      }
    }
  }

  /** {@code flotilla shards}. */
  @Command(
      name = "shards",
      description =
          "Lists the shards: leader, replicas, slots, keys; with --replicas every replica's log.")
  static final class ShardsCommand implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(
        arity = "0..*",
        paramLabel = "SHARD",
        description = "By number or id. Default: all.")
    private List<String> shards = new ArrayList<>();

    @Option(names = "--replicas", description = "One line per replica, with its indexes.")
    private boolean replicas;

    @Option(names = "--local", description = "Only what the answering node knows itself.")
    private boolean local;

    ShardsCommand(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (AdminSession session = connection.open(context)) {
        ListShardsRequest request =
            ListShardsRequest.newBuilder().setLocalOnly(local).addAllShards(shards).build();
        ListShardsResponse response = session.ask(s -> s.listShards(request));
        show(
            context,
            output,
            response,
            p ->
                replicas
                    ? p.replicas(response.getShardsList())
                    : p.shards(response.getShardsList()));
        return ExitCode.OK.number();
      }
    }
  }

  /** {@code flotilla slots}. */
  @Command(
      name = "slots",
      description = "Lists which shard owns which hash slots, and who leads it.")
  static final class SlotsCommand implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    SlotsCommand(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (AdminSession session = connection.open(context)) {
        ListSlotsResponse response =
            session.ask(s -> s.listSlots(ListSlotsRequest.getDefaultInstance()));
        show(context, output, response, p -> p.slots(response));
        return ExitCode.OK.number();
      }
    }
  }
}
