package io.flotilla.node.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.proposal.Failure;
import io.flotilla.node.proposal.MachineShard;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.statemachine.reply.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The order of replies, MULTI's edges, and what a client is told when its command cannot run. */
class SessionTest {
  private TestNode node = TestNode.leading(1);

  private TestNode use(TestNode other) {
    node.close();
    node = other;
    return other;
  }

  @AfterEach
  void stop() {
    node.close();
  }

  // ------------------------------------------------------------------ order

  @Test
  void repliesLeaveInTheOrderOfTheRequestsWhateverCompletesFirst() {
    node.shards.get(0).hold();
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1", "GET a", "PING", "SET b 2", "PING two");
      await().until(() -> node.shards.get(0).held() == 3);
      node.shards.get(0).release(2);
      node.shards.get(0).release(1);
      node.shards.get(0).release(0);
      client
          .expectNext("OK")
          .expectNext("\"1\"")
          .expectNext("PONG")
          .expectNext("OK")
          .expectNext("\"two\"");
    }
  }

  @Test
  void whatObservesWaitsForTheRepliesBeforeIt() {
    node.shards.get(0).hold();
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1", "CLIENT SETNAME x", "CLIENT GETNAME", "GET a");
      await().until(() -> node.shards.get(0).held() == 1);
      node.shards.get(0).releaseAll();
      client.expectNext("OK").expectNext("OK").expectNext("\"x\"").expectNext("\"1\"");
    }
  }

  @Test
  void aPressedShardClosesTheTapUntilItIsRelieved() {
    node.shards.get(0).press(true);
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1", "SET b 2", "GET a");
      client.expectNext("OK").expectNext("OK").expectNext("\"1\"");
    }
  }

  // ------------------------------------------------------------------ errors before anything runs

  @Test
  void errorsAreInRedissWords() {
    try (RespClient client = node.connect()) {
      client
          .expect(
              "FOO bar baz",
              "(error) ERR unknown command 'FOO', with args beginning with: 'bar' 'baz' ")
          .expect("GET", "(error) ERR wrong number of arguments for 'get' command")
          .expect("CLIENT KILL", "(error) ERR wrong number of arguments for 'client|kill' command")
          .expect("CLIENT", "(error) ERR wrong number of arguments for 'client' command")
          .expect("CLIENT FOO", "(error) ERR unknown subcommand 'FOO'. Try CLIENT HELP.")
          .expect("COMMAND foo", "(error) ERR unknown subcommand 'foo'. Try COMMAND HELP.")
          .expect("MSET a 1 b 2", "(error) CROSSSLOT Keys in request don't hash to the same slot")
          .expect("MSET {t}a 1 {t}b 2", "OK");
    }
  }

  @Test
  void anUnknownCommandsNameIsCutAsRedisCutsIt() {
    try (RespClient client = node.connect()) {
      assertThat(client.call("F".repeat(300) + " " + "b".repeat(300) + " c"))
          .isEqualTo(
              "(error) ERR unknown command '"
                  + "F".repeat(128)
                  + "', with args beginning with: '"
                  + "b".repeat(128)
                  + "' ");
    }
  }

  @Test
  void aCommandThatIsMissingSaysSoAndNamesTheFlotillaWay() {
    try (RespClient client = node.connect()) {
      assertThat(client.call("REPLICAOF no one"))
          .startsWith("(error) ERR REPLICAOF makes no sense on Flotilla: ");
      assertThat(client.call("CLUSTER MEET h 1"))
          .contains("CLUSTER MEET makes no sense on Flotilla")
          .contains("flotilla node");
      assertThat(client.call("EVAL x 0"))
          .startsWith("(error) ERR unknown command 'EVAL'")
          .contains("scripts");
      assertThat(client.call("BLPOP a 0")).startsWith("(error) ERR unknown command 'BLPOP'");
    }
  }

  // ------------------------------------------------------------------ a full node

  private static final Reply.Error OUT_OF_MEMORY =
      new Reply.Error("OOM command not allowed when used memory > 'maxmemory'.");

  @Test
  void aFullNodeRefusesWhatAddsAndServesAllElse() {
    try (RespClient client = node.connect()) {
      client.expect("SET a 1", "OK");
      node.admission = command -> OUT_OF_MEMORY;
      String refused = "(error) " + OUT_OF_MEMORY.text();
      client
          .expect("SET a 2", refused)
          .expect("INCR a", refused)
          .expect("LPUSH l x", refused)
          .expect("MSET {t}a 1 {t}b 2", refused)
          .expect("GET a", "\"1\"")
          .expect("EXPIRE a 100", "1")
          .expect("PERSIST a", "1")
          .expect("DEL a", "1")
          .expect("FLUSHALL", "OK")
          .expect("CONFIG SET maxmemory 0", "OK");
      assertThat(client.call("INFO errorstats")).contains("errorstat_OOM:count=4");
      node.admission = Admission.OPEN;
      client.expect("SET a 3", "OK");
    }
  }

  /** As in Redis: refused when it is queued, and what is queued already when it is to run. */
  @Test
  void aTransactionThatAddsIsRefusedByAFullNodeAndOneThatFreesIsNot() {
    try (RespClient client = node.connect()) {
      client.expect("SET a 1", "OK");
      client.expect("MULTI", "OK").expect("SET a 2", "QUEUED").expect("GET a", "QUEUED");
      node.admission = command -> OUT_OF_MEMORY;
      client
          .expect(
              "EXEC", "(error) EXECABORT Transaction discarded because of: " + OUT_OF_MEMORY.text())
          .expect("EXEC", "(error) ERR EXEC without MULTI")
          .expect("MULTI", "OK")
          .expect("SET a 2", "(error) " + OUT_OF_MEMORY.text())
          .expect("EXEC", "(error) EXECABORT Transaction discarded because of previous errors.")
          .expect("MULTI", "OK")
          .expect("GET a", "QUEUED")
          .expect("DEL a", "QUEUED")
          .expect("EXEC", "[\"1\", 1]");
    }
  }

  // ------------------------------------------------------------------ MULTI

  @Test
  void aTransactionRunsAllOrNothing() {
    try (RespClient client = node.connect()) {
      client
          .expect("MULTI", "OK")
          .expect("SET a 1", "QUEUED")
          .expect("INCR a", "QUEUED")
          .expect("PING", "QUEUED")
          .expect("GET a", "QUEUED")
          .expect("EXEC", "[OK, 2, PONG, \"2\"]")
          .expect("GET a", "\"2\"")
          .expect("MULTI", "OK")
          .expect("EXEC", "[]")
          .expect("MULTI", "OK")
          .expect("PING", "QUEUED")
          .expect("CLIENT GETNAME", "QUEUED")
          .expect("EXEC", "[PONG, nil]");
    }
  }

  @Test
  void anErrorInsideARunningTransactionIsItsOwnReply() {
    try (RespClient client = node.connect()) {
      client.expect("MULTI", "OK").expect("SET a x", "QUEUED").expect("INCR a", "QUEUED");
      client.expect("EXEC", "[OK, (error) ERR value is not an integer or out of range]");
    }
  }

  @Test
  void anErrorWhileQueueingAbortsTheTransaction() {
    try (RespClient client = node.connect()) {
      String aborted = "(error) EXECABORT Transaction discarded because of previous errors.";
      client
          .expect("MULTI", "OK")
          .expect("SET a", "(error) ERR wrong number of arguments for 'set' command");
      client.expect("SET a 1", "QUEUED").expect("EXEC", aborted).expect("GET a", "nil");
      client.expect("MULTI", "OK").call("NOSUCH");
      client.expect("EXEC", aborted);
      client.expect("MULTI", "OK").call("MSET a 1 b 2");
      client.expect("EXEC", aborted).expect("EXEC", "(error) ERR EXEC without MULTI");
    }
  }

  @Test
  void multiDoesNotNestAndKnowsItsPlace() {
    try (RespClient client = node.connect()) {
      client
          .expect("EXEC", "(error) ERR EXEC without MULTI")
          .expect("DISCARD", "(error) ERR DISCARD without MULTI")
          .expect("MULTI", "OK")
          .expect("MULTI", "(error) ERR MULTI calls can not be nested")
          .expect("WATCH a", "(error) ERR WATCH inside MULTI is not allowed")
          .expect("SET a 1", "QUEUED")
          .expect("EXEC", "[OK]")
          .expect("MULTI", "OK")
          .expect("SET a 2", "QUEUED")
          .expect("DISCARD", "OK")
          .expect("GET a", "\"1\"");
    }
  }

  @Test
  void aTransactionIsOfOneSlot() {
    try (RespClient client = node.connect()) {
      client.expect("MULTI", "OK").expect("SET a 1", "QUEUED").expect("SET b 1", "QUEUED");
      client.expect("EXEC", "(error) CROSSSLOT Keys in request don't hash to the same slot");
      client.expect("GET a", "nil").expect("EXEC", "(error) ERR EXEC without MULTI");
    }
  }

  @Test
  void resetAndQuitAreNotQueued() {
    try (RespClient client = node.connect()) {
      client
          .expect("MULTI", "OK")
          .expect("RESET", "RESET")
          .expect("EXEC", "(error) ERR EXEC without MULTI");
      client.expect("MULTI", "OK").expect("QUIT", "OK");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void aTransactionIsBoundedLikeARequest() {
    String value = "x".repeat(10 << 20);
    try (RespClient client = node.connect()) {
      client.expect("MULTI", "OK");
      for (int i = 0; i < 3; i++) {
        client.expect("SET a " + value, "QUEUED");
      }
      assertThat(client.call("SET a " + value)).startsWith("(error) ERR overloaded");
      client.expect("EXEC", "(error) EXECABORT Transaction discarded because of previous errors.");
      await().until(() -> node.front.intake().heldBytes() == 0);
    }
  }

  // ------------------------------------------------------------------ WATCH

  @Test
  void aChangedKeyAbortsTheTransaction() {
    try (RespClient client = node.connect();
        RespClient other = node.connect()) {
      client.expect("WATCH a", "OK");
      other.expect("SET a 1", "OK");
      client
          .expect("MULTI", "OK")
          .expect("SET a 2", "QUEUED")
          .expect("EXEC", "nil array")
          .expect("GET a", "\"1\"");
      client.expect("MULTI", "OK").expect("SET a 2", "QUEUED").expect("EXEC", "[OK]");
    }
  }

  @Test
  void anUnchangedKeyDoesNot() {
    try (RespClient client = node.connect()) {
      client
          .expect("WATCH {a}1 {a}2", "OK")
          .expect("MULTI", "OK")
          .expect("SET {a}3 2", "QUEUED")
          .expect("EXEC", "[OK]");
    }
  }

  @Test
  void watchingAgainDoesNotForgetAChange() {
    try (RespClient client = node.connect();
        RespClient other = node.connect()) {
      client.expect("WATCH a", "OK");
      other.expect("SET a 1", "OK");
      client
          .expect("WATCH a", "OK")
          .expect("MULTI", "OK")
          .expect("PING", "QUEUED")
          .expect("EXEC", "nil array");
    }
  }

  @Test
  void unwatchAndDiscardForget() {
    try (RespClient client = node.connect();
        RespClient other = node.connect()) {
      client.expect("WATCH a", "OK");
      other.expect("SET a 1", "OK");
      client
          .expect("UNWATCH", "OK")
          .expect("MULTI", "OK")
          .expect("GET a", "QUEUED")
          .expect("EXEC", "[\"1\"]");
      client.expect("WATCH a", "OK");
      other.expect("SET a 2", "OK");
      client
          .expect("MULTI", "OK")
          .expect("DISCARD", "OK")
          .expect("MULTI", "OK")
          .expect("GET a", "QUEUED");
      client.expect("EXEC", "[\"2\"]");
    }
  }

  @Test
  void aPipelinedExecWaitsForTheVersionsOfItsWatch() {
    node.shards.get(0).hold();
    try (RespClient client = node.connect()) {
      client.pipeline("WATCH a", "MULTI", "SET a 1", "EXEC");
      await().until(() -> node.shards.get(0).held() == 1);
      node.shards.get(0).releaseAll();
      client.expectNext("OK").expectNext("OK").expectNext("QUEUED").expectNext("[OK]");
    }
  }

  @Test
  void watchedKeysMustBeOfTheTransactionsShard() {
    use(TestNode.leading(2));
    try (RespClient client = node.connect()) { // slots: a 15495, b 3300
      client.expect("WATCH a", "OK").expect("MULTI", "OK").expect("SET b 1", "QUEUED");
      client.expect("EXEC", "(error) CROSSSLOT Keys in request don't hash to the same slot");
    }
  }

  // ------------------------------------------------------------------ where commands go

  @Test
  void anotherNodesSlotIsMoved() {
    use(new TestNode(2, 1, SessionSettings.DEFAULTS));
    try (RespClient client = node.connect()) {
      client.expect("SET b 1", "OK").expect("SET a 1", "(error) MOVED 15495 127.0.0.1:7001");
      client.expect("MULTI", "OK").expect("SET a 1", "(error) MOVED 15495 127.0.0.1:7001");
      client.expect("EXEC", "(error) EXECABORT Transaction discarded because of previous errors.");
    }
  }

  @Test
  void aReadOnlyConnectionReadsReplicasAndWritesNowhere() {
    use(new TestNode(1, 0, SessionSettings.DEFAULTS));
    try (RespClient client = node.connect()) {
      client
          .expect("GET a", "(error) MOVED 15495 127.0.0.1:7001")
          .expect("READONLY", "OK")
          .expect("GET a", "nil");
      client.expect("SET a 1", "(error) MOVED 15495 127.0.0.1:7001");
      client.expect("READWRITE", "OK").expect("GET a", "(error) MOVED 15495 127.0.0.1:7001");
    }
  }

  @Test
  void aShardWithoutALeaderIsWaitedFor() {
    try (RespClient client = node.connect()) {
      node.hints.refused(TestNode.group(0), new LeaderHint(1, TestNode.A));
      node.router.refresh();
      client.pipeline("SET a 1", "GET a");
      await().until(() -> node.front.book().entries().stream().noneMatch(e -> e.calls() > 0));
      node.hints.offer(TestNode.group(0), new LeaderHint(2, TestNode.A));
      client.expectNext("OK").expectNext("\"1\"");
      node.hints.offer(TestNode.group(0), new LeaderHint(3, TestNode.C));
      client.expect("GET a", "(error) MOVED 15495 127.0.0.1:7002");
    }
  }

  @Test
  void aShardThatStaysWithoutALeaderIsDown() {
    try (RespClient client = node.connect()) {
      node.hints.refused(TestNode.group(0), new LeaderHint(1, TestNode.A));
      node.router.refresh();
      client.pipeline("SET a 1", "PING");
      node.passParkTime();
      client.expectNext("(error) CLUSTERDOWN The cluster is down").expectNext("PONG");
    }
  }

  @Test
  void aRefusalNamesTheNewLeader() {
    node.shards.get(0).failWith(new Failure.NotLeader(new LeaderHint(5, TestNode.C)));
    try (RespClient client = node.connect()) {
      client.expect("SET a 1", "(error) MOVED 15495 127.0.0.1:7002");
      client.expect("GET a", "(error) MOVED 15495 127.0.0.1:7002");
    }
  }

  @Test
  void aRefusalWithoutAHintIsAnsweredWhenThereIsNews() {
    node.shards.get(0).failWith(new Failure.NotLeader(null));
    node.shards.get(0).leader(null);
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1", "PING");
      await().until(() -> node.hints.leader(TestNode.group(0)) == null);
      node.hints.offer(TestNode.group(0), new LeaderHint(2, TestNode.B));
      client.expectNext("(error) MOVED 15495 127.0.0.1:7001").expectNext("PONG");
    }
  }

  /**
   * A request that a follower without a leader had refused came back when its node had just been
   * elected, and took back that it leads: for the whole term it told its clients that the cluster
   * is down.
   */
  @Test
  void aRefusalFromBeforeAnElectionTakesNothingBackOfWhatIsKnownSince() {
    MachineShard shard = node.shards.get(0);
    LeaderHint elected = new LeaderHint(2, TestNode.A);
    shard.hold();
    shard.failWith(new Failure.NotLeader(null));
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1", "PING");
      await().until(() -> shard.held() == 1);
      shard.failWith(null);
      shard.leader(elected);
      node.hints.confirmed(TestNode.group(0), elected);
      shard.releaseAll();
      client.expectNext("OK").expectNext("PONG");
      assertThat(node.hints.leader(TestNode.group(0))).isEqualTo(elected);
    }
  }

  @Test
  void anUnknownOutcomeIsATimeoutAndNothingElse() {
    try (RespClient client = node.connect()) {
      node.shards.get(0).failWith(new Failure.Unknown("no answer in 5000 ms"));
      client.expect("SET a 1", "(error) TIMEOUT outcome unknown: no answer in 5000 ms");
      node.shards.get(0).failWith(new Failure.Overloaded("too many writes wait"));
      client.expect(
          "SET a 1", "(error) ERR overloaded: too many writes wait; the command was not run");
      node.shards.get(0).failWith(new Failure.Unconfirmed("no majority"));
      assertThat(client.call("GET a")).startsWith("(error) CLUSTERDOWN ");
    }
  }

  // ------------------------------------------------------------------ what waits for a leader

  @Test
  void whatALeaderRefusesBeforeItIsReadyIsDoneOnceItIs() {
    MachineShard shard = node.shards.get(0);
    shard.failWith(new Failure.NotReady("just elected"));
    try (RespClient client = node.connect()) {
      client.pipeline("INCR a", "GET a", "INCR a", "PING", "MULTI", "INCR a", "GET a", "EXEC");
      await().until(() -> node.front.parkedNow() == 4);
      shard.failWith(null);
      client
          .expectNext("1")
          .expectNext("\"1\"")
          .expectNext("2")
          .expectNext("PONG")
          .expectNext("OK")
          .expectNext("QUEUED")
          .expectNext("QUEUED")
          .expectNext("[3, \"3\"]");
      assertThat(node.front.parkedNow()).isZero();
      assertThat(node.front.counters().parked.sum()).isEqualTo(4);
      assertThat(node.front.counters().parkedInVain.sum()).isZero();
    }
  }

  @Test
  void whatComesBehindAParkedCommandIsNotTakenBeforeIt() {
    MachineShard shard = node.shards.get(0);
    shard.failWith(new Failure.NotReady("just elected"));
    try (RespClient client = node.connect()) {
      client.pipeline("APPEND a 1");
      await().until(() -> node.front.parkedNow() == 1);
      client.pipeline("APPEND a 2", "DBSIZE", "APPEND a 3", "GET a");
      shard.failWith(null);
      client.expectNext("1").expectNext("2").expectNext("1").expectNext("3").expectNext("\"123\"");
    }
  }

  @Test
  void aParkedCommandIsToldOnceAnotherLeaderIsKnown() {
    node.shards.get(0).failWith(new Failure.NotLeader(new LeaderHint(1, TestNode.A)));
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1", "GET a", "MULTI", "SET a 2", "EXEC");
      await().until(() -> node.front.parkedNow() == 3);
      assertThat(node.hints.leader(TestNode.group(0)))
          .as("a leader that hands over may keep its leadership: its word stands")
          .isEqualTo(new LeaderHint(1, TestNode.A));
      node.hints.offer(TestNode.group(0), new LeaderHint(2, TestNode.B));
      String moved = "(error) MOVED 15495 127.0.0.1:7001";
      client.expectNext(moved).expectNext(moved).expectNext("OK").expectNext("QUEUED");
      client.expectNext(moved);
    }
  }

  @Test
  void aTransferThatFailsLeavesTheLeaderServing() {
    MachineShard shard = node.shards.get(0);
    shard.failWith(new Failure.NotLeader(new LeaderHint(1, TestNode.A)));
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1");
      await().until(() -> node.front.parkedNow() == 1);
      shard.failWith(null);
      client.expectNext("OK").expect("GET a", "\"1\"");
    }
  }

  @Test
  void aShardWhoseLeaderNeverServesIsDownAtTheParksDeadline() {
    node.shards.get(0).failWith(new Failure.NotReady("just elected"));
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1", "MULTI", "GET a", "EXEC", "DBSIZE", "PING");
      await().until(() -> node.front.parkedNow() == 2);
      node.passParkTime();
      String down = "(error) CLUSTERDOWN The shard's leader is not ready: just elected";
      client.expectNext(down).expectNext("OK").expectNext("QUEUED").expectNext(down);
      await().until(() -> node.front.parkedNow() == 1);
      node.passParkTime();
      client.expectNext(down).expectNext("PONG");
      assertThat(node.front.counters().parkedInVain.sum()).isEqualTo(3);
    }
  }

  /**
   * The later command may have gone to a leader that served in between; to do the earlier one now
   * would turn the connection's order round.
   */
  @Test
  void aParkedCommandIsNotDoneBehindALaterOneOfItsConnection() {
    MachineShard shard = node.shards.get(0);
    shard.hold();
    try (RespClient client = node.connect()) {
      shard.failWith(new Failure.NotReady("just elected"));
      client.pipeline("SET a 1");
      await().until(() -> shard.held() == 1);
      shard.failWith(null);
      client.pipeline("SET a 2");
      await().until(() -> shard.held() == 2);
      shard.release(1);
      shard.releaseAll();
      client
          .expectNext("(error) CLUSTERDOWN The shard's leader is not ready: just elected")
          .expectNext("OK")
          .expect("GET a", "\"2\"");
    }
  }

  @Test
  void aClientIsNotSentBackToALeaderOfAnOlderTerm() {
    use(new TestNode(1, 0, SessionSettings.DEFAULTS)); // B leads, at term 1
    try (RespClient client = node.connect()) {
      client.expect("GET a", "(error) MOVED 15495 127.0.0.1:7001");
      node.shards.get(0).term(2);
      client.pipeline("GET a", "SET a 1");
      node.hints.offer(TestNode.group(0), new LeaderHint(2, TestNode.C));
      client
          .expectNext("(error) MOVED 15495 127.0.0.1:7002")
          .expectNext("(error) MOVED 15495 127.0.0.1:7002");
      node.shards.get(0).term(3);
      client.pipeline("GET a");
      node.passParkTime();
      client.expectNext("(error) CLUSTERDOWN The cluster is down");
    }
  }

  @Test
  void aClientThatLeavesWithParkedCommandsTakesThemAlong() {
    MachineShard shard = node.shards.get(0);
    shard.failWith(new Failure.NotReady("just elected"));
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1", "SET b 1");
      await().until(() -> node.front.parkedNow() == 2);
    }
    await().until(() -> node.front.clients().count() == 0);
    assertThat(node.front.parkedNow()).isZero();
    await().until(() -> node.front.intake().heldBytes() == 0);
    shard.failWith(null);
    try (RespClient next = node.connect()) {
      next.expect("EXISTS a", "0");
    }
  }

  @Test
  void aNodeMayBeToldNotToParkAtAll() {
    use(new TestNode(1, 1, SessionSettings.DEFAULTS.withParkMillis(0)));
    node.shards.get(0).failWith(new Failure.NotReady("just elected"));
    try (RespClient client = node.connect()) {
      client.expect("SET a 1", "(error) CLUSTERDOWN The shard's leader is not ready: just elected");
    }
  }

  // ------------------------------------------------------------------ who asks, and how many

  @Test
  void aPasswordIsAskedFor() {
    use(new TestNode(1, 1, SessionSettings.DEFAULTS.withPassword("secret")));
    try (RespClient client = node.connect()) {
      client
          .expect("GET a", "(error) NOAUTH Authentication required.")
          .expect("PING", "(error) NOAUTH Authentication required.")
          .expect(
              "AUTH wrong", "(error) WRONGPASS invalid username-password pair or user is disabled.")
          .expect(
              "AUTH someone secret",
              "(error) WRONGPASS invalid username-password pair or user is disabled.")
          .expect("AUTH secret", "OK")
          .expect("GET a", "nil")
          .expect("RESET", "RESET")
          .expect("GET a", "(error) NOAUTH Authentication required.")
          .expect("AUTH default secret", "OK")
          .expect("GET a", "nil");
      assertThat(client.call("HELLO 3 AUTH default secret")).startsWith("{\"server\": \"redis\"");
    }
    try (RespClient stranger = node.connect()) {
      stranger.raw("*11\r\n");
      stranger.expectNext("(error) ERR Protocol error: unauthenticated multibulk length");
      assertThat(stranger.isClosedByServer()).isTrue();
    }
  }

  @Test
  void moreClientsThanMaxclientsAreToldSo() {
    use(new TestNode(1, 1, SessionSettings.DEFAULTS.withMaxClients(1)));
    try (RespClient first = node.connect()) {
      first.expect("PING", "PONG");
      try (RespClient second = node.connect()) {
        second.expectNext("(error) ERR max number of clients reached");
        assertThat(second.isClosedByServer()).isTrue();
      }
      first.expect("PING", "PONG");
    }
    await().until(() -> node.front.clients().count() == 0);
    try (RespClient third = node.connect()) {
      third.expect("PING", "PONG");
    }
  }

  @Test
  void anIdleClientIsClosed() {
    use(new TestNode(1, 1, SessionSettings.DEFAULTS.withTimeoutSeconds(60)));
    try (RespClient client = node.connect()) {
      client.expect("PING", "PONG");
      node.nanos.addAndGet(TimeUnit.SECONDS.toNanos(61));
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  /** More than sockets hold at both ends, so most of a reply of it waits in the node. */
  private static final int LARGE_BYTES = 32 << 20;

  /** A client that has asked for a large reply and reads nothing of it. */
  private Socket deaf() throws IOException {
    try (RespClient client = node.connect()) {
      client.expect("SETRANGE large " + (LARGE_BYTES - 1) + " x", Integer.toString(LARGE_BYTES));
    }
    await().until(() -> node.front.clients().count() == 0);
    Socket socket = new Socket();
    socket.setReceiveBufferSize(64 << 10);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port()));
    socket.getOutputStream().write("GET large\r\n".getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  /** What still comes to a client until its connection ends, in whichever way. */
  private static long rest(Socket socket) throws IOException {
    socket.setSoTimeout(20_000);
    byte[] buffer = new byte[64 << 10];
    long bytes = 0;
    try {
      for (int n = socket.getInputStream().read(buffer); n >= 0; ) {
        bytes += n;
        n = socket.getInputStream().read(buffer);
      }
    } catch (SocketException e) {
      return bytes; // reset, which is how a connection ends whose replies are thrown away
    }
    return bytes;
  }

  /** What is not read is the node's memory: one deaf client must not cost all others theirs. */
  @Test
  void aClientThatDoesNotReadIsClosedBeyondTheHardLimitAndTheOthersGoOn() throws IOException {
    try (Socket deaf = deaf();
        RespClient other = node.connect()) {
      await().until(() -> node.front.output().get() > 8 << 20);
      other.expect("PING", "PONG");
      assertThat(node.front.counters().outputLimitDisconnections.sum()).isZero();

      String limit = "normal 1mb 0 0";
      other.raw(
          "*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$26\r\nclient-output-buffer-limit\r\n$"
              + limit.length()
              + "\r\n"
              + limit
              + "\r\n");
      other.expectNext("OK");
      await().until(() -> node.front.counters().outputLimitDisconnections.sum() == 1);
      await().until(() -> node.front.clients().count() == 1);
      assertThat(rest(deaf)).as("of the reply").isLessThan(LARGE_BYTES);
      other.expect("PING", "PONG");
      await("what it held is free").until(() -> node.front.output().get() == 0);
    }
  }

  @Test
  void beyondTheSoftLimitAClientHasTheLimitsSeconds() throws IOException {
    use(new TestNode(1, 1, SessionSettings.DEFAULTS.withOutputLimit(0, 1 << 20, 60)));
    try (Socket deaf = deaf();
        RespClient other = node.connect()) {
      await().until(() -> node.front.output().get() > 8 << 20);
      node.nanos.addAndGet(TimeUnit.SECONDS.toNanos(30));
      other.expect("PING", "PONG");
      assertThat(node.front.counters().outputLimitDisconnections.sum()).isZero();
      node.nanos.addAndGet(TimeUnit.SECONDS.toNanos(31));
      await().until(() -> node.front.counters().outputLimitDisconnections.sum() == 1);
      await().until(() -> node.front.clients().count() == 1);
      assertThat(rest(deaf)).as("of the reply").isLessThan(LARGE_BYTES);
    }
  }

  @Test
  void aProtocolErrorIsToldBehindTheRepliesThatAreAwaited() {
    node.shards.get(0).hold();
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1");
      client.raw("*1\r\n+x\r\n");
      await().until(() -> node.shards.get(0).held() == 1);
      node.shards.get(0).releaseAll();
      client.expectNext("OK").expectNext("(error) ERR Protocol error: expected '$', got '+'");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void quitAnswersAndClosesBehindWhatIsAwaited() {
    node.shards.get(0).hold();
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1", "QUIT", "SET a 2");
      await().until(() -> node.shards.get(0).held() == 1);
      node.shards.get(0).releaseAll();
      client.expectNext("OK").expectNext("OK");
      assertThat(client.isClosedByServer()).isTrue();
    }
    try (RespClient client = node.connect()) {
      client.expect("GET a", "\"1\"");
    }
  }

  @Test
  void aClientThatLeavesWithRequestsUnderWayIsForgotten() {
    node.shards.get(0).hold();
    try (RespClient client = node.connect()) {
      client.pipeline("SET a 1", "CLIENT LIST", "SET b 1");
      await().until(() -> node.shards.get(0).held() == 1);
    }
    await().until(() -> node.front.clients().count() == 0);
    node.shards.get(0).releaseAll();
    await().until(() -> node.front.intake().heldBytes() == 0);
    try (RespClient next = node.connect()) {
      next.expect("GET a", "\"1\"");
    }
  }
}
