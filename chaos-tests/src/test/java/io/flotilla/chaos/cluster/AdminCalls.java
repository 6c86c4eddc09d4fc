package io.flotilla.chaos.cluster;

import io.flotilla.proto.admin.AdminGrpc;
import io.flotilla.proto.admin.AdminGrpc.AdminBlockingStub;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Operators' calls to a cluster whose nodes may be down. */
final class AdminCalls implements AutoCloseable {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final IntFunction<String> endpoint;
  private final String token;
  private final Map<Integer, ManagedChannel> channels = new ConcurrentHashMap<>();
  private volatile String lastFailure = "nobody was asked";

  /**
   * @param endpoint of each node, {@code host:port}
   * @param token what the nodes want to see; empty: nothing
   */
  AdminCalls(IntFunction<String> endpoint, String token) {
    this.endpoint = endpoint;
    this.token = token;
  }

  /** Asks these nodes in turn until one answers; nothing if none does. */
  <T> Optional<T> maybeAsk(int[] nodes, Duration patience, Function<AdminBlockingStub, T> call) {
    for (int node : nodes) {
      try {
        return Optional.of(call.apply(stub(node, patience)));
      } catch (StatusRuntimeException e) {
        lastFailure = Cluster.nameOf(node) + ": " + e.getStatus();
      }
    }
    return Optional.empty();
  }

  /** What the last node said that did not answer. */
  String lastFailure() {
    return lastFailure;
  }

  private AdminBlockingStub stub(int node, Duration patience) {
    ManagedChannel channel =
        channels.computeIfAbsent(
            node,
            n ->
                Grpc.newChannelBuilder(endpoint.apply(n), InsecureChannelCredentials.create())
                    .build());
    AdminBlockingStub stub = AdminGrpc.newBlockingStub(channel);
    if (!token.isEmpty()) {
      Metadata headers = new Metadata();
      headers.put(AUTHORIZATION, "Bearer " + token);
      stub = stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }
    return stub.withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
  }
}
