package io.flotilla.node.metadata;

import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataVerdict;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.nodes.AdoptRequest;
import io.flotilla.proto.nodes.AdoptResponse;
import io.flotilla.proto.nodes.GreetRequest;
import io.flotilla.proto.nodes.Greeting;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Nodes that call one another without a network: each endpoint is a {@link Joining}, or nobody. */
final class FakeNodes implements NodeLinks {
  final Map<Endpoint, Joining> at = new HashMap<>();

  static Node node(String id, String name, int adminPort) {
    return Node.newBuilder()
        .setId(id)
        .setName(name)
        .setClient(endpoint(adminPort - 300))
        .setRaft(endpoint(adminPort - 200))
        .setPeer(endpoint(adminPort - 100))
        .setAdmin(endpoint(adminPort))
        .setHttp(endpoint(adminPort + 100))
        .setFeatureLevel(1)
        .build();
  }

  static io.flotilla.proto.metadata.Endpoint endpoint(int port) {
    return io.flotilla.proto.metadata.Endpoint.newBuilder()
        .setHost("127.0.0.1")
        .setPort(port)
        .build();
  }

  @Override
  public CompletableFuture<Greeting> greet(Endpoint admin, GreetRequest request, Duration timeout) {
    Joining there = at.get(admin);
    return there == null
        ? CompletableFuture.failedFuture(new ConnectException("nobody at " + admin))
        : CompletableFuture.completedFuture(there.greeting(request));
  }

  @Override
  public CompletableFuture<AdoptResponse> adopt(
      Endpoint admin, AdoptRequest request, Duration timeout) {
    Joining there = at.get(admin);
    if (there == null) {
      return CompletableFuture.failedFuture(new ConnectException("nobody at " + admin));
    }
    try {
      return CompletableFuture.completedFuture(
          AdoptResponse.newBuilder().setNode(there.adopt(request)).build());
    } catch (IOException | RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public CompletableFuture<MetadataVerdict> propose(
      Endpoint admin, MetadataEntry entry, Duration timeout) {
    return CompletableFuture.failedFuture(new UnsupportedOperationException("no metadata here"));
  }
}
