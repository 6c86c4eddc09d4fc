package io.flotilla.node.commands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.proposal.MachineShard;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.node.session.CommandBook;
import io.flotilla.node.session.RespClient;
import io.flotilla.node.session.SessionSettings;
import io.flotilla.node.session.SessionSettings.DebugCommand;
import io.flotilla.node.session.TestNode;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What the node answers itself, in the shapes that clients read their topology and their bearings
 * from.
 */
class NodeCommandsTest {
  private static final String A = "a".repeat(40);
  private static final String B = "b".repeat(40);
  private static final String C = "c".repeat(40);

  private TestNode node = TestNode.leading(1);

  private TestNode use(TestNode other) {
    node.close();
    node = other;
    return other;
  }

  /** A connection that is certainly the later one: two loops accept, in no order of their own. */
  private RespClient connectAfter(RespClient earlier) {
    earlier.expect("PING", "PONG");
    return node.connect();
  }

  @AfterEach
  void stop() {
    node.close();
  }

  // ------------------------------------------------------------------ saying hello

  @Test
  void helloTellsWhoIsThereAndSetsTheProtocol() {
    try (RespClient client = node.connect()) {
      client
          .expect(
              "HELLO",
              "[\"server\", \"redis\", \"version\", \"7.2.4\", \"proto\", 2, \"id\", 1, \"mode\", \"cluster\", \"role\", \"master\", \"modules\", []]")
          .expect(
              "HELLO 3 SETNAME me",
              "{\"server\": \"redis\", \"version\": \"7.2.4\", \"proto\": 3, \"id\": 1, \"mode\": \"cluster\", \"role\": \"master\", \"modules\": []}")
          .expect("CLIENT GETNAME", "\"me\"")
          .expect("GET a", "nil")
          .expect("HELLO 4", "(error) NOPROTO unsupported protocol version");
      assertThat(client.call("HELLO 2")).startsWith("[");
    }
  }

  @Test
  void resetForgetsWhatTheClientHasSet() {
    try (RespClient client = node.connect()) {
      client.call("HELLO 3 SETNAME me");
      client.expect("RESET", "RESET").expect("CLIENT GETNAME", "nil");
      assertThat(client.call("CLIENT INFO"))
          .contains(" name= ")
          .contains(" resp=2 ")
          .contains(" flags=N ");
    }
  }

  // ------------------------------------------------------------------ CLIENT

