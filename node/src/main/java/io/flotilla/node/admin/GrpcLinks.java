package io.flotilla.node.admin;

import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.metadata.NodeLinks;
import io.flotilla.proto.admin.AdminGrpc;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataVerdict;
import io.flotilla.proto.nodes.AdoptRequest;
import io.flotilla.proto.nodes.AdoptResponse;
import io.flotilla.proto.nodes.GreetRequest;
import io.flotilla.proto.nodes.Greeting;
import io.flotilla.proto.nodes.LoadRequest;
import io.flotilla.proto.nodes.LoadResponse;
import io.flotilla.proto.nodes.NodeLinkGrpc;
import io.flotilla.proto.nodes.ProposeRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ConnectivityState;
import io.grpc.ForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Calls to other nodes' admin ports: one channel per endpoint, made when first used, kept until the
 * node stops.
 *
 * <p>Rare calls, so no tuning. Futures complete on virtual threads.
 */
public final class GrpcLinks implements NodeLinks, AutoCloseable {
  /**
   * A message larger than this is none of ours: a formation plan of a thousand nodes has some
   * hundred KiB.
   */
  static final int MAX_MESSAGE_BYTES = 16 << 20;

  static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final @Nullable String token;
  private final ExecutorService executor;
  private final Map<Endpoint, ManagedChannel> channels = new ConcurrentHashMap<>();

  public GrpcLinks(@Nullable String token, ExecutorService executor) {
    this.token = token;
    this.executor = executor;
  }

  /**
   * Work for the leader of a shard. A node that was away and is back is tried again at once: gRPC's
   * own pauses between attempts grow to minutes.
   */
  LoadResponse load(Endpoint admin, LoadRequest request, Duration timeout) {
    ManagedChannel channel = channel(admin);
    if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
      channel.resetConnectBackoff();
    }
    return node(admin, timeout).load(request);
  }

  private ManagedChannel channel(Endpoint to) {
    return channels.computeIfAbsent(
        to,
        e ->
            NettyChannelBuilder.forAddress(e.host(), e.port())
                .usePlaintext()
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .executor(executor)
                .intercept(new WithToken(token))
                .build());
  }

  NodeLinkGrpc.NodeLinkBlockingStub node(Endpoint admin, Duration timeout) {
    return NodeLinkGrpc.newBlockingStub(channel(admin))
        .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  AdminGrpc.AdminBlockingStub admin(Endpoint admin, Duration timeout) {
    return AdminGrpc.newBlockingStub(channel(admin))
        .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public CompletableFuture<Greeting> greet(Endpoint admin, GreetRequest request, Duration timeout) {
    return call(admin, NodeLinkGrpc.getGreetMethod(), request, timeout);
  }

  @Override
  public CompletableFuture<AdoptResponse> adopt(
      Endpoint admin, AdoptRequest request, Duration timeout) {
    return call(admin, NodeLinkGrpc.getAdoptMethod(), request, timeout);
  }

  @Override
  public CompletableFuture<MetadataVerdict> propose(
      Endpoint admin, MetadataEntry entry, Duration timeout) {
    return call(
        admin,
        NodeLinkGrpc.getProposeMethod(),
        ProposeRequest.newBuilder().setEntry(entry).build(),
        timeout);
  }

  private <Q, R> CompletableFuture<R> call(
      Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration timeout) {
    CompletableFuture<R> answer = new CompletableFuture<>();
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
    ClientCalls.asyncUnaryCall(
        channel(to).newCall(method, options),
        request,
        new io.grpc.stub.StreamObserver<R>() {
          @Override
          public void onNext(R value) {
            answer.complete(value);
          }

          @Override
          public void onError(Throwable e) {
            answer.completeExceptionally(Errors.ofCall(e));
          }

          @Override
          public void onCompleted() {
            // The value came before.
          }
        });
    return answer;
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
  }

  private record WithToken(@Nullable String token) implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new ForwardingClientCall.SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          if (token != null) {
            headers.put(AUTHORIZATION, "Bearer " + token);
          }
          super.start(listener, headers);
        }
      };
    }
  }
}
