package io.flotilla.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.chaos.cluster.ProcessCluster;
import io.flotilla.chaos.resp.RespConnection;
import io.flotilla.chaos.resp.RespValue;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nonsense from a client: it gets Redis's words and, where Redis closes, a closed connection; the
 * process goes on, the same one as before, for everybody else.
 */
@Tag("cluster")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BadInputTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** One node is the whole cluster: what is under test is its door. */
  private final ProcessCluster cluster = ProcessCluster.start(1);

  private final long pid = cluster.process(0).pid();

  @AfterAll
  void close() {
    cluster.close();
  }

  @AfterEach
  void theNodeHasNotDied() throws IOException {
    assertThat(cluster.process(0).pid()).isEqualTo(pid);
    try (RespConnection other = connect()) {
      assertThat(other.call("PING")).isEqualTo(new RespValue.Simple("PONG"));
    }
  }

  private RespConnection connect() throws IOException {
    InetSocketAddress address = cluster.client(0);
    return RespConnection.open(address.getHostString(), address.getPort(), PATIENCE);
  }

  static Stream<Arguments> brokenRequests() {
    return Stream.of(
        Arguments.of("*x\r\n", "ERR Protocol error: invalid multibulk length"),
        Arguments.of("*1048577\r\n", "ERR Protocol error: invalid multibulk length"),
        Arguments.of("*2\r\n+GET\r\n", "ERR Protocol error: expected '$', got '+'"),
        Arguments.of("*1\r\n$-7\r\n", "ERR Protocol error: invalid bulk length"),
        Arguments.of(
            "*2\r\n$3\r\nGET\r\n$536870913\r\n", "ERR Protocol error: invalid bulk length"),
        Arguments.of("*" + "1".repeat(70_000), "ERR Protocol error: too big mbulk count string"),
        Arguments.of("GET \"unbalanced\r\n", "ERR Protocol error: unbalanced quotes in request"),
        Arguments.of("x".repeat(70_000), "ERR Protocol error: too big inline request"));
  }

  @ParameterizedTest
  @MethodSource("brokenRequests")
  void brokenRespIsAnsweredInRedissWordsAndClosed(String bytes, String words) throws IOException {
    try (RespConnection connection = connect()) {
      connection.raw(bytes);
      connection.flush();
      assertThat(connection.read()).isEqualTo(new RespValue.Failure(words));
      assertThat(connection.isClosedByServer()).isTrue();
    }
  }

  @Test
  void aHundredThousandArgumentsAreOneCommand() throws IOException {
    String[] words = new String[100_001];
    words[0] = "DEL";
    for (int i = 1; i < words.length; i++) {
      words[i] = "{many}" + i;
    }
    RespValue reply = call(words);
    assertThat(reply).isEqualTo(new RespValue.Number(0));
  }

  /**
   * The words of the contract's row "certainly not": a client that heard another error might write
   * again what it need not, and one that heard TIMEOUT might not write what it could. Of the two
   * sizes the larger is refused while it is read, the other one when it is to be proposed.
   */
  @ParameterizedTest
  @ValueSource(ints = {12, 40})
  void aRequestTooLargeForTheLogIsRefusedAndTheConnectionGoesOn(int mebibytes) throws IOException {
    String large = "x".repeat(mebibytes << 20);
    try (RespConnection connection = connect()) {
      RespValue reply = connection.call("SET", "large", large);
      assertThat(reply).isInstanceOf(RespValue.Failure.class);
      assertThat(((RespValue.Failure) reply).text())
          .startsWith("ERR overloaded: ")
          .contains("write.max-command-mebibytes")
          .endsWith("was not run");
      assertThat(connection.call("EXISTS", "large")).isEqualTo(new RespValue.Number(0));
    }
  }

  @Test
  void unknownCommandsWrongArityAndWrongValuesAreErrorsInRedissWords() throws IOException {
    try (RespConnection connection = connect()) {
      assertThat(connection.call("NOSUCH", "a", "b"))
          .isEqualTo(
              new RespValue.Failure(
                  "ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' "));
      assertThat(connection.call("GET"))
          .isEqualTo(new RespValue.Failure("ERR wrong number of arguments for 'get' command"));
      assertThat(connection.call("SELECT", "1")).isInstanceOf(RespValue.Failure.class);
      assertThat(connection.call("MGET", "a", "b"))
          .isEqualTo(
              new RespValue.Failure("CROSSSLOT Keys in request don't hash to the same slot"));
    }
    assertThat(call("SET", "n", "v", "EX", "-1"))
        .isEqualTo(new RespValue.Failure("ERR invalid expire time in 'set' command"));
    assertThat(call("SETRANGE", "n", "536870912", "x"))
        .isEqualTo(
            new RespValue.Failure("ERR string exceeds maximum allowed size (proto-max-bulk-len)"));
  }

  @Test
  void aClientThatSendsAndNeverReadsCostsTheOthersNothing() throws Exception {
    String echo = "*2\r\n$4\r\nECHO\r\n$1024\r\n" + "x".repeat(1024) + "\r\n";
    RespConnection deaf = connect();
    AtomicLong written = new AtomicLong();
    // Blocks once the node has closed the tap and the sockets' buffers are full; ends when closed.
    Thread sender =
        Thread.ofVirtual()
            .start(() -> {
              try {
                for (int i = 0; i < 256 * 1024; i++) {
                  deaf.raw(echo);
                  written.addAndGet(echo.length());
                }
              } catch (IOException e) {
                // closed below, or by the node
              }
            });
    Awaitility.await("more is sent than sockets hold").until(() -> written.get() > 1 << 20);
    try (RespConnection other = connect()) {
      for (int i = 0; i < 1_000; i++) {
        assertThat(other.call("ECHO", "x")).isEqualTo(new RespValue.Bulk("x"));
      }
    }
    deaf.close();
    assertThat(sender.join(PATIENCE)).isTrue();
  }

  private RespValue call(String... words) throws IOException {
    try (RespConnection connection = connect()) {
      return connection.call(words);
    }
  }
}
