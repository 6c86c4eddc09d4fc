package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.metadata.NodeLinks;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataVerdict;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.nodes.AdoptRequest;
import io.flotilla.proto.nodes.AdoptResponse;
import io.flotilla.proto.nodes.GreetRequest;
import io.flotilla.proto.nodes.Greeting;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A node that was replaced behind its back learns of it, and no other node thinks that it was. */
class RetirementTest {
  private static final Node SELF = node("a".repeat(40), 1);
  private static final List<Node> KNOWN =
      List.of(SELF, node("b".repeat(40), 2), node("c".repeat(40), 3));

  private final List<Integer> greeted = new ArrayList<>();
  private final List<String> retired = new ArrayList<>();
  private Greeting answer = Greeting.newBuilder().setKnowsAsker(false).build();

  private static Node node(String id, int port) {
    return Node.newBuilder()
        .setId(id)
        .setAdmin(
            io.flotilla.proto.metadata.Endpoint.newBuilder().setHost("127.0.0.1").setPort(port))
        .build();
  }

  private final Retirement retirement =
      new Retirement(
          SELF,
          new NodeLinks() {
            @Override
            public CompletableFuture<Greeting> greet(Endpoint to, GreetRequest r, Duration t) {
              assertThat(r.getNodeId()).isEqualTo(SELF.getId());
              greeted.add(to.port());
              return to.port() == 2
                  ? CompletableFuture.failedFuture(new ConnectException("it is down"))
                  : CompletableFuture.completedFuture(answer);
            }

            @Override
            public CompletableFuture<AdoptResponse> adopt(Endpoint to, AdoptRequest r, Duration t) {
              throw new AssertionError("nobody is adopted");
            }

            @Override
            public CompletableFuture<MetadataVerdict> propose(
                Endpoint to, MetadataEntry entry, Duration t) {
              throw new AssertionError("nothing is proposed");
            }
          },
          () -> retired.add("retired"));

  @Test
  void oneWhoKnowsIsEnoughAndIgnoranceIsNothing() {
    long now = 0;
    retirement.tick(false, KNOWN, now);
    assertThat(greeted).as("it hears from the metadata group").isEmpty();

    retirement.tick(true, KNOWN, now);
    assertThat(greeted).containsExactly(2, 3);
    assertThat(retired).as("the other one may be behind").isEmpty();
    retirement.tick(true, KNOWN, now + Duration.ofSeconds(1).toNanos());
    assertThat(greeted).as("not all the time").hasSize(2);

    answer = Greeting.newBuilder().setAskerRetired(true).build();
    retirement.tick(true, KNOWN, now + Duration.ofSeconds(6).toNanos());
    assertThat(retired).containsExactly("retired");
  }
}
