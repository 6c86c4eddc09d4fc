package io.flotilla.node.admin;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The gRPC listener: the operator's service and the calls of other nodes on one port. */
public final class AdminServer implements AutoCloseable {
  private final Server server;

  /**
   * A server that is not listening yet; calls run on the executor, which should give each a virtual
   * thread.
   */
  public AdminServer(
      InetSocketAddress bind,
      @Nullable String token,
      LocalNode node,
      AdminService admin,
      ExecutorService executor) {
    NettyServerBuilder b =
        NettyServerBuilder.forAddress(bind)
            .executor(executor)
            .maxInboundMessageSize(GrpcLinks.MAX_MESSAGE_BYTES)
            .addService(admin)
            .addService(new NodeLinkService(node));
    if (token != null) {
      b.intercept(new TokenCheck(("Bearer " + token).getBytes(StandardCharsets.UTF_8)));
    }
    server = b.build();
  }

  /** Begins to listen; fails if the port cannot be had. */
  public void start() throws IOException {
    server.start();
  }

  /** Ends the listener; calls under way have a moment to end. */
  @Override
  public void close() {
    server.shutdown();
    try {
      if (!server.awaitTermination(1, TimeUnit.SECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  /** Refuses calls without the token; compares in a time that does not tell where they differ. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record TokenCheck(byte[] wanted) implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      String given = headers.get(GrpcLinks.AUTHORIZATION);
      if (given == null || !MessageDigest.isEqual(wanted, given.getBytes(StandardCharsets.UTF_8))) {
        call.close(
            Status.UNAUTHENTICATED.withDescription(
                "the admin token is "
                    + (given == null ? "missing" : "wrong")
                    + ": see admin.token-file"),
            new Metadata());
        return new ServerCall.Listener<>() {};
      }
      return next.startCall(call, headers);
    }
  }
}
