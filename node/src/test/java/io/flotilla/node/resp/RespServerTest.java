package io.flotilla.node.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.reply.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Real sockets: what the decoder and the encoder cannot show, the taps and the ways in which a
 * connection ends.
 */
class RespServerTest {
  private static final int TIMEOUT_MILLIS = 20_000;

  private final List<Echo> sessions = new CopyOnWriteArrayList<>();
  private @org.jspecify.annotations.Nullable RespServer server;

  /** Echoes what it is sent; holds back what begins with HOLD until told; leaves at QUIT. */
  private static final class Echo implements ConnectionHandler {
    final Connection connection;
    final AtomicInteger seen = new AtomicInteger();
    final Deque<Long> held = new ArrayDeque<>();
    volatile boolean closed;

    Echo(Connection connection) {
      this.connection = connection;
    }

    @Override
    public void request(byte[][] argv, long cost) {
      seen.incrementAndGet();
      if (Ascii.spells(argv[0], "HOLD")) {
        held.add(cost);
        return;
      }
      if (Ascii.spells(argv[0], "STALL")) {
        connection.stall();
      }
      connection.reply(Reply.bulk(argv[argv.length - 1]), Protocol.RESP2);
      connection.settled(cost);
      if (Ascii.spells(argv[0], "QUIT")) {
        connection.closeAfterReplies();
      }
    }

    void release() {
      connection
          .loop()
          .execute(() -> {
            while (!held.isEmpty()) {
              connection.reply(Reply.OK, Protocol.RESP2);
              connection.settled(held.remove());
            }
            connection.flush();
          });
    }

    @Override
    public void dropped(Drop why) {
      connection.reply(Reply.error("ERR " + why), Protocol.RESP2);
    }

    @Override
    public void malformed(ProtocolException error) {
      connection.reply(Reply.error(error.reply()), Protocol.RESP2);
      connection.closeAfterReplies();
    }

    @Override
    public void readComplete() {}

    @Override
    public void tick() {}

    @Override
    public void closed() {
      closed = true;
    }
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws IOException {
    try (Socket client = connect(Intake.forHeap(1L << 30))) {
      send(client, "*2\r\n$4\r\nECHO\r\n$1\r\na\r\nECHO b\r\nECHO \"c d\"\r\n");
      expect(client, "$1\r\na\r\n$1\r\nb\r\n$3\r\nc d\r\n");
    }
  }

  @Test
  void largeValuesGoBothWays() throws IOException {
    String value = "0123456789abcdef".repeat(200_000);
    try (Socket client = connect(Intake.forHeap(1L << 30))) {
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                for (int i = 0; i < 5; i++) {
                  send(client, "*2\r\n$4\r\nECHO\r\n$" + value.length() + "\r\n" + value + "\r\n");
                }
              });
      for (int i = 0; i < 5; i++) {
        expect(client, "$" + value.length() + "\r\n" + value + "\r\n");
      }
      writer.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aProtocolErrorIsToldBehindTheRepliesBeforeItAndEndsTheConnection() throws IOException {
    try (Socket client = connect(Intake.forHeap(1L << 30))) {
      send(client, "ECHO a\r\n*1\r\n:9\r\nECHO never\r\n");
      expect(client, "$1\r\na\r\n-ERR Protocol error: expected '$', got ':'\r\n");
      assertThat(client.getInputStream().read()).isEqualTo(-1);
      assertThat(only().seen).hasValue(1);
    }
    await().until(() -> only().closed);
  }

  @Test
  void theLastReplyIsReadThoughTheClientGoesOnSending() throws IOException {
    try (Socket client = connect(Intake.forHeap(1L << 30))) {
      send(client, "QUIT bye\r\n" + "ECHO x\r\n".repeat(20_000));
      expect(client, "$3\r\nbye\r\n");
      assertThat(client.getInputStream().read()).isEqualTo(-1);
      assertThat(only().seen).hasValue(1);
    }
  }

  @Test
  void aStalledConnectionIsNotDecodedUntilItResumes() throws IOException {
    try (Socket client = connect(Intake.forHeap(1L << 30))) {
      send(client, "STALL a\r\nECHO b\r\n");
      expect(client, "$1\r\na\r\n");
      send(client, "ECHO c\r\n");
      Echo session = only();
      assertThat(session.seen).hasValue(1);
      session.connection.loop().execute(session.connection::resume);
      expect(client, "$1\r\nb\r\n$1\r\nc\r\n");
    }
  }

