package io.flotilla.node.commands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.TestPorts;
import io.flotilla.node.session.RespClient;
import io.flotilla.node.session.SessionSettings;
import io.flotilla.node.session.TestNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real redis-server in cluster mode is asked the same as a node, and the answers must be the
 * same, byte for byte but for the protocol's types. What differs on purpose, or by version, is not
 * asked here.
 */
class RedisOracleTest {
  private static final Path BINARY = Path.of("/usr/bin/redis-server");
  private static final int START_SECONDS = 20;

  @TempDir static Path directory;
  private static Process redis;
  private static int port;

  @BeforeAll
  static void start() throws IOException {
    Assumptions.assumeTrue(Files.isExecutable(BINARY), "redis-server is not installed");
    port = TestPorts.one();
    redis =
        new ProcessBuilder(
                BINARY.toString(),
                "--port",
                "" + port,
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                "" + TestPorts.one(),
                "--save",
                "",
                "--dir",
                directory.toString(),
                "--enable-debug-command",
                "yes",
                "--bind",
                "127.0.0.1")
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    await()
        .atMost(START_SECONDS, TimeUnit.SECONDS)
        .ignoreExceptions()
        .until(() -> {
          try (RespClient client = new RespClient(port)) {
            return client.call("PING").equals("PONG");
          }
        });
    try (RespClient client = new RespClient(port)) {
      client.expect("CLUSTER ADDSLOTSRANGE 0 16383", "OK");
      await()
          .atMost(START_SECONDS, TimeUnit.SECONDS)
          .until(() -> client.call("CLUSTER INFO").contains("cluster_state:ok"));
    }
  }

  @AfterAll
  static void stop() throws InterruptedException {
    if (redis != null) {
      redis.destroyForcibly();
      redis.waitFor(START_SECONDS, TimeUnit.SECONDS);
    }
  }

  /** Asks both, each on a connection of its own, and expects the same. */
  private static void same(String... requests) {
    SessionSettings settings =
        SessionSettings.DEFAULTS.withDebugCommand(SessionSettings.DebugCommand.YES);
    for (String hello : List.of("HELLO 2", "HELLO 3")) {
      try (TestNode node = new TestNode(1, 1, settings);
          RespClient ours = node.connect();
          RespClient theirs = new RespClient(port)) {
        theirs.call(hello);
        ours.call(hello);
        List<String> differences = new ArrayList<>();
        for (String request : requests) {
          String expected = theirs.call(request);
          String got = ours.call(request);
          if (!got.equals(expected)) {
            differences.add(request + "\n  redis: " + expected + "\n  here:  " + got);
          }
        }
        assertThat(differences).as(hello).isEmpty();
      }
    }
  }

  @Test
  void connectionCommands() {
    same(
        "PING",
        "PING hello",
        "PING a b",
        "ECHO x",
        "ECHO",
        "SELECT 0",
        "SELECT 1",
        "SELECT x",
        "READONLY",
        "READWRITE",
        "ASKING",
        "AUTH a",
        "AUTH a b",
        "AUTH default b",
        "AUTH a b c",
        "HELLO 4",
        "HELLO x",
        "HELLO 3 foo",
        "HELLO 3 AUTH a b",
        "HELLO 3 SETNAME",
        "RESET",
        "PING");
  }

  @Test
  void clientCommands() {
    same(
        "CLIENT GETNAME",
        "CLIENT SETNAME me",
        "CLIENT GETNAME",
        "CLIENT SETNAME \u00ff",
        "CLIENT SETNAME a\nb",
        "CLIENT GETREDIR",
        "CLIENT KILL 1.2.3.4:5",
        "CLIENT KILL ID x",
        "CLIENT KILL ID 0",
        "CLIENT KILL ID 99999",
        "CLIENT KILL ADDR",
        "CLIENT KILL ADDR 1.2.3.4:5",
        "CLIENT KILL foo bar",
        "CLIENT KILL TYPE foo",
        "CLIENT KILL TYPE replica",
        "CLIENT KILL USER foo",
        "CLIENT KILL SKIPME maybe",
        "CLIENT LIST TYPE foo",
        "CLIENT LIST TYPE pubsub",
        "CLIENT LIST ID x",
        "CLIENT LIST foo",
        "CLIENT LIST ID",
        "CLIENT NO-EVICT on",
        "CLIENT NO-EVICT off",
        "CLIENT NO-EVICT x",
        "CLIENT PAUSE x",
        "CLIENT PAUSE -1",
        "CLIENT PAUSE 1 foo",
        "CLIENT UNPAUSE",
        "CLIENT REPLY x",
        "CLIENT REPLY ON",
        "CLIENT UNBLOCK 1 foo",
        "CLIENT UNBLOCK x",
        "CLIENT UNBLOCK 99999",
        "CLIENT CACHING yes",
        "CLIENT TRACKING foo",
        "CLIENT TRACKING off",
        "CLIENT TRACKINGINFO",
        "CLIENT NOSUCH");
  }

  @Test
  void multi() {
    same(
        "MULTI",
        "MULTI",
        "SET a 1",
        "WATCH a",
        "EXEC",
        "EXEC",
        "DISCARD",
        "MULTI",
        "GET",
        "EXEC",
        "MULTI",
        "NOSUCH",
        "EXEC",
        "MULTI",
        "SET a 1",
        "SET b 1",
        "EXEC",
        "EXEC",
        "WATCH a",
        "MULTI",
        "INCR a",
        "PING",
        "EXEC",
        "MULTI",
        "DISCARD",
        "UNWATCH",
        "WATCH a b",
        "MULTI",
        "SET a x",
        "INCR a",
        "EXEC",
        "MULTI",
        "RESET",
        "EXEC",
        "WATCH",
        "GETDEL a");
  }

