package io.flotilla.node.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.resp.EventLoops;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Real sockets on loopback: who may speak with whom, what arrives, and what comes back after a
 * loss.
 */
final class PeerMeshTest {
  private static final PeerCalls.Subject ECHO = new PeerCalls.Subject(1, "echo");
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String CLUSTER = "c".repeat(40);
  private static final FrameKind TEST = new FrameKind(200, "TEST");
  private static final FrameKind TEST_BACK = new FrameKind(201, "TEST_BACK");

  private final EventLoops loops = new EventLoops(1);
  private final List<PeerMesh> meshes = new ArrayList<>();

  private static NodeId node(int number) {
    return new NodeId("%040x".formatted(number));
  }

  private PeerMesh mesh(int number, String cluster, int port) throws IOException {
    return mesh(number, cluster, port, 0);
  }

  private PeerMesh mesh(int number, String cluster, int port, int longestEntry) throws IOException {
    PeerMesh mesh =
        PeerMesh.start(
            () -> cluster,
            node(number),
            number * 100L,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            loops,
            PeerMesh.FRAME_BYTES_MAX,
            longestEntry);
    meshes.add(mesh);
    return mesh;
  }

  private PeerMesh mesh(int number) throws IOException {
    return mesh(number, CLUSTER, 0);
  }

  private static void introduce(PeerMesh one, NodeId other, PeerMesh at) {
    one.peers(Map.of(other, at.address()));
  }

  private static void awaitUp(PeerMesh mesh, int number) {
    awaitState(mesh, number, LinkStatus.State.UP);
  }

  private static void awaitState(PeerMesh mesh, int number, LinkStatus.State state) {
    await()
        .atMost(PATIENCE)
        .until(() -> {
          LinkStatus link = mesh.link(node(number));
          return link != null && link.state() == state;
        });
  }

