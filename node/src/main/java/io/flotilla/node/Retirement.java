package io.flotilla.node;

import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.metadata.NodeLinks;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.nodes.GreetRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * How a node that was replaced behind its back learns of it.
 *
 * <p>A node that follows the metadata group reads there that its id is retired. One that was down
 * or cut off while it was replaced is no member of that group any more and hears nothing: it would
 * wait for a leader for ever, and show its old data to whoever asks for it. So while it knows no
 * leader of the metadata group, it asks the nodes that it once knew. One "retired" is enough,
 * because that was committed and is never taken back; "not known" is nothing, because the other one
 * may be behind.
 *
 * <p>One thread ticks; answers come on any.
 */
final class Retirement {
  /** How often it asks: a few small calls, and only while something is wrong. */
  private static final Duration PERIOD = Duration.ofSeconds(5);

  private static final Duration GREETING_TIMEOUT = Duration.ofSeconds(2);

  private final Node self;
  private final NodeLinks links;
  private final Runnable retired;
  private boolean asked;
  private long askedNanos;

  /**
   * A watch.
   *
   * @param retired runs, perhaps more than once, when somebody says that this node's id is retired
   */
  Retirement(Node self, NodeLinks links, Runnable retired) {
    this.self = self;
    this.links = links;
    this.retired = retired;
  }

  /**
   * Asks if it is time.
   *
   * @param cutOff whether no leader of the metadata group is known
   * @param known where other nodes were when this one last knew
   */
  void tick(boolean cutOff, List<Node> known, long nowNanos) {
    if (!cutOff || (asked && nowNanos - askedNanos < PERIOD.toNanos())) {
      return;
    }
    asked = true;
    askedNanos = nowNanos;
    GreetRequest request =
        GreetRequest.newBuilder().setNodeId(self.getId()).setName(self.getName()).build();
    for (Node other : known) {
      if (!other.getId().equals(self.getId())) {
        Endpoint admin = new Endpoint(other.getAdmin().getHost(), other.getAdmin().getPort());
        CompletableFuture<Void> unused =
            links
                .greet(admin, request, GREETING_TIMEOUT)
                .handle((greeting, e) -> {
                  if (e == null && greeting.getAskerRetired()) {
                    retired.run();
                  }
                  return null;
                });
      }
    }
  }
}
