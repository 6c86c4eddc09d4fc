package io.flotilla.statemachine.apply;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A version is the index of an entry, and an entry holds the commands of many clients: a WATCH that
 * rides between two of them, which change the same key, must not take the second change for the
 * first.
 */
class WatchWithinAnEntryTest {
  private static final NodeId NODE = new NodeId("ab".repeat(20));
  private static final CommandTable TABLE = new CommandTable(Families.ALL);
  private static final Command WATCH = requireNonNull(TABLE.find(Ascii.bytes("watch")));

  private final ShardMachine machine = new ShardMachine(TABLE, 1, check -> {});
  private long index;

  @BeforeEach
  void begin() {
    apply(new Entry.Genesis(1000, new SipHash(1, 2)));
    apply(new Entry.Own(1000, List.of(new Entry.SlotRange(0, HashSlot.COUNT - 1, 1))));
  }

  private Reply[] apply(Entry entry) {
    return machine.apply(1, ++index, entry);
  }

  private Reply[] batch(Item... items) {
    return apply(new Entry.Batch(new BatchId(NODE, 1, index), 1000, List.of(items)));
  }

  private static byte[][] argv(String... words) {
    byte[][] argv = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      argv[i] = Ascii.bytes(words[i]);
    }
    return argv;
  }

  private static Item say(String... words) {
    return new Item.Single(argv(words));
  }

  private static Item watch(String... keys) {
    byte[][] argv = new byte[keys.length + 1][];
    argv[0] = Ascii.bytes("WATCH");
    System.arraycopy(argv(keys), 0, argv, 1, keys.length);
    return new Item.LocalRead(WATCH, argv);
  }

  private boolean isDone(String key, Reply watched) {
    if (!(watched instanceof Reply.Array versions)
        || !(versions.elements().getFirst() instanceof Reply.Int version)) {
      throw new AssertionError("WATCH is answered " + watched);
    }
    Reply reply =
        batch(
            new Item.Transaction(
                List.of(new Item.Watched(Ascii.bytes(key), version.value())),
                List.<byte[][]>of(argv("SET", key, "mine"))))[0];
    return !reply.equals(Reply.NIL_ARRAY);
  }

  @Test
  void aChangeBehindTheWatchInTheSameEntryAborts() {
    Reply[] replies = batch(say("SET", "k", "1"), watch("k"), say("SET", "k", "2"));
    assertThat(isDone("k", replies[1])).isFalse();
  }

  @Test
  void aChangeByATransactionBehindTheWatchAborts() {
    Reply[] replies =
        batch(
            say("SET", "k", "1"),
            watch("k"),
            new Item.Transaction(List.of(), List.of(argv("PING"), argv("APPEND", "k", "2"))));
    assertThat(isDone("k", replies[1])).isFalse();
  }

  @Test
  void aKeyThatAppearsWhereOneOfItsSlotWasDeletedInTheSameEntryAborts() {
    batch(say("SET", "{s}a", "1"));
    Reply[] replies = batch(say("DEL", "{s}a"), watch("{s}k"), say("SET", "{s}k", "1"));
    assertThat(isDone("{s}k", replies[1])).isFalse();
  }

  @Test
  void aFlushBehindTheWatchAborts() {
    Reply[] replies = batch(say("SET", "k", "1"), watch("k"), say("FLUSHALL"));
    assertThat(isDone("k", replies[1])).isFalse();
  }

  @Test
  void whatTouchesOtherKeysDoesNotAbort() {
    Reply[] replies = batch(say("SET", "k", "1"), watch("k"), say("SET", "other", "2"));
    assertThat(isDone("k", replies[1])).isTrue();
  }
}