  private static LinkStatus awaitTrouble(PeerMesh mesh, int number, String words) {
    return await()
        .atMost(PATIENCE)
        .until(
            () -> mesh.link(node(number)), link -> link != null && link.trouble().contains(words));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(ByteBuffer body) {
    return StandardCharsets.UTF_8.decode(body).toString();
  }

  @AfterEach
  void close() {
    meshes.forEach(PeerMesh::close);
    loops.close();
  }

  @Test
  void framesArriveInOrderAndAnswersComeBackOverTheSameConnection() throws IOException {
    PeerMesh a = mesh(1);
    PeerMesh b = mesh(2);
    Queue<String> back = new ConcurrentLinkedQueue<>();
    b.handle(TEST, (from, body, reply) -> reply.send(TEST_BACK, bytes(from.hex() + text(body))));
    a.handle(TEST_BACK, (from, body, reply) -> back.add(text(body)));
    introduce(a, node(2), b);
    awaitUp(a, 2);
    for (int i = 0; i < 1000; i++) {
      a.send(node(2), TEST, bytes(" " + i));
    }
    await().atMost(PATIENCE).until(() -> back.size() == 1000);
    int expected = 0;
    for (String each : back) {
      assertThat(each).isEqualTo(node(1).hex() + " " + expected++);
    }
    assertThat(b.links()).as("the answers needed no link of b's own").isEmpty();
  }

  /**
   * A leader must take no command that a follower's log has no room for: both ends of a connection
   * learn what the other takes, and a peer that is no more bounds nobody.
   */
  @Test
  void theLongestEntryOfAllPeersIsHeard() throws IOException {
    PeerMesh a = mesh(1, CLUSTER, 0, 9000);
    PeerMesh b = mesh(2, CLUSTER, 0, 8000);
    PeerMesh c = mesh(3, CLUSTER, 0, 7000);
    AtomicInteger heardByA = new AtomicInteger();
    AtomicInteger heardByC = new AtomicInteger();
    a.onLongestEntry(heardByA::set);
    c.onLongestEntry(heardByC::set);
    a.peers(Map.of(node(2), b.address(), node(3), c.address()));
    await().atMost(PATIENCE).until(() -> heardByA.get() == 7000);
    await().atMost(PATIENCE).until(() -> heardByC.get() == 9000);
    a.peers(Map.of(node(2), b.address()));
    await().atMost(PATIENCE).until(() -> heardByA.get() == 8000);
    a.peers(Map.of());
    await().atMost(PATIENCE).until(() -> heardByA.get() == Integer.MAX_VALUE);
  }

  @Test
  void aForeignClusterIsRefusedInWords() throws IOException {
    PeerMesh a = mesh(1);
    PeerMesh stranger = mesh(2, "d".repeat(40), 0);
    introduce(a, node(2), stranger);
    awaitTrouble(a, 2, "belongs to cluster " + "d".repeat(40) + ", not to " + CLUSTER);
    assertThat(stranger.counters().refusals()).isPositive();
  }

  @Test
  void anotherNodeAtTheAddressIsRefusedInWords() throws IOException {
    PeerMesh a = mesh(1);
    PeerMesh c = mesh(3);
    introduce(a, node(2), c);
    awaitTrouble(a, 2, "this is node " + node(3) + ", not " + node(2));
  }

  @Test
  void aNodeWithoutAClusterMeetsNobody() throws IOException {
    PeerMesh a = mesh(1);
    PeerMesh fresh = mesh(2, "", 0);
    introduce(a, node(2), fresh);
    awaitTrouble(a, 2, "belongs to no cluster yet");
  }

  @Test
  void aLostPeerIsFoundAgainWhenItReturns() throws IOException {
    PeerMesh a = mesh(1);
    PeerMesh b = mesh(2);
    int port = b.address().getPort();
    introduce(a, node(2), b);
    awaitUp(a, 2);
    b.close();
    awaitState(a, 2, LinkStatus.State.DOWN);
    PeerMesh again = mesh(2, CLUSTER, port);
    Queue<String> heard = new ConcurrentLinkedQueue<>();
    again.handle(TEST, (from, body, back) -> heard.add(text(body)));
    awaitUp(a, 2);
    a.send(node(2), TEST, bytes("hello again"));
    await().atMost(PATIENCE).until(() -> heard.contains("hello again"));
    assertThat(a.counters().connects()).isEqualTo(2);
    assertThat(a.counters().disconnects()).isEqualTo(1);
  }

  @Test
  void aPeerThatMovesIsFollowedAndOneThatIsForgottenIsLeft() throws IOException {
    PeerMesh a = mesh(1);
    PeerMesh old = mesh(2);
    introduce(a, node(2), old);
    awaitUp(a, 2);
    PeerMesh moved = mesh(2, CLUSTER, 0);
    Queue<String> heard = new ConcurrentLinkedQueue<>();
    moved.handle(TEST, (from, body, back) -> heard.add(text(body)));
    introduce(a, node(2), moved);
    await()
        .atMost(PATIENCE)
        .until(() -> {
          a.send(node(2), TEST, bytes("there"));
          return !heard.isEmpty();
        });
    a.peers(Map.of());
    await().atMost(PATIENCE).until(() -> a.links().isEmpty());
    long dropped = a.counters().framesDropped();
    a.send(node(2), TEST, bytes("nobody"));
    await().atMost(PATIENCE).until(() -> a.counters().framesDropped() > dropped);
  }

  @Test
  void anUnknownKindIsSkippedAndAnOverlongFrameClosesTheConnection() throws IOException {
    PeerMesh a = mesh(1);
    PeerMesh b = mesh(2);
    Queue<Integer> heard = new ConcurrentLinkedQueue<>();
    b.handle(TEST, (from, body, back) -> heard.add(body.remaining()));
    introduce(a, node(2), b);
    awaitUp(a, 2);
    a.send(node(2), new FrameKind(250, "OF_A_NEWER_RELEASE"), bytes("?"));
    a.send(node(2), TEST, new byte[1 << 20]);
    await().atMost(PATIENCE).until(() -> heard.contains(1 << 20));
    assertThat(b.counters().framesUnknown()).isEqualTo(1);
    a.send(node(2), TEST, new byte[5 << 20]);
    await().atMost(PATIENCE).until(() -> a.counters().disconnects() == 1);
    assertThat(heard).hasSize(1);
    awaitUp(a, 2);
  }

  @Test
  void somethingThatIsNoPeerIsRefusedAndClosed() throws IOException {
    PeerMesh b = mesh(2);
    for (byte[] noise :
        List.of(
            bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            new byte[] {0, 0, 0, 3, 16, 1, 2},
            new byte[] {0, 0, 0, 3, 1, (byte) 0xff, (byte) 0xff})) {
      try (Socket socket = new Socket(b.address().getAddress(), b.address().getPort())) {
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.getOutputStream().write(noise);
        InputStream in = socket.getInputStream();
        byte[] buffer = new byte[1024];
        while (in.read(buffer) >= 0) {
          // a refusal may come before the end
        }
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("reset");
      }
    }
    assertThat(b.counters().refusals()).isEqualTo(2);
  }

  @Test
  void aPortInUseIsSaid() throws IOException {
    PeerMesh a = mesh(1);
    assertThatThrownBy(() -> mesh(2, CLUSTER, a.address().getPort()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot listen for peers");
  }

  @Test
  void questionsGetAnAnswerARefusalOrATimeOut() throws Exception {
    PeerMesh a = mesh(1);
    PeerMesh b = mesh(2);
    PeerCalls asking = new PeerCalls(a);
    PeerCalls answering = new PeerCalls(b);
    PeerCalls.Subject refuse = new PeerCalls.Subject(2, "refuse");
    PeerCalls.Subject silence = new PeerCalls.Subject(3, "silence");
    PeerCalls.Subject unknown = new PeerCalls.Subject(4, "unknown");
    answering.answer(ECHO, PeerMeshTest::echo);
    answering.answer(
        refuse, (from, body) -> CompletableFuture.failedFuture(new IllegalStateException("no")));
    answering.answer(silence, (from, body) -> new CompletableFuture<>());
    assertThatThrownBy(() -> ask(asking, ECHO, "x", PATIENCE).get())
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("no connection");
    introduce(a, node(2), b);
    awaitUp(a, 2);
    assertThat(ask(asking, ECHO, "hi", PATIENCE).get(20, TimeUnit.SECONDS)).isEqualTo(bytes("hi!"));
    assertThatThrownBy(() -> ask(asking, refuse, "hi", PATIENCE).get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(PeerCalls.Refused.class)
        .hasMessageContaining("no");
    assertThatThrownBy(() -> ask(asking, unknown, "hi", PATIENCE).get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(PeerCalls.Refused.class)
        .hasMessageContaining("not known here");
    assertThatThrownBy(
            () -> ask(asking, silence, "hi", Duration.ofMillis(50)).get(20, TimeUnit.SECONDS))
        .hasMessageContaining("did not answer silence in time");
  }

  private static CompletableFuture<byte[]> ask(
      PeerCalls asking, PeerCalls.Subject subject, String text, Duration patience) {
    byte[] body = bytes(text);
    return asking.ask(node(2), subject, body.length, out -> out.put(body), patience);
  }

  private static CompletableFuture<byte[]> echo(NodeId from, ByteBuffer body) {
    return CompletableFuture.completedFuture(bytes(text(body) + "!"));
  }

  /** Node 1's questions, connected to node 2, which answers {@link #ECHO}. */
  private PeerCalls askingAnEcho() throws Exception {
    PeerMesh a = mesh(1);
    PeerMesh b = mesh(2);
    PeerCalls asking = new PeerCalls(a);
    new PeerCalls(b).answer(ECHO, PeerMeshTest::echo);
    introduce(a, node(2), b);
    awaitUp(a, 2);
    return asking;
  }

  /**
   * Raft writes its entries straight into the frame. One that cannot be written is told to who
   * asks, nothing of it is sent, and the connection goes on.
   */
  @Test
  void aQuestionThatCannotBeWrittenFailsAlone() throws Exception {
    PeerCalls asking = askingAnEcho();
    Consumer<ByteBuffer> fails =
        out -> {
          throw new OutOfMemoryError("not this");
        };
    assertThatThrownBy(
            () -> asking.ask(node(2), ECHO, 2, fails, PATIENCE).get(20, TimeUnit.SECONDS))
        .hasMessageContaining("not this");
    assertThatThrownBy(() ->
            asking
                .ask(node(2), ECHO, 3, out -> out.put(bytes("hi")), PATIENCE)
                .get(20, TimeUnit.SECONDS))
        .hasMessageContaining("lacks 1");
    assertThat(ask(asking, ECHO, "hi", PATIENCE).get(20, TimeUnit.SECONDS)).isEqualTo(bytes("hi!"));
  }

  /** A full append arrives in many pieces of the socket. */
  @Test
  void aLongQuestionArrivesWhole() throws Exception {
    PeerCalls asking = askingAnEcho();
    String first = "abcdefg".repeat(40_000);
    String second = "1234567890".repeat(30_000);
    CompletableFuture<byte[]> one = ask(asking, ECHO, first, PATIENCE);
    CompletableFuture<byte[]> other = ask(asking, ECHO, second, PATIENCE);
    assertThat(one.get(20, TimeUnit.SECONDS)).isEqualTo(bytes(first + "!"));
    assertThat(other.get(20, TimeUnit.SECONDS)).isEqualTo(bytes(second + "!"));
  }

  /** Raft sends its entries again after a failure, so it must not wait for a peer that is gone. */
  @Test
  void aQuestionFailsWhenItsConnectionIsLost() throws Exception {
    PeerMesh a = mesh(1);
    PeerMesh b = mesh(2);
    PeerCalls asking = new PeerCalls(a);
    PeerCalls.Subject silence = new PeerCalls.Subject(3, "silence");
    CompletableFuture<NodeId> heard = new CompletableFuture<>();
    new PeerCalls(b)
        .answer(
            silence,
            (from, body) -> {
              heard.complete(from);
              return new CompletableFuture<>();
            });
    introduce(a, node(2), b);
    awaitUp(a, 2);
    CompletableFuture<byte[]> answer = ask(asking, silence, "hi", Duration.ofMinutes(5));
    assertThat(heard.get(20, TimeUnit.SECONDS)).isEqualTo(node(1));
    b.close();
    assertThatThrownBy(() -> answer.get(20, TimeUnit.SECONDS)).hasMessageContaining("was lost");
  }
}