  @Test
  void configuration() {
    same(
        "CONFIG GET save",
        "CONFIG GET maxmemory",
        "CONFIG GET nosuch",
        "CONFIG GET TIMEOUT",
        "CONFIG SET foo bar",
        "CONFIG SET maxmemory abc",
        "CONFIG SET timeout x",
        "CONFIG SET timeout -1",
        "CONFIG SET maxmemory-policy x",
        "CONFIG SET timeout 1 timeout 2",
        "CONFIG SET timeout 1 foo",
        "CONFIG SET timeout 10",
        "CONFIG GET timeout",
        "CONFIG SET timeout 0",
        "CONFIG SET list-max-listpack-size 5",
        "CONFIG GET list-max-ziplist-size",
        "CONFIG SET list-max-listpack-size -2",
        "CONFIG SET hash-max-listpack-value 1kb",
        "CONFIG GET hash-max-listpack-value",
        "CONFIG SET hash-max-listpack-value 64",
        "CONFIG RESETSTAT",
        "CONFIG GET",
        "CONFIG SET client-output-buffer-limit normal",
        "CONFIG SET slowlog-log-slower-than 5 slowlog-max-len 7",
        "CONFIG SET slowlog-log-slower-than 10000 slowlog-max-len 128",
        "CONFIG NOSUCH",
        "CONFIG SET timeout");
  }

  @Test
  void commandInfo() {
    same(
        "COMMAND GETKEYS GET a",
        "COMMAND GETKEYS MSET a 1 b 2",
        "COMMAND GETKEYS GET a b",
        "COMMAND GETKEYSANDFLAGS MGET a b",
        "COMMAND GETKEYSANDFLAGS SET k v",
        "COMMAND GETKEYSANDFLAGS SET k v EX 10 get",
        "COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0",
        "COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 INCRBY u8 0 1",
        "COMMAND GETKEYS NOSUCH x",
        "COMMAND LIST FILTERBY MODULE m",
        "COMMAND LIST FILTERBY ACLCAT nosuch",
        "COMMAND LIST FILTERBY PATTERN nosuch*",
        "COMMAND LIST foo",
        "COMMAND LIST FILTERBY foo bar",
        "COMMAND INFO nosuch",
        "COMMAND DOCS nosuch",
        "COMMAND INFO client|nosuch");
  }

  @Test
  void serverCommands() {
    same(
        "SLOWLOG RESET",
        "SLOWLOG LEN",
        "SLOWLOG GET",
        "SLOWLOG GET -2",
        "SLOWLOG GET x",
        "SLOWLOG NOSUCH",
        "LATENCY RESET",
        "LATENCY LATEST",
        "LATENCY HISTORY x",
        "LATENCY GRAPH x",
        "WAIT x 0",
        "WAIT 0 x",
        "WAIT 0 -1",
        "SHUTDOWN foo",
        "DEBUG NOSUCH",
        "DEBUG SLEEP 0",
        "DEBUG PROTOCOL string",
        "DEBUG PROTOCOL double",
        "DEBUG PROTOCOL map",
        "DEBUG PROTOCOL null",
        "DEBUG PROTOCOL set",
        "DEBUG PROTOCOL bignum",
        "DEBUG PROTOCOL true",
        "DEBUG PROTOCOL verbatim",
        "DEBUG PROTOCOL integer",
        "DEBUG PROTOCOL array",
        "ROLE x");
  }

  @Test
  void clusterCommands() {
    same(
        "CLUSTER KEYSLOT foo",
        "CLUSTER KEYSLOT {foo}bar",
        "CLUSTER KEYSLOT",
        "CLUSTER REPLICAS foo",
        "CLUSTER NOSUCH",
        "CLUSTER",
        "CLUSTER NODES x");
  }

  @Test
  void inlineRequestsAreSplitAlike() {
    List<String> lines =
        List.of(
            "ECHO \"a b\"",
            "ECHO 'it\\'s'",
            "ECHO \"\\x41\\n\"",
            "ECHO  a\t",
            "ECHO \"\"",
            "ECHO \"a\\",
            "ECHO \"a\"b",
            "ECHO 'a");
    for (String line : lines) {
      try (TestNode node = TestNode.leading(1);
          RespClient ours = node.connect();
          RespClient theirs = new RespClient(port)) {
        ours.raw(line + "\r\n");
        theirs.raw(line + "\r\n");
        assertThat(ours.reply()).as(line).isEqualTo(theirs.reply());
      }
    }
  }

  @Test
  void protocolErrorsAreTheSame() {
    List<String> bytes =
        List.of(
            "*3000000000\r\n",
            "*x\r\n",
            "*1\r\n:1\r\n",
            "*1\r\n$-5\r\n",
            "*1\r\n$x\r\n",
            "*1\r\n$2000000000\r\n",
            "*1\r\n\r\n");
    for (String each : bytes) {
      try (TestNode node = TestNode.leading(1);
          RespClient ours = node.connect();
          RespClient theirs = new RespClient(port)) {
        ours.raw(each);
        theirs.raw(each);
        assertThat(ours.reply()).as(each).isEqualTo(theirs.reply());
        assertThat(ours.isClosedByServer()).as(each).isTrue();
      }
    }
  }
}
