package io.flotilla.statemachine.simulation;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.EntryCodec;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.rdb.DumpPayload;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A log of random entries over every command in the table, so that a command that lands tomorrow is
 * in the properties of today.
 *
 * <p>Arguments are drawn by the command's own reference line: its option words, few keys (so that
 * commands meet), small numbers, floats, odd strings. Most lines make sense often enough; the rest
 * are errors, which must be as deterministic as successes.
 */
final class RandomHistory {
  private static final NodeId NODE = new NodeId("aa".repeat(20));
  private static final String[] VALUES = {
    "0",
    "1",
    "2",
    "3",
    "-1",
    "-2",
    "5",
    "10",
    "100",
    "1.5",
    "-0.25",
    "3e2",
    "a",
    "b",
    "c",
    "hello",
    "",
    "\u0000\u00ff",
    "x".repeat(80),
    "9223372036854775807",
    "-9223372036854775808",
    "inf",
    "*",
    "[ab]*",
    "(1",
    "+",
    "-"
  };

  /**
   * Lines of streams that chance alone would hardly hit: k a key, g a group, c a consumer, i an id,
   * j an id that XADD may be given, n a number.
   */
  private static final String[] STREAM_LINES = {
    "XADD k j f v",
    "XADD k j f v g w",
    "XADD k * f n",
    "XADD k MAXLEN ~ n j f v",
    "XADD k MAXLEN n j f v",
    "XDEL k i i",
    "XTRIM k MINID i",
    "XTRIM k MAXLEN ~ n LIMIT n",
    "XSETID k j ENTRIESADDED n",
    "XRANGE k i i COUNT n",
    "XREVRANGE k + i COUNT n",
    "XREAD COUNT n STREAMS k k i i",
    "XREAD BLOCK 5 STREAMS k $",
    "XGROUP CREATE k g i MKSTREAM",
    "XGROUP CREATE k g $ ENTRIESREAD n",
    "XGROUP SETID k g i",
    "XGROUP CREATECONSUMER k g c",
    "XGROUP DELCONSUMER k g c",
    "XGROUP DESTROY k g",
    "XREADGROUP GROUP g c COUNT n STREAMS k >",
    "XREADGROUP GROUP g c STREAMS k >",
    "XREADGROUP GROUP g c NOACK BLOCK 5 STREAMS k >",
    "XREADGROUP GROUP g c COUNT n STREAMS k i",
    "XACK k g i i i",
    "XCLAIM k g c n i i",
    "XCLAIM k g c 0 i FORCE JUSTID LASTID i",
    "XCLAIM k g c 0 i IDLE n RETRYCOUNT n",
    "XAUTOCLAIM k g c n i COUNT n",
    "XAUTOCLAIM k g c 0 - JUSTID",
    "XPENDING k g",
    "XPENDING k g IDLE n - + n c",
    "XINFO STREAM k FULL",
    "XINFO GROUPS k",
    "XINFO CONSUMERS k g"
  };

  private final Random random;
  private final List<Command> commands = new ArrayList<>();
  private long stamp = 1_000_000;
  private long number;

  RandomHistory(CommandTable table, Random random) {
    this(table, random, Set.of());
  }

  /** Without the commands of these names: those that reach beyond the history's own keys. */
  RandomHistory(CommandTable table, Random random, Set<String> without) {
    this.random = random;
    for (Command command : table.all()) {
      boolean runs =
          command.body() instanceof Command.Body.Write
              || command.body() instanceof Command.Body.Read;
      if (runs && !without.contains(command.fullName())) {
        commands.add(command);
      }
    }
  }

  /** What a shard's log begins with. */
  List<Entry> beginning() {
    return List.of(
        new Entry.Genesis(stamp, new SipHash(3, 4)),
        new Entry.Own(stamp, List.of(new Entry.SlotRange(0, HashSlot.COUNT - 1, 1))),
        new Entry.Raise(stamp, 1));
  }

