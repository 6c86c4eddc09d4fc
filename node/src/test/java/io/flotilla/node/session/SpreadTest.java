package io.flotilla.node.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * To a client the shards that a node leads are one keyspace; each command without keys shows it.
 */
class SpreadTest {
  private static void fill(RespClient client, int keys) {
    for (int i = 0; i < keys; i++) {
      client.expect("SET key" + i + " v", "OK");
    }
  }

  private static List<String> scan(RespClient client) {
    List<String> found = new ArrayList<>();
    String cursor = "0";
    do {
      String reply = client.call("SCAN " + cursor + " COUNT 7");
      cursor = reply.substring(2, reply.indexOf('"', 2));
      String keys = reply.substring(reply.indexOf(", [") + 3, reply.length() - 2);
      if (!keys.isEmpty()) {
        found.addAll(List.of(keys.split(", ", -1)));
      }
    } while (!cursor.equals("0"));
    return found;
  }

  @Test
  void countsAndListsAreOfAllShards() {
    try (TestNode node = TestNode.leading(3);
        RespClient client = node.connect()) {
      client.expect("DBSIZE", "0").expect("RANDOMKEY", "nil");
      assertThat(scan(client)).isEmpty();
      fill(client, 60);
      client.expect("DBSIZE", "60");
      assertThat(client.call("KEYS *").split(", ", -1)).hasSize(60);
      assertThat(client.call("RANDOMKEY")).startsWith("\"key");
      client.expect("SCAN x", "(error) ERR invalid cursor");
      client.expect("FLUSHALL", "OK").expect("DBSIZE", "0");
      client.expect("FLUSHALL now", "(error) ERR syntax error");
    }
  }

  @Test
  void aScanReturnsEveryKeyOfEveryShardOnce() {
    try (TestNode node = TestNode.leading(3);
        RespClient client = node.connect()) {
      fill(client, 100);
      List<String> found = scan(client);
      assertThat(found).hasSize(100);
      assertThat(new TreeSet<>(found)).hasSize(100);
    }
  }

  @Test
  void onlyTheShardsThatTheNodeLeadsAreAsked() {
    try (TestNode node = new TestNode(2, 1, SessionSettings.DEFAULTS);
        RespClient client = node.connect()) {
      client.expect("SET b 1", "OK").expect("DBSIZE", "1");
      assertThat(scan(client)).containsExactly("\"b\"");
    }
    try (TestNode node = new TestNode(1, 0, SessionSettings.DEFAULTS);
        RespClient client = node.connect()) {
      client
          .expect("DBSIZE", "0")
          .expect("KEYS *", "[]")
          .expect("RANDOMKEY", "nil")
          .expect("SCAN 0", "[\"0\", []]");
      client.expect("FLUSHALL", "(error) READONLY You can't write against a read only replica.");
    }
  }

  /**
   * Cursor 0 would be the end of the walk to a client whose node has just lost its leadership, and
   * all keys to come would be missing.
   */
  @Test
  void aScanThatGoesOnWhereTheNodeDoesNotLeadIsSentOn() {
    try (TestNode node = new TestNode(2, 1, SessionSettings.DEFAULTS);
        RespClient client = node.connect()) {
      int slotOfA = 15495;
      String cursor = Long.toString(1 + ((long) slotOfA << 39));
      String elsewhere = client.call("GET a");
      assertThat(elsewhere).startsWith("(error) MOVED " + slotOfA);
      client.expect("SCAN " + cursor, elsewhere);
      client.expect("SCAN " + cursor + " COUNT 100", elsewhere);
      assertThat(client.call("SCAN 0")).startsWith("[\"0\"");
    }
  }

  @Test
  void whatASlotHoldsIsToldHereOrIsNothing() {
    try (TestNode node = new TestNode(2, 1, SessionSettings.DEFAULTS);
        RespClient client = node.connect()) {
      client.expect("SET b 1", "OK");
      client
          .expect("CLUSTER COUNTKEYSINSLOT 3300", "1")
          .expect("CLUSTER GETKEYSINSLOT 3300 10", "[\"b\"]");
      client
          .expect("CLUSTER COUNTKEYSINSLOT 15495", "0")
          .expect("CLUSTER GETKEYSINSLOT 15495 10", "[]");
      client.expect("CLUSTER COUNTKEYSINSLOT 99999", "(error) ERR Invalid slot");
    }
  }

  @Test
  void aTransactionTakesThemWhereTheNodeLeadsOneShard() {
    try (TestNode node = TestNode.leading(1);
        RespClient client = node.connect()) {
      client
          .expect("MULTI", "OK")
          .expect("SET a 1", "QUEUED")
          .expect("DBSIZE", "QUEUED")
          .expect("FLUSHALL", "QUEUED");
      client.expect("EXEC", "[OK, 1, OK]").expect("DBSIZE", "0");
    }
    try (TestNode node = TestNode.leading(2);
        RespClient client = node.connect()) {
      client.expect("MULTI", "OK");
      assertThat(client.call("DBSIZE"))
          .startsWith("(error) ERR 'dbsize' covers several shards here");
      client.expect("EXEC", "(error) EXECABORT Transaction discarded because of previous errors.");
    }
  }

  @Test
  void theyWaitForTheWritesBeforeThem() {
    try (TestNode node = TestNode.leading(2);
        RespClient client = node.connect()) {
      client.pipeline("SET a 1", "SET b 1", "DBSIZE", "FLUSHALL", "DBSIZE", "SET a 1", "DBSIZE");
      client
          .expectNext("OK")
          .expectNext("OK")
          .expectNext("2")
          .expectNext("OK")
          .expectNext("0")
          .expectNext("OK")
          .expectNext("1");
    }
  }
}
