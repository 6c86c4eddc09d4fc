package io.flotilla.statemachine.simulation;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.EntryCodec;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.metadata.NodeId;
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
                      "3"));
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

  private byte[] key() {
    return Ascii.bytes("{k}" + random.nextInt(12));
  }
}
