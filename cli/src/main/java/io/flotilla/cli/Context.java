package io.flotilla.cli;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;

/**
 * What a command may touch of the world outside it; a test gives it another one.
 *
 * @param out standard output: results
 * @param err standard error: everything that is not a result
 * @param environment the environment variables
 * @param workingDirectory what relative paths start from
 * @param terminal what standard output leads to
 * @param channels opens a channel to an admin endpoint, without connecting yet
 */
record Context(
    PrintWriter out,
    PrintWriter err,
    Map<String, String> environment,
    Path workingDirectory,
    Terminal terminal,
    Function<HostPort, ManagedChannel> channels) {

  /** A page of digests of a thousand shards is far below; more is a fault. */
  private static final int MAX_ANSWER_BYTES = 64 << 20;

  /** The world as this process finds it. */
  static Context ofProcess() {
    return new Context(
        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
        System.getenv(),
        Path.of("").toAbsolutePath(),
        Terminal.detect(System.getenv()),
        Context::channel);
  }

  private static ManagedChannel channel(HostPort endpoint) {
    return Grpc.newChannelBuilder(endpoint.toString(), InsecureChannelCredentials.create())
        .maxInboundMessageSize(MAX_ANSWER_BYTES)
        .build();
  }
}
