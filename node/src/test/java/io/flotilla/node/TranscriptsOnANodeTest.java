package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.Notation;
import io.flotilla.statemachine.transcripts.RespConnection;
import io.flotilla.statemachine.transcripts.Subject;
import io.flotilla.statemachine.transcripts.Transcript;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Why: the state machine's transcripts hold for what a client sees: through decoder, session, log,
 * machine and encoder, in both protocols.
 */
@Tag("cluster")
final class TranscriptsOnANodeTest {
  private static final Path TRANSCRIPTS =
      Path.of("..", "statemachine", "src", "test", "resources", "transcripts");

  /** As a real Redis of the newest version: what is marked {@code @ours} is of a bare machine. */
  private static final Transcript.Judge JUDGE = Transcript.Judge.realRedis("99.0");

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void aNodeAnswersAsWritten(int protocol) throws Exception {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(TRANSCRIPTS)) {
      files = walk.filter(file -> file.toString().endsWith(".txt")).sorted().toList();
    }
    assertThat(files).hasSizeGreaterThan(20);
    List<Transcript.Difference> differences = new ArrayList<>();
    int commands = 0;
    try (NodesInProcess nodes = new NodesInProcess(directory, 1)) {
      nodes.startAll();
      int port = nodes.port("n1", "client");
      await("a node that serves")
          .atMost(Duration.ofSeconds(60))
          .until(() -> {
            try (RespConnection connection = new RespConnection(port)) {
              return Notation.show(connection.ask("FLUSHALL")).equals("OK");
            }
          });
      try (OverASocket subject = new OverASocket(port, protocol)) {
        for (Path file : files) {
          Transcript transcript = Transcript.read(file);
          commands += transcript.commands();
          differences.addAll(transcript.differences(subject, JUDGE));
        }
      }
      assertThat(nodes.halted()).isNull();
    }
    assertThat(commands).isGreaterThan(1000);
    assertThat(differences).isEmpty();
  }

  /** A node as a transcript's subject: it has no key events yet that a client could hear. */
  private static final class OverASocket implements Subject, AutoCloseable {
    private final int protocol;
    private final RespConnection connection;

    OverASocket(int port, int protocol) {
      this.protocol = protocol;
      this.connection = new RespConnection(port);
      Reply unused = connection.ask("HELLO", Integer.toString(protocol));
    }

    @Override
    public Reply answer(byte[][] argv) {
      return connection.ask(argv);
    }

    @Override
    public void advance(long millis) {
      // the node's clock is the machine's
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
      for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    }

    @Override
    public void fresh() {
      assertThat(Notation.show(connection.ask("FLUSHALL"))).isEqualTo("OK");
    }

    @Override
    public void listen(boolean on) {}

    @Override
    public List<String> events() {
      return List.of();
    }

    @Override
    public boolean hearsEvents() {
      return false;
    }

    @Override
    public Reply seen(Reply meant) {
      return protocol == 2 ? Notation.resp2(meant) : Notation.resp3(meant);
    }

    @Override
    public void close() {
      connection.close();
    }
  }
}
