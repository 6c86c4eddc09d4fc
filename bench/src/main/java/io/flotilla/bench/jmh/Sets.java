package io.flotilla.bench.jmh;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.EntryCodec;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The SETs that all benchmarks here take: the same keys and values in every run. */
final class Sets {
  /** The keys that there are. */
  static final int KEYS = 100_000;

  /** The commands of one batch: what some hundred connections have gathered. */
  static final int BATCH = 1000;

  /** As in the load harness. */
  private static final int VALUE_BYTES = 64;

  /** The time of all entries, Unix milliseconds. */
  static final long NOW_MILLIS = 1_700_000_000_000L;

  private static final NodeId NODE = new NodeId("ab".repeat(20));

  private Sets() {}

  static byte[] key(int number) {
    return Ascii.bytes("key:" + number);
  }

  /** Keys by chance, so that a processor's caches cannot know the next one. */
  static byte[][] keys(int count) {
    Random random = new Random(7);
    byte[][] keys = new byte[count][];
    for (int i = 0; i < count; i++) {
      keys[i] = key(random.nextInt(KEYS));
    }
    return keys;
  }

  /** SET of a key. */
  static byte[][] command(byte[] key) {
    return new byte[][] {Ascii.bytes("SET"), key, Ascii.bytes("x".repeat(VALUE_BYTES))};
  }

  /** A batch of SETs as it stands in the log. */
  static byte[] batch(long number, byte[][] keys, int from) {
    List<Item> items = new ArrayList<>(BATCH);
    for (int i = from; i < from + BATCH; i++) {
      items.add(new Item.Single(command(keys[i])));
    }
    return EntryCodec.encode(new Entry.Batch(new BatchId(NODE, 1, number), NOW_MILLIS, items));
  }
}
