package io.flotilla.node.metadata;

import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataVerdict;
import io.flotilla.proto.nodes.AdoptRequest;
import io.flotilla.proto.nodes.AdoptResponse;
import io.flotilla.proto.nodes.GreetRequest;
import io.flotilla.proto.nodes.Greeting;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Calls to other nodes for formation and for the metadata: the port that {@code node.admin}
 * implements over gRPC.
 *
 * <p>Nothing blocks; a future fails if the other node cannot be reached, refuses or does not answer
 * in time. A {@link Refused} says that the other node certainly did nothing; any other failure of
 * {@link #propose} leaves the outcome open.
 */
public interface NodeLinks {
  /** Who is there, and does it know a cluster? */
  CompletableFuture<Greeting> greet(Endpoint admin, GreetRequest request, Duration timeout);

  /** Takes the node there into the cluster. */
  CompletableFuture<AdoptResponse> adopt(Endpoint admin, AdoptRequest request, Duration timeout);

  /** Proposes a change where the metadata group is led. */
  CompletableFuture<MetadataVerdict> propose(Endpoint admin, MetadataEntry entry, Duration timeout);

  /** The other node did nothing, and says why. */
  final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Refused(String why) {
      super(why);
    }
  }
}
