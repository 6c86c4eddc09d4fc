package io.flotilla.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.resp.RespValue;
import io.flotilla.chaos.witness.Transcript;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * How the client understands what it is told. A wrong certainty here would accuse the cluster of
 * what it has not done; so each ending has its case.
 */
final class RawClientTest {
  private static final Duration PATIENCE = Duration.ofMillis(400);

  private final List<ServerSocket> servers = new ArrayList<>();

  /**
   * A server that answers the first bytes of each connection with this, then is silent or closes.
   */
  private InetSocketAddress server(String answer, boolean closes) throws IOException {
    ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    servers.add(server);
    Thread.ofVirtual()
        .start(() -> {
          while (!server.isClosed()) {
            try {
              serve(server.accept(), answer, closes);
            } catch (IOException e) {
              return;
            }
          }
        });
    return InetSocketAddress.createUnresolved("127.0.0.1", server.getLocalPort());
  }

  private static void serve(Socket socket, String answer, boolean closes) throws IOException {
    BufferedReader in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    if (in.readLine() != null) {
      socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
    }
    if (closes) {
      socket.close();
    }
  }

  @AfterEach
  void close() throws IOException {
    for (ServerSocket server : servers) {
      server.close();
    }
  }

  private static Ending<RespValue> say(InetSocketAddress server) {
    try (RawClient client =
        new RawClient(List.of(server), PATIENCE, new Random(1), new Transcript())) {
      return client.say("SET", "k", "v");
    }
  }

  @Test
  void anAnswerIsDone() throws IOException {
    assertThat(say(server("+OK\r\n", false)))
        .isEqualTo(new Ending.Ok<RespValue>(new RespValue.Simple("OK")));
  }

  @Test
  void whatTheContractCallsCertainIsAFailure() throws IOException {
    for (String refusal :
        List.of(
            "MOVED 1 127.0.0.1:1",
            "CLUSTERDOWN The cluster is down",
            "TRYAGAIN Multiple keys",
            "OOM command not allowed",
            "ERR overloaded: too much")) {
      assertThat(say(server("-" + refusal + "\r\n", false)))
          .as(refusal)
          .isEqualTo(new Ending.Fail<RespValue>(refusal));
    }
  }

  @Test
  void whatIsNotCertainIsUnknown() throws IOException {
    assertThat(say(server("-TIMEOUT outcome unknown: no answer\r\n", false)))
        .isInstanceOf(Ending.Info.class);
    assertThat(say(server("", true))).as("the end of the stream").isInstanceOf(Ending.Info.class);
    assertThat(say(server("$5\r\nab", true))).as("half an answer").isInstanceOf(Ending.Info.class);
    assertThat(say(server("", false))).as("silence").isInstanceOf(Ending.Info.class);
  }

  /**
   * The port is held by a socket that never listens. That of a server just closed may still take
   * one connection, while its accept returns.
   */
  @Test
  void whereNobodyListensNothingWasDone() throws IOException {
    try (Socket held = new Socket()) {
      held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      InetSocketAddress nobody =
          InetSocketAddress.createUnresolved("127.0.0.1", held.getLocalPort());
      assertThat(say(nobody)).isInstanceOf(Ending.Fail.class);
    }
  }

  @Test
  void aRedirectionIsUsedForTheNextCommandAndNotFollowed() throws IOException {
    InetSocketAddress other = server("+OK\r\n", false);
    InetSocketAddress first = server("-MOVED 12706 127.0.0.1:" + other.getPort() + "\r\n", false);
    try (RawClient client =
        new RawClient(List.of(first), PATIENCE, new Random(1), new Transcript())) {
      assertThat(client.say("SET", "k", "v")).isInstanceOf(Ending.Fail.class);
      assertThat(client.say("SET", "k", "v")).isInstanceOf(Ending.Ok.class);
    }
  }

  @Test
  void aTransactionThatWasRefusedWhileItWasQueuedIsAFailure() throws IOException {
    InetSocketAddress refusing =
        server("+OK\r\n-MOVED 12706 127.0.0.1:1\r\n-EXECABORT Transaction discarded\r\n", false);
    try (RawClient client =
        new RawClient(List.of(refusing), PATIENCE, new Random(1), new Transcript())) {
      assertThat(client.transaction("k", List.<String[]>of(new String[] {"SET", "k", "v"})))
          .isEqualTo(new Ending.Fail<RespValue>("MOVED 12706 127.0.0.1:1"));
    }
  }

  @Test
  void aTransactionWithoutTheAnswerToItsExecIsUnknown() throws IOException {
    try (RawClient client =
        new RawClient(
            List.of(server("+OK\r\n+QUEUED\r\n", true)),
            PATIENCE,
            new Random(1),
            new Transcript())) {
      assertThat(client.transaction("k", List.<String[]>of(new String[] {"SET", "k", "v"})))
          .isInstanceOf(Ending.Info.class);
    }
  }
}
