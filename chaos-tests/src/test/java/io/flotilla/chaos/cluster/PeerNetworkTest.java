package io.flotilla.chaos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a cut does to connections: nothing is refused, nothing is lost, nothing arrives. This
 * process plays node 0, which calls node 1.
 */
final class PeerNetworkTest {
  private static final int SILENCE_MILLIS = 150;
  private static final int PATIENCE_MILLIS = 20_000;

  private final PeerNetwork network = new PeerNetwork();
  private final ServerSocket callee;
  private final int relay;

  PeerNetworkTest() throws IOException {
    callee = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    relay = network.relay(1, callee.getLocalPort());
  }

  @BeforeEach
  void playNode0() {
    network.isRunBy(0, ProcessHandle.current().pid());
  }

  @AfterEach
  void close() throws IOException {
    network.close();
    callee.close();
  }

  private Socket call() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), relay);
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  private Socket answer() throws IOException {
    callee.setSoTimeout(PATIENCE_MILLIS);
    Socket socket = callee.accept();
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  private static void assertSilent(Socket socket) throws IOException {
    socket.setSoTimeout(SILENCE_MILLIS);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  @Test
  void bytesGoBothWays() throws IOException {
    try (Socket caller = call();
        Socket called = answer()) {
      caller.getOutputStream().write(7);
      assertThat(called.getInputStream().read()).isEqualTo(7);
      called.getOutputStream().write(8);
      assertThat(caller.getInputStream().read()).isEqualTo(8);
    }
  }

  @Test
  void acrossACutBytesStandStillInThatDirectionAndGoOnWhenItIsHealed() throws IOException {
    try (Socket caller = call();
        Socket called = answer()) {
      network.cut(0, 1);
      caller.getOutputStream().write(7);
      assertSilent(called);
      called.getOutputStream().write(8);
      assertThat(caller.getInputStream().read()).as("the other direction").isEqualTo(8);
      network.heal();
      assertThat(called.getInputStream().read()).isEqualTo(7);
    }
  }

  @Test
  void acrossACutNobodyAnswersANewCallWhicheverDirectionIsCut() throws IOException {
    network.cut(1, 0);
    try (Socket caller = call()) {
      Awaitility.await("the call waits").until(network::held, held -> held == 1);
      assertSilent(caller);
      network.heal();
      assertThat(caller.getInputStream().read()).as("it has to call again").isEqualTo(-1);
    }
  }

  @Test
  void whoIsNoNodeIsNeverCutOff() throws IOException {
    network.isRunBy(0, 1);
    network.cut(0, 1);
    try (Socket caller = call();
        Socket called = answer()) {
      caller.getOutputStream().write(7);
      assertThat(called.getInputStream().read()).isEqualTo(7);
    }
  }

  @Test
  void messagesAreDelayedBetweenNodes() throws IOException {
    network.slowDown(Duration.ofMillis(SILENCE_MILLIS * 3L));
    try (Socket caller = call();
        Socket called = answer()) {
      caller.getOutputStream().write(7);
      assertSilent(called);
      assertThat(called.getInputStream().read()).isEqualTo(7);
    }
  }
}
