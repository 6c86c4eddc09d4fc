package io.flotilla.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * `down` and `up` in a row met ports "in use by another process" now and then: the kernel takes the
 * command line of a process that ends before it closes its sockets.
 */
final class PortsTest {
  /** Holds a port that the kernel chose. */
  private static ServerSocket squatter() throws IOException {
    ServerSocket socket = new ServerSocket();
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    return socket;
  }

  private static List<NodePlan> nodeAt(int port) {
    return ClusterPlan.of(1, 0, 0, port).nodes();
  }

  @Test
  void aPortThatIsLetGoMeanwhileIsFree() throws Exception {
    List<Duration> waited = new ArrayList<>();
    ServerSocket ending = squatter();
    List<NodePlan> nodes = nodeAt(ending.getLocalPort());
    String port = "port " + ending.getLocalPort() + " ";
    assertThat(Ports.taken(nodes)).anyMatch(each -> each.startsWith(port));
    List<String> left =
        Ports.takenForGood(
            nodes,
            duration -> {
              waited.add(duration);
              if (waited.size() == 3) {
                close(ending);
              }
            });
    assertThat(left).noneMatch(each -> each.startsWith(port));
    assertThat(waited).hasSizeGreaterThanOrEqualTo(3);
  }

  private static void close(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aPortThatAnotherKeepsIsNamedAfterTwoSeconds() throws Exception {
    List<Duration> waited = new ArrayList<>();
    try (ServerSocket stranger = squatter()) {
      assertThat(Ports.takenForGood(nodeAt(stranger.getLocalPort()), waited::add))
          .anyMatch(each -> each.startsWith("port " + stranger.getLocalPort() + " "));
    }
    assertThat(waited.stream().reduce(Duration.ZERO, Duration::plus))
        .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2));
  }
}
