package io.flotilla.statemachine.apply;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Hits and misses are what this replica's readers met, each lookup once. They are no state: a
 * replica that answers nobody counts nothing, and agrees with one that does.
 */
class LookupCountsTest {
  private static final NodeId NODE = new NodeId("ab".repeat(20));
  private static final CommandTable TABLE = new CommandTable(Families.ALL);

  private final ShardMachine machine = new ShardMachine(TABLE, 1, check -> {});
  private long index;

  @BeforeEach
  void begin() {
    machine.apply(1, ++index, new Entry.Genesis(1000, new SipHash(1, 2)));
    machine.apply(
        1, ++index, new Entry.Own(1000, List.of(new Entry.SlotRange(0, HashSlot.COUNT - 1, 1))));
    write(say("SET a 1"));
  }

  private void write(Item... items) {
    index++;
    machine.apply(1, index, new Entry.Batch(new BatchId(NODE, 1, index), 1000, List.of(items)));
  }

  private static byte[][] argv(String line) {
    String[] words = line.split(" ", -1);
    byte[][] argv = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      argv[i] = Ascii.bytes(words[i]);
    }
    return argv;
  }

  private static Item say(String line) {
    return new Item.Single(argv(line));
  }

  private static Item ask(String line) {
    return new Item.LocalRead(requireNonNull(TABLE.find(argv(line))), argv(line));
  }

  private void read(String line, long nowMillis) {
    var unused = machine.read(requireNonNull(TABLE.find(argv(line))), argv(line), nowMillis, 1);
  }

  private void expect(long hits, long misses) {
    assertThat(List.of(machine.keyspaceHits(), machine.keyspaceMisses()))
        .containsExactly(hits, misses);
    machine.resetCounts();
  }

  @Test
  void eachKeyOfAReadIsLookedUpOnce() {
    read("GET a", 1000);
    expect(1, 0);
    read("GET b", 1000);
    expect(0, 1);
    read("MGET a b a", 1000);
    expect(2, 1);
    read("TTL a", 1000); // asks for the deadline, then whether the key is there
    expect(1, 0);
    read("TTL b", 1000);
    expect(0, 1);
    read("LLEN a", 1000); // of another type, and found
    expect(1, 0);
  }

  @Test
  void whatLooksNoKeyUpCountsNothing() {
    read("WATCH a", 1000);
    read("SCAN 0", 1000);
    read("DBSIZE", 1000);
    expect(0, 0);
  }

  @Test
  void aReadThatRidesInABatchCountsAndWritesDoNot() {
    write(say("SET b 1"), ask("GET b"), say("GETSET b 2"), say("DEL a"), ask("GET a"));
    expect(1, 1);
  }

  @Test
  void whatEveryReplicaAppliesIsNobodysHit() {
    write(new Item.Transaction(List.of(), List.of(argv("GET a"), argv("GET b"))));
    expect(0, 0);
  }

  @Test
  void aReadThatMustBeAskedAgainCountsOnce() {
    write(say("PEXPIRE a 500"));
    read("MGET b a", 2000); // the deadline lies ahead of machine time
    expect(0, 0);
    machine.apply(1, ++index, new Entry.Advance(2000));
    read("MGET b a", 2000);
    expect(0, 2);
  }
}