  /** Entries that give most keys values of 100 KB and more, of every type. */
  List<Entry> largeKeys() {
    List<Entry> entries = new ArrayList<>();
    for (int key = 10; key < 12; key++) {
      largeStream(Ascii.bytes("{k}" + key), entries);
    }
    for (int key = 0; key < 10; key++) {
      List<byte[]> argv = new ArrayList<>();
      int type = key % 5;
      argv.add(Ascii.bytes(List.of("SET", "HSET", "RPUSH", "SADD", "ZADD").get(type)));
      argv.add(Ascii.bytes("{k}" + key));
      if (type == 0) {
        argv.add(Ascii.bytes("s".repeat(random.nextInt(400_000))));
      }
      for (int i = 2000 + random.nextInt(4000); type > 0 && i > 0; i--) {
        if (type == 4) {
          argv.add(Ascii.bytes("" + (random.nextInt(2000) - 1000) / 8.0));
        } else if (type == 1) {
          argv.add(Ascii.bytes("f" + i));
        }
        boolean giant = random.nextInt(2000) == 0;
        argv.add(Ascii.bytes((giant ? "g".repeat(random.nextInt(300_000)) : "element:") + i));
      }
      entries.add(single(argv));
      if (type == 0) {
        entries.add(
            single(List.of(Ascii.bytes("APPEND"), Ascii.bytes("{k}" + key), Ascii.bytes("x"))));
      }
    }
    return entries;
  }

  /** A stream of thousands of entries, most of them pending in a group. */
  private void largeStream(byte[] key, List<Entry> entries) {
    List<Item> items = new ArrayList<>();
    for (int i = 1000 + random.nextInt(2000); i > 0; i--) {
      boolean giant = random.nextInt(1000) == 0;
      String value = (giant ? "g".repeat(random.nextInt(300_000)) : "element:") + i;
      items.add(words(key, "XADD", "k", "*", "field", value));
    }
    items.add(words(key, "XGROUP", "CREATE", "k", "g0", "0"));
    for (int i = 0; i < 4; i++) {
      items.add(
          words(
              key, "XREADGROUP", "GROUP", "g0", "c" + i % 3, "COUNT", "600", "STREAMS", "k", ">"));
    }
    Entry entry = new Entry.Batch(new BatchId(NODE, 1, number++), stamp, items);
    entries.add(EntryCodec.decode(ByteBuffer.wrap(EntryCodec.encode(entry))));
  }

