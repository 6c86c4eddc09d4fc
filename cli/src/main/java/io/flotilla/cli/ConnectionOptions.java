package io.flotilla.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the cluster is, who asks, and how patient one is: the same options on every command. */
final class ConnectionOptions {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

  @Option(
      names = {"-e", "--endpoint"},
      paramLabel = "HOST:PORT",
      description =
          "An admin endpoint of any node; may be repeated, and the first node to answer is used."
              + " Default: FLOTILLA_ENDPOINTS (separated by commas), else the cluster of `flotilla up` in --dir.")
  private List<HostPort> endpoints = new ArrayList<>();

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description = "The admin token, where one is configured. Default: FLOTILLA_TOKEN.")
  private @Nullable String token;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description =
          "How long to wait for an answer: 500ms, 10s, 2m. Default: what the command needs.")
  private @Nullable Duration timeout;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "The directory of a cluster of `flotilla up`. Default: FLOTILLA_DIR, else .flotilla.")
  private @Nullable String directory;

  /** A session with the first node that answers. */
  AdminSession open(Context context) {
    return open(context, DEFAULT_TIMEOUT);
  }

  /** The same, for a command that needs another time by default. */
  AdminSession open(Context context, Duration defaultTimeout) {
    return AdminSession.open(
        endpoints(context), token(context), timeout(defaultTimeout), context.channels());
  }

  /** A session with just this node. */
  AdminSession open(Context context, HostPort endpoint, Duration defaultTimeout) {
    return AdminSession.open(
        List.of(endpoint), token(context), timeout(defaultTimeout), context.channels());
  }

  Duration timeout(Duration defaultTimeout) {
    return timeout == null ? defaultTimeout : timeout;
  }

  String token(Context context) {
    return token == null ? context.environment().getOrDefault("FLOTILLA_TOKEN", "") : token;
  }

  /** Where to look: options, then the environment, then the local cluster. */
  List<HostPort> endpoints(Context context) {
    if (!endpoints.isEmpty()) {
      return endpoints;
    }
    String named = context.environment().getOrDefault("FLOTILLA_ENDPOINTS", "");
    if (!named.isBlank() && directory == null) {
      try {
        return HostPort.parseList(named);
      } catch (IllegalArgumentException e) {
        throw new CliException(
            ExitCode.USAGE, "bad-endpoints", "FLOTILLA_ENDPOINTS: " + e.getMessage() + ".", e);
      }
    }
    ClusterPlan plan = LocalCluster.at(LocalCluster.directory(context, directory)).read();
    if (plan == null) {
      throw new CliException(
          ExitCode.UNREACHABLE,
          "no-cluster-named",
          "No cluster is named, and there is none of `flotilla up` in "
              + LocalCluster.directory(context, directory)
              + ". Name an admin endpoint by --endpoint HOST:PORT or FLOTILLA_ENDPOINTS.");
    }
    return plan.nodes().stream().map(NodePlan::adminEndpoint).toList();
  }
}
