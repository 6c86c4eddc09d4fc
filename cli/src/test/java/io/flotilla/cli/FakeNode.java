package io.flotilla.cli;

import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.Health;
import io.flotilla.proto.admin.NodePhase;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process that looks like a node from outside: reads the file that it is given, serves the admin
 * API where the file says, and stops on SIGTERM. A file {@code refuse} beside the configuration
 * makes it end at once, as a node does that cannot trust its data; a file {@code empty} makes it
 * wait to be taken in, as a node does that has none.
 */
final class FakeNode {
  /** If the test dies, this does not stay for ever. */
  private static final int LIFETIME_SECONDS = 120;

  private FakeNode() {}

  public static void main(String[] args) throws Exception {
    Path configuration = Path.of(args[2]);
    if (Files.exists(configuration.resolveSibling("refuse"))) {
      System.out.println("The log of shard 1 is shorter than its marker says: not started.");
      System.exit(1);
    }
    List<String> lines = Files.readAllLines(configuration, StandardCharsets.UTF_8);
    int port =
        lines.stream()
            .filter(l -> l.startsWith("  admin: "))
            .map(l -> l.replaceAll(".*:(\\d+)'", "$1"))
            .mapToInt(Integer::parseInt)
            .findFirst()
            .orElseThrow();
    FakeAdmin admin = new FakeAdmin();
    ClusterStatus.Builder status =
        ClusterStatus.newBuilder()
            .setHealth(Health.HEALTH_OK)
            .setSlotsAssigned(16_384)
            .setSlotsServed(16_384);
    for (int i = 1; i <= 3; i++) {
      Path empty = configuration.resolveSibling("../n" + i + "/empty");
      status.addNodes(
          Examples.node(Examples.N1, "n" + i, i).toBuilder().setReachable(!Files.exists(empty)));
    }
    admin.status = status.build();
    if (Files.exists(configuration.resolveSibling("empty"))) {
      admin.identity = admin.identity.toBuilder().setPhase(NodePhase.NODE_PHASE_UNFORMED).build();
      admin.fail(Status.FAILED_PRECONDITION.withDescription("knows no cluster"), "unformed", false);
    }
    Server server =
        Grpc.newServerBuilderForPort(port, InsecureServerCredentials.create())
            .addService(admin)
            .build()
            .start();
    System.out.println("Serving on " + port);
    if (!server.awaitTermination(LIFETIME_SECONDS, TimeUnit.SECONDS)) {
      System.exit(3);
    }
  }
}