  private static Item words(byte[] key, String... words) {
    byte[][] argv = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      argv[i] = words[i].equals("k") ? key : Ascii.bytes(words[i]);
    }
    return new Item.Single(argv);
  }

  private Entry single(List<byte[]> argv) {
    Entry entry =
        new Entry.Batch(
            new BatchId(NODE, 1, number++),
            stamp,
            List.of(new Item.Single(argv.toArray(byte[][]::new))));
    return EntryCodec.decode(ByteBuffer.wrap(EntryCodec.encode(entry)));
  }

  /** The next entry, as a replica reads it from its log. */
  Entry next() {
    stamp += random.nextInt(4) == 0 ? random.nextInt(60) : 0;
    Entry entry =
        switch (random.nextInt(30)) {
          case 0 -> new Entry.Advance(stamp + random.nextInt(50));
          case 1 -> new Entry.Sweep(stamp, List.of(key(), key(), key()));
          case 2 ->
              new Entry.Settle(
                  stamp,
                  random.nextInt(200),
                  Map.of(
                      "hash-max-listpack-entries",
                      "" + random.nextInt(6),
                      "list-max-listpack-size",
                      "3",
                      "stream-node-max-entries",
                      "" + random.nextInt(5)));
          default -> batch();
        };
    return EntryCodec.decode(ByteBuffer.wrap(EntryCodec.encode(entry)));
  }

  private Entry.Batch batch() {
    List<Item> items = new ArrayList<>();
    int size = 1 + random.nextInt(12);
    for (int i = 0; i < size; i++) {
      if (random.nextInt(10) == 0) {
        List<Item.Watched> watched = new ArrayList<>();
        for (int w = random.nextInt(3); w > 0; w--) {
          watched.add(new Item.Watched(key(), random.nextInt(300)));
        }
        List<byte[][]> queue = new ArrayList<>();
        for (int c = random.nextInt(5); c >= 0; c--) {
          queue.add(line());
        }
        items.add(new Item.Transaction(watched, queue));
      } else {
        items.add(new Item.Single(line()));
      }
    }
    return new Entry.Batch(new BatchId(NODE, 1, ++number), stamp, items);
  }

  /** A command line with arguments that fit its reference more or less. */
  byte[][] line() {
    if (random.nextInt(5) == 0) {
      return streamLine();
    }
    Command command = commands.get(random.nextInt(commands.size()));
    String[] words = command.reference().replaceAll("[\\[\\]<>|.]", " ").trim().split(" +", -1);
    String[] name = command.fullName().split("\\|", -1);
    List<byte[]> argv = new ArrayList<>();
    for (String part : name) {
      argv.add(Ascii.bytes(part));
    }
    int least = Math.abs(command.arity());
    int count = command.arity() > 0 ? least : least + random.nextInt(5);
    List<String> options = new ArrayList<>();
    for (int i = name.length; i < words.length; i++) {
      if (words[i].equals(words[i].toUpperCase(java.util.Locale.ROOT))
          && words[i].matches("[A-Z]+")) {
        options.add(words[i]);
      }
    }
    for (int i = name.length; argv.size() < count; i++) {
      String word = i < words.length ? words[i] : "value";
      boolean isKey =
          (word.contains("key") && !word.equals("numkeys"))
              || word.equals("source")
              || word.equals("destination");
      if (isKey) {
        argv.add(key());
      } else if (word.equals("numkeys") || word.equals("numfields")) {
        argv.add(Ascii.bytes("" + (1 + random.nextInt(2))));
      } else if (word.equals("ttl")) {
        argv.add(Ascii.bytes(random.nextInt(3) == 0 ? "" + random.nextInt(200) : "0"));
      } else if (word.equals("serialized-value")) {
        argv.add(payload());
      } else if (word.equals("FIELDS")) {
        argv.add(Ascii.bytes(word));
      } else if (!options.isEmpty() && random.nextInt(3) == 0) {
        argv.add(Ascii.bytes(options.get(random.nextInt(options.size()))));
      } else if (word.contains("time") && random.nextInt(2) == 0) {
        argv.add(Ascii.bytes("" + (stamp + random.nextInt(200) - 50)));
      } else {
        argv.add(Ascii.bytes(VALUES[random.nextInt(VALUES.length)]));
      }
    }
    return argv.toArray(byte[][]::new);
  }

  private byte[][] streamLine() {
    String[] words = STREAM_LINES[random.nextInt(STREAM_LINES.length)].split(" ", -1);
    byte[][] argv = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      argv[i] =
          switch (i == 0 ? "" : words[i]) {
            case "k" -> Ascii.bytes("{k}" + random.nextInt(4));
            case "g" -> Ascii.bytes("g" + random.nextInt(2));
            case "c" -> Ascii.bytes("c" + random.nextInt(3));
            case "n" -> Ascii.bytes("" + random.nextInt(12));
            case "i" -> Ascii.bytes(random.nextInt(60) + "-" + random.nextInt(3));
            case "j" -> Ascii.bytes(random.nextInt(60) + (random.nextInt(4) == 0 ? "-*" : "-1"));
            default -> Ascii.bytes(words[i]);
          };
    }
    return argv;
  }

  /** What DUMP would answer of some small value. */
  private byte[] payload() {
    SipHash hash = new SipHash(3, 4);
    byte[] element = Ascii.bytes(VALUES[random.nextInt(VALUES.length)]);
    Value value =
        switch (random.nextInt(4)) {
          case 0 -> StringValue.of(element);
          case 1 -> {
            ListValue list = ListValue.empty();
            list.restore(element);
            list.restore(element);
            yield list;
          }
          case 2 -> {
            HashValue fields = HashValue.empty(hash);
            fields.set(element, element, EncodingLimits.DEFAULT);
            fields.deadline(element, stamp + random.nextInt(200));
            yield fields;
          }
          default -> {
            SortedSetValue set = SortedSetValue.empty(hash, random.nextBoolean());
            set.put(element, random.nextInt(10), EncodingLimits.DEFAULT);
            yield set;
          }
        };
    return DumpPayload.of(value);
  }

  private byte[] key() {
    return Ascii.bytes("{k}" + random.nextInt(12));
  }
}