  @Test
  void requestsInFlightOfOneConnectionAreBounded() throws Exception {
    try (Socket client = connect(new Intake(10_000, 1L << 30))) {
      String request =
          "HOLD " + "x".repeat(976) + "\r\n"; // costs 4 + 976 + 2 × 24, so ten reach the bound
      Thread writer = Thread.ofVirtual().start(() -> send(client, request.repeat(100)));
      await().until(() -> sessions.size() == 1 && only().seen.get() == 10);
      await().during(java.time.Duration.ofMillis(200)).until(() -> only().seen.get() == 10);
      for (int i = 0; i < 100; i += 10) {
        int reached = i + 10;
        await().until(() -> only().seen.get() == reached);
        only().release();
      }
      writer.join();
      expect(client, "+OK\r\n".repeat(100));
    }
  }

  @Test
  void aFullNodeTakesOneRequestAConnectionAndDropsLongOnes() throws IOException {
    Intake intake = new Intake(1 << 20, 50_000);
    try (Socket hog = connect(intake);
        Socket other = new Socket(InetAddress.getLoopbackAddress(), port())) {
      other.setSoTimeout(TIMEOUT_MILLIS);
      send(hog, ("HOLD " + "x".repeat(9000) + "\r\n").repeat(20));
      await().until(() -> intake.heldBytes() > 50_000 && sessions.size() == 2);
      int taken = sessions.get(0).seen.get();
      assertThat(taken).isLessThan(20);

      send(other, "ECHO a\r\nECHO b\r\n");
      expect(other, "$1\r\na\r\n$1\r\nb\r\n");
      send(other, "*2\r\n$4\r\nECHO\r\n$200000\r\n");
      for (int i = 0; i < 20; i++) {
        send(other, "y".repeat(10_000));
      }
      send(other, "\r\nECHO c\r\n");
      expect(other, "-ERR OVERLOADED\r\n$1\r\nc\r\n");

      await()
          .until(() -> {
            sessions.get(0).release();
            return sessions.get(0).seen.get() == 20;
          });
      sessions.get(0).release();
      expect(hog, "+OK\r\n".repeat(20));
      await().until(() -> intake.heldBytes() == 0);
    }
  }

  @Test
  void aClientThatDoesNotReadIsNotReadEither() throws Exception {
    String value = "v".repeat(1 << 20);
    try (Socket client = connect(Intake.forHeap(4L << 30))) {
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                for (int i = 0; i < 200; i++) {
                  send(client, "*2\r\n$4\r\nECHO\r\n$" + value.length() + "\r\n" + value + "\r\n");
                }
              });
      await().until(() -> sessions.size() == 1 && only().connection.outputBytes() > (63 << 20));
      await().during(java.time.Duration.ofMillis(300)).until(() -> only().seen.get() < 120);
      for (int i = 0; i < 200; i++) {
        expect(client, "$" + value.length() + "\r\n" + value + "\r\n");
      }
      writer.join();
    }
  }

  @Test
  void aPortInUseIsSaid() throws IOException {
    try (Socket client = connect(Intake.forHeap(1L << 30))) {
      assertThat(client.isConnected()).isTrue();
      InetSocketAddress taken = new InetSocketAddress(InetAddress.getLoopbackAddress(), port());
      assertThatThrownBy(() -> RespServer.start(options(taken, Intake.forHeap(1 << 20)), Echo::new))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot listen for clients on")
          .hasMessageContaining(String.valueOf(port()));
    }
  }

  private Echo only() {
    return sessions.get(0);
  }

  private int port() {
    return java.util.Objects.requireNonNull(server).address().getPort();
  }

  private Socket connect(Intake intake) throws IOException {
    server =
        RespServer.start(
            options(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), intake),
            connection -> {
              Echo session = new Echo(connection);
              sessions.add(session);
              return session;
            });
    Socket client = new Socket(InetAddress.getLoopbackAddress(), port());
    client.setSoTimeout(TIMEOUT_MILLIS);
    return client;
  }

  private static RespServer.Options options(InetSocketAddress address, Intake intake) {
    return new RespServer.Options(address, 1, RequestLimits.DEFAULTS, intake, true, 300, null);
  }

  private static void send(Socket client, String bytes) {
    try {
      client.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void expect(Socket client, String bytes) throws IOException {
    InputStream in = client.getInputStream();
    String got = new String(in.readNBytes(bytes.length()), StandardCharsets.ISO_8859_1);
    assertThat(got.equals(bytes)).as("got %s of %s", brief(got), brief(bytes)).isTrue();
  }

  private static String brief(String bytes) {
    return bytes.length() + " bytes, " + bytes.substring(0, Math.min(200, bytes.length()));
  }
}