  @Test
  void clientListShowsAllAndKillEndsThem() {
    try (RespClient client = node.connect();
        RespClient other = connectAfter(client)) {
      client
          .expect("CLIENT SETNAME one", "OK")
          .expect("CLIENT SETINFO LIB-NAME lib", "OK")
          .expect("CLIENT SETINFO LIB-VER 1.2", "OK");
      other.expect("CLIENT ID", "2");
      String list = client.call("CLIENT LIST");
      assertThat(list)
          .contains("id=1 addr=127.0.0.1:" + client.localPort())
          .contains("name=one")
          .contains("lib-name=lib lib-ver=1.2");
      assertThat(list)
          .contains("id=2 addr=127.0.0.1:" + other.localPort())
          .contains("cmd=client|id")
          .contains("cmd=client|list");
      assertThat(client.call("CLIENT LIST ID 2")).doesNotContain("id=1 ").contains("id=2 ");
      client.expect("CLIENT KILL ID 2", "1");
      assertThat(other.isClosedByServer()).isTrue();
      await().until(() -> node.front.clients().count() == 1);
      client.expect("CLIENT KILL 127.0.0.1:" + client.localPort(), "OK");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void killSparesItsCallerUnlessToldOtherwise() {
    try (RespClient client = node.connect();
        RespClient other = node.connect()) {
      other.expect("PING", "PONG");
      client.expect("CLIENT KILL TYPE normal SKIPME yes", "1");
      assertThat(other.isClosedByServer()).isTrue();
      await().until(() -> node.front.clients().count() == 1);
      client.expect("CLIENT KILL TYPE normal SKIPME no", "1");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void repliesCanBeTurnedOffAndSkipped() {
    try (RespClient client = node.connect()) {
      client.pipeline("CLIENT REPLY OFF", "SET a 1", "PING", "CLIENT REPLY ON", "GET a");
      client.expectNext("OK").expectNext("\"1\"");
      client.pipeline(
          "CLIENT REPLY SKIP", "SET a 2", "GET a", "CLIENT REPLY SKIP", "CLIENT REPLY ON", "PING");
      client.expectNext("\"2\"").expectNext("OK").expectNext("PONG");
    }
  }

  @Test
  void aPauseHoldsWritesOrAllUntilItIsOver() {
    try (RespClient client = node.connect();
        RespClient other = node.connect()) {
      client.expect("CLIENT PAUSE 100000 WRITE", "OK");
      other.expect("GET a", "nil").expect("PING", "PONG");
      other.pipeline("SET a 1");
      await().until(() -> node.front.clients().pausedCount() == 1);
      client.expect("GET a", "nil").expect("CLIENT UNPAUSE", "OK");
      other.expectNext("OK");
      client.expect("CLIENT PAUSE 50 ALL", "OK");
      other.pipeline("GET a");
      await().until(() -> node.front.clients().pausedCount() == 1);
      node.wallMillis.addAndGet(60);
      other.expectNext("\"1\"");
    }
  }

  @Test
  void aPausedTransactionWaitsAtItsExec() {
    try (RespClient client = node.connect();
        RespClient other = node.connect()) {
      client.expect("MULTI", "OK").expect("SET a 1", "QUEUED");
      other.expect("CLIENT PAUSE 100000 WRITE", "OK");
      client.pipeline("EXEC");
      await().until(() -> node.front.clients().pausedCount() == 1);
      other.expect("CLIENT UNPAUSE", "OK");
      client.expectNext("[OK]");
    }
  }

  @Test
  void aMonitorSeesWhatRunsButNoSecrets() {
    try (RespClient monitor = node.connect();
        RespClient client = node.connect()) {
      monitor.expect("MONITOR", "OK");
      client.expect("SET a b\"c", "OK").call("AUTH secret");
      client.expect("MULTI", "OK").expect("GET a", "QUEUED").call("EXEC");
      String address = "[0 127.0.0.1:" + client.localPort() + "]";
      assertThat(monitor.reply()).endsWith(address + " \"SET\" \"a\" \"b\\\"c\"");
      assertThat(monitor.reply()).endsWith("\"AUTH\" \"(redacted)\"");
      assertThat(monitor.reply()).endsWith("\"MULTI\"");
      assertThat(monitor.reply()).endsWith("\"GET\" \"a\"");
      assertThat(monitor.reply()).endsWith("\"EXEC\"");
    }
  }

  // ------------------------------------------------------------------ CLUSTER

  @Test
  void slotsNameTheLeaderFirstAndCoverAll() {
    use(new TestNode(2, 1, SessionSettings.DEFAULTS));
    try (RespClient client = node.connect()) {
      String a = "[\"127.0.0.1\", 7000, \"" + A + "\", []]";
      String b = "[\"127.0.0.1\", 7001, \"" + B + "\", []]";
      String c = "[\"127.0.0.1\", 7002, \"" + C + "\", []]";
      client.expect(
          "CLUSTER SLOTS",
          "[[0, 8191, " + a + ", " + c + "], [8192, 16383, " + b + ", " + c + "]]");
      node.hints.refused(TestNode.group(1), new LeaderHint(1, TestNode.B));
      node.router.refresh();
      assertThat(client.call("CLUSTER SLOTS")).contains("[8192, 16383, ");
      assertThat(client.call("CLUSTER INFO"))
          .contains("cluster_state:fail")
          .contains("cluster_slots_ok:8192");
    }
  }

  /**
   * redis-py and node-redis keep one role per address, the last one they read: a master that was
   * also listed as the replica of another shard fell out of their scans over all masters.
   */
  @Test
  void aMasterIsNowhereListedAsAReplica() {
    use(new TestNode(4, 2, SessionSettings.DEFAULTS));
    try (RespClient client = node.connect()) {
      for (String view : List.of("CLUSTER SLOTS", "CLUSTER SHARDS")) {
        String told = client.call(view);
        assertThat(told.split(A, -1)).as("%s tells of A twice", view).hasSize(3);
        assertThat(told.split(B, -1)).as("%s tells of B twice", view).hasSize(3);
        assertThat(told.split(C, -1)).as("%s tells of C four times", view).hasSize(5);
      }
    }
  }

  @Test
  void shardsAreToldOneByOne() {
    use(new TestNode(2, 1, SessionSettings.DEFAULTS));
    try (RespClient client = node.connect()) {
      client.call("HELLO 3");
      String shards = client.call("CLUSTER SHARDS");
      assertThat(shards)
          .startsWith(
              "[{\"slots\": [0, 8191], \"nodes\": [{\"id\": \""
                  + A
                  + "\", \"port\": 7000, \"ip\": \"127.0.0.1\", \"endpoint\": \"127.0.0.1\", \"role\": \"master\","
                  + " \"replication-offset\": 10, \"health\": \"online\"}, ")
          .contains("{\"slots\": [8192, 16383], \"nodes\": [{\"id\": \"" + B)
          .contains("\"health\": \"fail\"");
    }
  }

  @Test
  void nodesShowWhoLeadsAsMaster() {
    use(new TestNode(2, 1, SessionSettings.DEFAULTS));
    try (RespClient client = node.connect()) {
      client.expect(
          "CLUSTER NODES",
          "\""
              + A
              + " 127.0.0.1:7000@17000 myself,master - 0 0 3 connected 0-8191\n"
              + B
              + " 127.0.0.1:7001@17001 master - 0 123 4 connected 8192-16383\n"
              + C
              + " 127.0.0.1:7002@17002 slave,fail "
              + A
              + " 0 123 3 disconnected\n\"");
      client.expect(
          "CLUSTER REPLICAS " + A,
          "[\"" + C + " 127.0.0.1:7002@17002 slave,fail " + A + " 0 123 3 disconnected\"]");
      client.expect("CLUSTER REPLICAS " + C, "(error) ERR The specified node is not a master");
      client.expect("CLUSTER SLAVES " + A, client.call("CLUSTER REPLICAS " + A));
      client
          .expect("CLUSTER MYID", "\"" + A + "\"")
          .expect("CLUSTER MYSHARDID", "\"" + "1".repeat(40) + "\"");
    }
  }

  @Test
  void clusterInfoCounts() {
    try (RespClient client = node.connect()) {
      assertThat(client.call("CLUSTER INFO"))
          .contains("cluster_state:ok\r\n")
          .contains("cluster_slots_assigned:16384\r\n")
          .contains("cluster_known_nodes:3\r\n")
          .contains("cluster_size:1\r\n")
          .contains("cluster_current_epoch:5\r\n")
          .contains("cluster_my_epoch:3\r\n");
      client.call("HELLO 3");
      client.expect(
          "CLUSTER LINKS",
          "[{\"direction\": \"to\", \"node\": \""
              + B
              + "\", \"create-time\": 5, \"events\": \"rw\", \"send-buffer-allocated\": 0, \"send-buffer-used\": 0}]");
    }
  }

  // ------------------------------------------------------------------ CONFIG

  @Test
  void sharedSettingsAreTheClustersAndAllOrNothing() {
    try (RespClient client = node.connect()) {
      client.expect("CONFIG SET list-max-listpack-size 7 timeout 9", "OK");
      assertThat(node.settings).containsEntry("list-max-listpack-size", "7");
      client.expect(
          "CONFIG GET list-max-*-size timeout",
          "[\"list-max-listpack-size\", \"7\", \"list-max-ziplist-size\", \"7\", \"timeout\", \"9\"]");
      node.refuseSettings("no metadata leader");
      client.expect(
          "CONFIG SET timeout 5 maxmemory 1gb",
          "(error) ERR CONFIG SET failed (possibly related to argument 'maxmemory') - no metadata leader");
      client
          .expect("CONFIG GET timeout", "[\"timeout\", \"9\"]")
          .expect("CONFIG GET maxmemory", "[\"maxmemory\", \"0\"]");
    }
  }

  @Test
  void everyParameterTakesItsOwnValue() {
    try (RespClient client = node.connect()) {
      String all = client.call("CONFIG GET *");
      String[] parts = all.substring(2, all.length() - 2).split("\", \"", -1);
      assertThat(parts.length).isGreaterThan(100);
      for (int i = 0; i < parts.length; i += 2) {
        if (!parts[i + 1].contains(" ")) {
          client.expect("CONFIG SET " + parts[i] + " " + parts[i + 1], "OK");
        }
      }
      client.expect(
          "CONFIG SET databases 2",
          "(error) ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config");
    }
  }

  @Test
  void parametersOfWhatIsNotHereAreCheckedAndRemembered() {
    try (RespClient client = node.connect()) {
      client
          .expect("CONFIG SET repl-backlog-size 10000002", "OK")
          .expect("CONFIG GET repl-backlog-size", "[\"repl-backlog-size\", \"10000002\"]")
          .expect("CONFIG SET maxmemory-clients 20%", "OK")
          .expect(
              "CONFIG SET timeout 3 maxmemory-clients 200%",
              "(error) ERR CONFIG SET failed (possibly related to argument 'maxmemory-clients') - percentage argument must be less or equal to 100")
          .expect("CONFIG GET timeout", "[\"timeout\", \"0\"]")
          .expect("CONFIG GET key-load-delay", "[\"key-load-delay\", \"0\"]");
      assertThat(client.call("CONFIG SET save 5")).endsWith("'save') - Invalid save parameters");
      assertThat(client.call("CONFIG SET port 1"))
          .contains("'port') - Unable to listen on this port");
      assertThat(client.call("CONFIG GET *")).doesNotContain("key-load-delay");
      assertThat(client.call("CONFIG GET *of bind")).contains("slaveof", "replicaof", "127.0.0.1");
    }
  }

  // ------------------------------------------------------------------ the rest

  @Test
  void monitorsLearnThatATransactionIsOverWhenItIsAborted() {
    try (RespClient monitor = node.connect();
        RespClient client = node.connect()) {
      monitor.expect("MONITOR", "OK");
      client
          .expect("MULTI", "OK")
          .expect("SAVE", "(error) ERR Command not allowed inside a transaction")
          .expect("EXEC", "(error) EXECABORT Transaction discarded because of previous errors.");
      assertThat(monitor.reply()).endsWith("\"MULTI\"");
      assertThat(monitor.reply()).endsWith("\"EXEC\"");
    }
  }

  @Test
  void whoAsksSeesItsOwnRequestInItsBuffer() {
    try (RespClient client = node.connect()) {
      assertThat(client.call("CLIENT LIST")).contains(" qbuf=26 ").contains(" obl=0 oll=0 omem=0 ");
      assertThat(client.call("CLIENT INFO")).contains(" qbuf=26 ");
    }
  }

  @Test
  void thereAreNoScriptsAndNoFunctionsToListOrRemove() {
    try (RespClient client = node.connect()) {
      client
          .expect("FUNCTION FLUSH", "OK")
          .expect("FUNCTION FLUSH async", "OK")
          .expect("FUNCTION FLUSH x", "(error) ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
          .expect("FUNCTION LIST", "[]")
          .expect("SCRIPT EXISTS a b", "[0, 0]")
          .expect("SCRIPT FLUSH SYNC", "OK")
          .expect("SCRIPT FLUSH x", "(error) ERR SCRIPT FLUSH only support SYNC|ASYNC option");
      assertThat(client.call("FUNCTION LOAD x")).contains("does not have scripts");
      assertThat(client.call("EVAL x 0")).contains("does not have scripts");
    }
  }

  @Test
  void infoHasTheFieldsThatClientsRead() {
    try (RespClient client = node.connect()) {
      client.expect("SET a 1", "OK").call("GET");
      String info = client.call("INFO");
      for (String field :
          List.of(
              "# Server\r\nredis_version:7.2.4\r\nflotilla_version:0.1.0\r\n",
              "redis_mode:cluster",
              "loading:0",
              "connected_clients:1",
              "role:master",
              "master_repl_offset:10",
              "cluster_enabled:1",
              "used_memory:1000",
              "maxmemory:0",
              "live_memory:900",
              "writes_refused_above:9000",
              "writes_refused:0",
              "db0:keys=2,expires=1,",
              "uptime_in_seconds:90",
              "# Raft",
              "shard0:role=leader,leader=aaaaaaaa,term=1",
              "connected_slaves:2",
              "errorstat_ERR:count=1")) {
        assertThat(info).contains(field);
      }
      assertThat(info).doesNotContain("# Commandstats");
      assertThat(client.call("INFO commandstats"))
          .startsWith("\"# Commandstats\r\n")
          .contains("cmdstat_set:calls=1,usec=")
          .contains(
              "cmdstat_get:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0");
      assertThat(client.call("INFO server keyspace"))
          .contains("# Server")
          .contains("# Keyspace")
          .doesNotContain("# Clients");
      client.expect("CONFIG RESETSTAT", "OK");
      assertThat(client.call("INFO commandstats"))
          .doesNotContain("cmdstat_set")
          .contains("cmdstat_config|resetstat:calls=1");
      client.expect("INFO nosuch", "\"\"");
    }
  }

  @Test
  void waitKnowsThatAcknowledgedMeansOnAMajority() {
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1", "WAIT 1 100");
      client.expectNext("OK").expectNext("1").expect("WAITAOF 1 1 0", "[1, 1]");
    }
    use(new TestNode(1, 0, SessionSettings.DEFAULTS));
    try (RespClient client = node.connect()) {
      assertThat(client.call("WAIT 1 100"))
          .startsWith("(error) ERR WAIT cannot be used with replica instances.");
      assertThat(client.call("WAITAOF 1 1 100"))
          .startsWith("(error) ERR WAITAOF cannot be used with replica instances.");
    }
  }

  @Test
  void waitBlocksUntilAsManyReplicasHaveTheWritesOrTheTimeIsOver() {
    MachineShard shard = node.shards.get(0);
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1", "WAIT 2 0", "GET a", "WAIT 2 0");
      client.expectNext("OK");
      try (RespClient other = node.connect()) { // only the connection that waits is blocked
        other.expect("GET a", "\"1\"");
      }
      shard.replicasHolding(2);
      client.expectNext("2").expectNext("\"1\"").expectNext("2");

      client.pipeline("SET a 2", "WAIT 3 60000", "PING");
      client.expectNext("OK");
      await()
          .until(() ->
              node.front.clients().all().stream().anyMatch(c -> c.lastCommand().equals("wait")));
      node.nanos.addAndGet(TimeUnit.SECONDS.toNanos(60));
      client.expectNext("2").expectNext("PONG");
      client.pipeline("WAITAOF 1 3 60000", "PING");
      await()
          .until(() ->
              node.front.clients().all().stream().anyMatch(c -> c.lastCommand().equals("waitaof")));
      node.nanos.addAndGet(TimeUnit.SECONDS.toNanos(60));
      client.expectNext("[1, 2]").expectNext("PONG");
    }
  }

  @Test
  void latencyHistogramCountsWhatClientsWaited() {
    try (RespClient client = node.connect()) {
      client
          .expect("SET a 1", "OK")
          .expect("SET a 2", "OK")
          .expect("CONFIG GET maxclients", "[\"maxclients\", \"10000\"]");
      assertThat(client.call("LATENCY HISTOGRAM set config nosuch get"))
          .matches(
              "\\[\"set\", \\[\"calls\", 2, \"histogram_usec\", \\[(\\d+, 1, )?\\d+, 2]],"
                  + " \"config\\|get\", \\[\"calls\", 1, \"histogram_usec\", \\[\\d+, 1]]]");
      assertThat(client.call("LATENCY HISTOGRAM")).contains("\"set\", [\"calls\", 2");
      client.expect("CONFIG RESETSTAT", "OK").expect("LATENCY HISTOGRAM set", "[]");
    }
  }

  @Test
  void waitDoesNotBlockInsideATransaction() {
    try (RespClient client = node.connect()) {
      client.expect("MULTI", "OK").expect("SET a 1", "QUEUED").expect("WAIT 5 0", "QUEUED");
      client.expect("EXEC", "[OK, 1]").expect("GET a", "\"1\"");
    }
  }

  @Test
  void waitTakesItsArgumentsAsRedisDoes() {
    try (RespClient client = node.connect()) {
      client
          .expect("WAIT -1 0", "1")
          .expect("WAIT x 0", "(error) ERR value is not an integer or out of range")
          .expect("WAITAOF 2 0 0", "(error) ERR value is out of range, value must between 0 and 1")
          .expect("WAITAOF 1 -1 0", "(error) ERR value is out of range, must be positive")
          .expect("WAIT 1 -1", "(error) ERR timeout is negative");
    }
  }

  @Test
  void aClientThatLeavesWhileItWaitsIsForgotten() {
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1", "WAIT 5 0");
      client.expectNext("OK");
    }
    await().until(() -> node.front.clients().count() == 0);
  }

  @Test
  void roleTellsTheLeaderToItsReplicas() {
    try (RespClient client = node.connect()) {
      client.expect(
          "ROLE",
          "[\"master\", 10, [[\"127.0.0.1\", \"7001\", \"10\"], [\"127.0.0.1\", \"7002\", \"10\"]]]");
    }
    use(new TestNode(1, 0, SessionSettings.DEFAULTS));
    try (RespClient client = node.connect()) {
      client.expect("ROLE", "[\"slave\", \"127.0.0.1\", 7001, \"connected\", 10]");
      assertThat(client.call("HELLO 2")).contains("\"role\", \"replica\"");
      assertThat(client.call("INFO replication"))
          .contains("role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:7001\r\n");
    }
  }

  @Test
  void slowCommandsAreRemembered() {
    use(new TestNode(1, 1, SessionSettings.DEFAULTS.withSlowLogMicros(0).withSlowLogLength(2)));
    try (RespClient client = node.connect()) {
      client.expect("CLIENT SETNAME me", "OK").expect("SET a " + "x".repeat(200), "OK");
      assertThat(client.call("SLOWLOG GET 1"))
          .startsWith("[[1, 1700000000, ")
          .endsWith(
              ", [\"SET\", \"a\", \""
                  + "x".repeat(128)
                  + "... (72 more bytes)\"], \"127.0.0.1:"
                  + client.localPort()
                  + "\", \"me\"]]");
      client.expect("SLOWLOG LEN", "2").expect("SLOWLOG RESET", "OK");
    }
  }

  /** Else a deep pipeline, whose commands wait long and run quickly, fills the slow log. */
  @Test
  void whatOnlyWaitsIsNotSlow() {
    use(
        new TestNode(
            1, 1, SessionSettings.DEFAULTS.withSlowLogMicros(10_000_000).withSlowLogLength(9)));
    try (RespClient client = node.connect();
        RespClient waiting = node.connect()) {
      client.expect("CLIENT PAUSE 100000 WRITE", "OK");
      waiting.pipeline("SET a 1");
      await().until(() -> node.front.clients().pausedCount() == 1);
      node.nanos.addAndGet(60_000_000_000L);
      client.expect("CLIENT UNPAUSE", "OK");
      waiting.expectNext("OK");
      client.expect("SLOWLOG LEN", "0");
    }
  }

  @Test
  void debugIsOnlyForThoseWhoAllowIt() {
    try (RespClient client = node.connect()) {
      assertThat(client.call("DEBUG SLEEP 0")).startsWith("(error) ERR DEBUG command not allowed.");
    }
    use(new TestNode(1, 1, SessionSettings.DEFAULTS.withDebugCommand(DebugCommand.LOCAL)));
    try (RespClient client = node.connect()) {
      client.pipeline("DEBUG SLEEP 0.05", "PING");
      client.expectNext("OK").expectNext("PONG");
    }
  }

  @Test
  void shutdownStopsTheNode() {
    try (RespClient client = node.connect()) {
      client.expect("SHUTDOWN NOSAVE", "OK");
      assertThat(client.isClosedByServer()).isTrue();
      assertThat(node.shutDown).isTrue();
    }
  }

  @Test
  void helpIsMadeOfTheRows() {
    try (RespClient client = node.connect()) {
      assertThat(client.call("CLIENT HELP"))
          .startsWith(
              "[CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:, CACHING <YES | NO>,     Instructs")
          .endsWith("HELP,     Print this help.]");
      for (String line :
          List.of(
              "CLUSTER HELP",
              "COMMAND HELP",
              "CONFIG HELP",
              "LATENCY HELP",
              "MEMORY HELP",
              "SLOWLOG HELP")) {
        assertThat(client.call(line))
            .startsWith("[" + line.replace(" HELP", "") + " <subcommand> [<arg>")
            .endsWith("HELP,     Print this help.]");
      }
    }
  }

  @Test
  void aClientThatTouchesNothingShowsIt() {
    try (RespClient client = node.connect()) {
      client.expect("CLIENT NO-TOUCH on", "OK");
      assertThat(client.call("CLIENT INFO")).contains(" flags=T ");
      client.expect("CLIENT NO-TOUCH off", "OK");
      assertThat(client.call("CLIENT INFO")).contains(" flags=N ");
      client.expect("CLIENT NO-TOUCH x", "(error) ERR syntax error");
    }
  }

  // ------------------------------------------------------------------ what tools ask at times

  @Test
  void timeIsTheNodesClockAndEveryWriteIsSaved() {
    try (RespClient client = node.connect()) {
      client.expect("TIME", "[\"1700000000\", \"0\"]").expect("LASTSAVE", "1700000000");
      node.wallMillis.addAndGet(1_234);
      client.expect("TIME", "[\"1700000001\", \"234000\"]").expect("LASTSAVE", "1700000001");
    }
  }

  @Test
  void memoryIsTheJvmsAndItsNumbersAreThoseOfTheNode() {
    try (RespClient client = node.connect()) {
      client.expect("HELLO 3", client.call("HELLO 3")).expect("MEMORY PURGE", "OK");
      assertThat(client.call("MEMORY STATS"))
          .contains("\"peak.allocated\": 2000, \"total.allocated\": 1000, \"keys.count\": 2")
          .contains("\"keys.bytes-per-key\": 500")
          .contains("\"rss\": 3000, \"maxmemory\": 0");
      assertThat(client.call("MEMORY DOCTOR")).contains("the JVM");
      assertThat(client.call("LATENCY DOCTOR")).contains("SLOWLOG");
      client.expect("MEMORY MALLOC-STATS", "\"txt:Stats not supported for the current allocator\"");
    }
  }

  /** What is refused says why, and what to do instead. */
  @Test
  void whatMakesNoSenseHereIsRefusedWithItsReason() {
    try (RespClient client = node.connect()) {
      assertThat(client.call("MIGRATE 127.0.0.1 6379 a 0 100"))
          .startsWith("(error) ERR MIGRATE makes no sense on Flotilla")
          .contains("DUMP and RESTORE");
      assertThat(client.call("CONFIG REWRITE"))
          .startsWith("(error) ERR CONFIG REWRITE makes no sense on Flotilla");
      assertThat(client.call("LOLWUT")).contains("Flotilla ver. 0.1.0");
    }
  }

  /** Numbers of the last time that somebody asked would make each INFO tell of the one before. */
  @Test
  void infoAsksTheShardsBeforeItTells() {
    try (RespClient client = node.connect()) {
      assertThat(client.call("INFO persistence")).contains("rdb_changes_since_last_save:1\r\n");
      assertThat(client.call("INFO persistence")).contains("rdb_changes_since_last_save:2\r\n");
      assertThat(client.call("INFO stats")).contains("expired_keys:3\r\n");
      client.expect("MULTI", "OK").expect("INFO persistence", "QUEUED");
      assertThat(client.call("EXEC")).contains("rdb_changes_since_last_save:4\r\n");
    }
  }

  /** What dashboards make hit rates of: lookups of reads, as Redis counts them. */
  @Test
  void infoTellsHitsAndMissesUntilTheyAreReset() {
    try (RespClient client = node.connect()) {
      client.expect("SET a 1", "OK").expect("GET a", "\"1\"").expect("GET b", "nil");
      client.expect("MGET a {a}b a", "[\"1\", nil, \"1\"]");
      assertThat(client.call("INFO stats"))
          .contains("keyspace_hits:3\r\nkeyspace_misses:2\r\n")
          .contains("evicted_keys:0\r\n");
      client.expect("CONFIG RESETSTAT", "OK");
      assertThat(client.call("INFO stats")).contains("keyspace_hits:0\r\nkeyspace_misses:0\r\n");
    }
  }

  @Test
  void infoTellsHowManyCommandsRunInASecond() {
    try (RespClient client = node.connect()) {
      assertThat(client.call("INFO stats")).contains("instantaneous_ops_per_sec:0\r\n");
      node.front.tick();
      for (int i = 0; i < 500; i++) {
        client.expect("PING", "PONG");
      }
      node.nanos.addAndGet(
          TimeUnit.SECONDS.toNanos(100)); // beside which the test's own time is small
      node.front.tick();
      assertThat(client.call("INFO stats")).containsPattern("instantaneous_ops_per_sec:[345]\r\n");
    }
  }

  // ------------------------------------------------------------------ COMMAND

  @Test
  void commandInfoHasRedissShape() {
    try (RespClient client = node.connect()) {
      client.call("HELLO 3");
      client.expect(
          "COMMAND INFO get",
          "[[\"get\", 2, set[readonly, fast], 1, 1, 1, set[@read, @string, @fast], set[], set[{\"flags\": set[RO, access],"
              + " \"begin_search\": {\"type\": \"index\", \"spec\": {\"index\": 1}}, \"find_keys\": {\"type\": \"range\", \"spec\":"
              + " {\"lastkey\": 0, \"keystep\": 1, \"limit\": 0}}}], []]]");
      client.expect("COMMAND GETKEYSANDFLAGS SET a b", "[[\"a\", set[OW, update]]]");
      assertThat(client.call("COMMAND INFO client")).contains("[\"client|kill\", -3, ");
      assertThat(client.call("COMMAND DOCS client|kill"))
          .startsWith("{\"client|kill\": {\"summary\": ");
    }
  }

  @Test
  void theTableIsToldWhole() {
    try (RespClient client = node.connect()) {
      int count = Integer.parseInt(client.call("COMMAND COUNT"));
      assertThat(count).isGreaterThan(50);
      assertThat(client.call("COMMAND LIST").split(", ", -1))
          .hasSizeGreaterThan(count)
          .contains("\"client\"", "\"client|list\"");
      assertThat(client.call("COMMAND")).startsWith("[[\"append\", ").hasSizeGreaterThan(10_000);
      assertThat(client.call("COMMAND DOCS")).contains("\"summary\"");
      assertThat(client.call("COMMAND LIST FILTERBY PATTERN client|s*"))
          .isEqualTo("[\"client|setinfo\", \"client|setname\"]");
      assertThat(client.call("COMMAND LIST FILTERBY ACLCAT dangerous"))
          .contains("\"client|kill\"")
          .doesNotContain("\"get\"");
    }
  }

  @Test
  void everyCommandOfTheNodeCanBeCalledWithoutHarm() {
    use(new TestNode(1, 1, SessionSettings.DEFAULTS.withDebugCommand(DebugCommand.YES)));
    for (CommandBook.Entry entry : node.front.book().entries()) {
      String name = entry.command().fullName().replace('|', ' ');
      int words = name.split(" ", -1).length;
      int arity = Math.abs(entry.command().arity());
      StringBuilder request = new StringBuilder(name);
      request.append(" 1".repeat(Math.max(0, arity - words)));
      try (RespClient client = node.connect()) {
        assertThat(client.call(request.toString())).as(request.toString()).isNotEmpty();
        node.wallMillis.addAndGet(10); // past what CLIENT PAUSE has just been told
        client.call("RESET");
      } catch (java.io.UncheckedIOException closed) {
        assertThat(name).as("closes its connection").isIn("quit", "shutdown", "client reply");
      }
    }
  }
}
