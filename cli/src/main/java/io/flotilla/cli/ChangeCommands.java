package io.flotilla.cli;

import io.flotilla.proto.admin.InitRequest;
import io.flotilla.proto.admin.InitResponse;
import io.flotilla.proto.admin.ShardVerification;
import io.flotilla.proto.admin.SnapshotResult;
import io.flotilla.proto.admin.TakeSnapshotRequest;
import io.flotilla.proto.admin.TakeSnapshotResponse;
import io.flotilla.proto.admin.TransferLeaderRequest;
import io.flotilla.proto.admin.TransferLeaderResponse;
import io.flotilla.proto.admin.VerifyRequest;
import io.flotilla.proto.admin.VerifyResponse;
import io.flotilla.proto.admin.VerifyVerdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands that act on shards and on the cluster as a whole. */
final class ChangeCommands {
  /** A digest or a snapshot walks over every key of a shard. */
  private static final Duration WALK_TIMEOUT = Duration.ofMinutes(2);

  private ChangeCommands() {}

  /** {@code flotilla init}. */
  @Command(
      name = "init",
      description = {
        "Forms a cluster of running nodes that belong to none; happens once.",
        "Repeated with the same nodes, it answers what stands. `flotilla up` needs no init."
      })
  static final class InitCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(
        arity = "1..*",
        paramLabel = "HOST:PORT",
        description = "The admin endpoints of all initial nodes.")
    private List<HostPort> admins = new ArrayList<>();

    @Option(
        names = "--shards",
        paramLabel = "M",
        description = "How many shards. Default: one per node.")
    private int shards;

    @Option(
        names = "--replicas",
        paramLabel = "R",
        description =
            "How many replicas a shard has. Default: three, or all nodes where there are fewer.")
    private int replicas;

    InitCommand(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      if (shards < 0 || replicas < 0) {
        throw new CliException(
            ExitCode.USAGE, "bad-count", "--shards and --replicas are not below 1.");
      }
      InitRequest request =
          InitRequest.newBuilder()
              .addAllAdmins(admins.stream().map(HostPort::toEndpoint).toList())
              .setShards(shards)
              .setReplicas(replicas)
              .build();
      try (AdminSession session = connection.open(context, admins.getFirst(), TIMEOUT)) {
        InitResponse response = session.change(s -> s.init(request));
        ViewCommands.show(
            context,
            output,
            response,
            p ->
                "Cluster "
                    + response.getClusterId()
                    + " of "
                    + response.getNodeIdsCount()
                    + " nodes.\n");
        return ExitCode.OK.number();
      }
    }
  }

  /** {@code flotilla transfer-leader}. */
  @Command(
      name = "transfer-leader",
      description = {
        "Moves a shard's leadership to another replica, which is preferred from then on; returns when it leads.",
        "Leaderships stay spread over the nodes: if they would not, the new leader gives one of its shards in exchange."
      })
  static final class TransferLeaderCommand implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(
        index = "0",
        paramLabel = "SHARD",
        description = "By number or id; `metadata` for the metadata group.")
    private String shard = "";

    @Option(
        names = "--to",
        paramLabel = "NODE",
        description =
            "By name or id. Default: the preferred leader, or another replica if that leads already.",
        defaultValue = "")
    private String to = "";

    TransferLeaderCommand(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (AdminSession session = connection.open(context)) {
        TransferLeaderRequest request =
            TransferLeaderRequest.newBuilder()
                .setShard(shard)
                .setToNode(to)
                .setTimeoutMillis(session.timeoutMillis())
                .build();
        TransferLeaderResponse response = session.change(s -> s.transferLeader(request));
        ViewCommands.show(
            context,
            output,
            response,
            p ->
                (shard.equals("metadata") ? "The metadata group: " : "Shard " + shard + ": ")
                    + response.getToNodeName()
                    + " leads in term "
                    + response.getTerm()
                    + ", "
                    + (response.getFromNodeId().equals(response.getToNodeId())
                        ? "as before"
                        : response.getFromNodeName() + " before")
                    + "; it took "
                    + response.getTookMillis()
                    + " ms.\n");
        return ExitCode.OK.number();
      }
    }
  }

  /** {@code flotilla snapshot}. */
  @Command(
      name = "snapshot",
      description =
          "Writes snapshots and shortens the logs; returns when all are durable. Nothing waits for it.")
  static final class SnapshotCommand implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(
        arity = "0..*",
        paramLabel = "SHARD",
        description = "By number or id, `metadata` included. Default: all.")
    private List<String> shards = new ArrayList<>();

    @Option(
        names = "--node",
        paramLabel = "NODE",
        description = "Only this replica, by name or id; may be repeated. Default: every replica.")
    private List<String> nodes = new ArrayList<>();

    SnapshotCommand(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (AdminSession session = connection.open(context, WALK_TIMEOUT)) {
        TakeSnapshotRequest request =
            TakeSnapshotRequest.newBuilder().addAllShards(shards).addAllNodes(nodes).build();
        // Taken twice it is only newer, so that it changes nothing that a caller need fear.
        TakeSnapshotResponse response = session.ask(s -> s.takeSnapshot(request));
        ViewCommands.show(context, output, response, p -> p.snapshots(response));
        boolean all =
            response.getResultsList().stream()
                .map(SnapshotResult::getError)
                .allMatch(String::isEmpty);
        return (all ? ExitCode.OK : ExitCode.INCOMPLETE).number();
      }
    }
  }

  /** {@code flotilla verify}. */
  @Command(
      name = "verify",
      description = {
        "Has every replica digest its state at the same place in the log, and compares.",
        "Exit code 0 if all agree, 5 if replicas differ, 6 if somebody did not report."
      })
  static final class VerifyCommand implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(
        arity = "0..*",
        paramLabel = "SHARD",
        description = "By number or id; `metadata` for the metadata group. Default: all.")
    private List<String> shards = new ArrayList<>();

    VerifyCommand(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (AdminSession session = connection.open(context, WALK_TIMEOUT)) {
        VerifyRequest request =
            VerifyRequest.newBuilder()
                .addAllShards(shards)
                .setTimeoutMillis(session.timeoutMillis())
                .build();
        VerifyResponse response = session.ask(s -> s.verify(request));
        ViewCommands.show(context, output, response, p -> p.verification(response));
        return exitCode(response).number();
      }
    }

    static ExitCode exitCode(VerifyResponse response) {
      List<ShardVerification> groups = new ArrayList<>(response.getShardsList());
      if (response.hasMetadata()) {
        groups.add(response.getMetadata());
      }
      if (groups.stream().anyMatch(s -> s.getVerdict() == VerifyVerdict.VERIFY_VERDICT_DIFFER)) {
        return ExitCode.DIVERGED;
      }
      boolean agree =
          !groups.isEmpty()
              && groups.stream()
                  .allMatch(s -> s.getVerdict() == VerifyVerdict.VERIFY_VERDICT_AGREE);
      return agree ? ExitCode.OK : ExitCode.INCOMPLETE;
    }
  }
}
