package io.flotilla.statemachine.datatypes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.bytes.ByteSource;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A stream beside a sorted map of its entries, and a group beside a sorted map of what is pending:
 * the same answers after whatever was added, deleted, trimmed, delivered and claimed.
 */
class StreamValueTest {
  private static final EncodingLimits LIMITS = EncodingLimits.DEFAULT;

  private static EncodingLimits limits(int nodeMaxBytes, int nodeMaxEntries) {
    return new EncodingLimits(
        128, 64, -2, 0, 512, 128, 64, 128, 64, nodeMaxBytes, nodeMaxEntries, 3000);
  }

  private static byte[][] fields(String... texts) {
    return Arrays.stream(texts).map(Ascii::bytes).toArray(byte[][]::new);
  }

  private static List<String> texts(byte[][] fieldsAndValues) {
    return Arrays.stream(fieldsAndValues).map(Ascii::text).toList();
  }

  private static List<String> entries(StreamValue stream) {
    List<String> entries = new ArrayList<>();
    stream.range(
        StreamId.MIN,
        StreamId.MAX,
        (id, fieldsAndValues) -> entries.add(id + " " + texts(fieldsAndValues)));
    return entries;
  }

  /** The next id: mostly a little later, now and then by far, up to the last that there is. */
  private static StreamId nextId(Random random, StreamId last) {
    StreamId id =
        switch (random.nextInt(12)) {
          case 0 -> new StreamId(last.ms() + 1 + random.nextInt(100_000), random.nextInt(3));
          case 1 -> new StreamId(last.ms(), last.seq() + 1 + random.nextInt(1000));
          case 2 -> new StreamId(last.ms() + 1, random.nextLong());
          case 3 ->
              random.nextInt(40) == 0
                  ? new StreamId(last.ms() + (1L << (30 + random.nextInt(33))), 5)
                  : new StreamId(last.ms() + 1, 0);
          default -> new StreamId(last.ms() + random.nextInt(3), last.seq() + 1);
        };
    StreamId next = last.next();
    return id.isAfter(last) || next == null ? id : next;
  }

  private static byte[][] someFields(Random random) {
    byte[][] all = fields("name", "n", "level", "1");
    if (random.nextInt(5) == 0) {
      all = new byte[2 * (1 + random.nextInt(3))][];
      for (int i = 0; i < all.length; i++) {
        all[i] = Elements.any(random);
      }
    } else {
      all[1] = Elements.among(random, 1000);
    }
    return all;
  }

  private static StreamId someId(Random random, NavigableMap<StreamId, List<String>> twin) {
    if (twin.isEmpty() || random.nextInt(6) == 0) {
      return new StreamId(random.nextInt(1000), random.nextInt(5));
    }
    StreamId first = twin.firstKey();
    StreamId last = twin.lastKey();
    StreamId about =
        new StreamId(
            first.ms() + (long) (random.nextDouble() * (last.ms() - first.ms())),
            random.nextInt(4));
    StreamId found = twin.floorKey(about);
    return found == null || random.nextInt(4) == 0 ? about : found;
  }

  @Property(tries = 250)
  void aStreamAnswersAsItsTwin(@ForAll long seed) {
    Random random = new Random(seed);
    EncodingLimits limits =
        limits(List.of(4096, 0, 100, 20_000).get(random.nextInt(4)), random.nextInt(12) * 9);
    StreamValue stream = StreamValue.empty();
    NavigableMap<StreamId, List<String>> twin = new TreeMap<>();
    long added = 0;
    StreamId maxDeleted = StreamId.MIN;
    for (int step = 0; step < 400; step++) {
      switch (random.nextInt(14)) {
        case 0, 1 -> {
          StreamId id = someId(random, twin);
          boolean there = twin.remove(id) != null;
          assertThat(stream.contains(id)).isEqualTo(there);
          assertThat(stream.delete(id)).isEqualTo(there);
          maxDeleted = there && id.isAfter(maxDeleted) ? id : maxDeleted;
        }
        case 2 -> {
          if (random.nextInt(4) == 0) {
            long length = random.nextInt(twin.size() + 3);
            long went = Math.max(0, twin.size() - length);
            for (long i = 0; i < went; i++) {
              twin.pollFirstEntry();
            }
            assertThat(stream.trimToLength(length, false, 0)).isEqualTo(went);
          } else if (random.nextInt(4) == 0) {
            StreamId id = someId(random, twin);
            int before = twin.size();
            twin.headMap(id).clear();
            assertThat(stream.trimBefore(id, false, 0)).isEqualTo(before - twin.size());
          }
        }
        case 3 -> {
          StreamId from = someId(random, twin);
          StreamId to = someId(random, twin);
          List<String> expected = new ArrayList<>();
          if (!from.isAfter(to)) {
            twin.subMap(from, true, to, true).forEach((id, entry) -> expected.add(id + "" + entry));
          }
          List<String> forwards = new ArrayList<>();
          stream.range(from, to, (id, entry) -> forwards.add(id + "" + texts(entry)));
          assertThat(forwards).isEqualTo(expected);
          List<String> backwards = new ArrayList<>();
          stream.rangeBackwards(from, to, (id, entry) -> backwards.add(id + "" + texts(entry)));
          assertThat(backwards.reversed()).isEqualTo(expected);
        }
        default -> {
          for (int i = random.nextInt(12); i >= 0 && !stream.lastId().equals(StreamId.MAX); i--) {
            StreamId id = nextId(random, stream.lastId());
            byte[][] entry = someFields(random);
            stream.add(id, entry, limits);
            twin.put(id, texts(entry));
            added++;
          }
        }
      }
      stream.validate();
      assertThat(stream.size()).isEqualTo(twin.size());
      assertThat(stream.entriesAdded()).isEqualTo(added);
      assertThat(stream.maxDeletedId()).isEqualTo(maxDeleted);
      assertThat(stream.firstEntryId()).isEqualTo(twin.isEmpty() ? StreamId.MIN : twin.firstKey());
      assertThat(stream.lastEntryId()).isEqualTo(twin.isEmpty() ? StreamId.MIN : twin.lastKey());
    }
  }

  /** What is pending: when it was delivered, how often, and whose it is. */
  private record Pending(long delivered, long deliveries, String consumer) {}

  @Property(tries = 150)
  void aGroupAnswersAsItsTwin(@ForAll long seed) {
    Random random = new Random(seed);
    StreamGroup group = StreamValue.empty().addGroup(Ascii.bytes("g"), StreamId.MIN, 0);
    TreeMap<StreamId, Pending> twin = new TreeMap<>();
    int ids = 50 + random.nextInt(2000);
    for (int step = 0; step < 1500; step++) {
      String name = "c" + random.nextInt(5);
      StreamId id = new StreamId(random.nextInt(ids) - ids / 2, random.nextInt(2));
      switch (random.nextInt(8)) {
        case 0, 1 -> assertThat(group.settle(id)).isEqualTo(twin.remove(id) != null);
        case 2 -> {
          Map.Entry<StreamId, Pending> expected = twin.ceilingEntry(id);
          assertThat(shown(group.pendingFrom(id)))
              .isEqualTo(expected == null ? "nothing" : expected.toString());
        }
        case 3 -> {
          StreamConsumer consumer = group.consumer(Ascii.bytes(name));
          if (consumer != null && random.nextInt(60) == 0) {
            group.remove(consumer);
            twin.values().removeIf(pending -> pending.consumer.equals(name));
          } else if (consumer != null) {
            StreamId expected =
                twin.tailMap(id).entrySet().stream()
                    .filter(entry -> entry.getValue().consumer.equals(name))
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .orElse(null);
            assertThat(consumer.pendingFrom(id)).isEqualTo(expected);
          }
        }
        default -> {
          StreamConsumer known = group.consumer(Ascii.bytes(name));
          StreamConsumer consumer =
              known != null ? known : group.addConsumer(Ascii.bytes(name), step);
          group.pend(id, step, random.nextInt(9), consumer);
          PendingEntry entry = Objects.requireNonNull(group.pending(id));
          twin.put(id, new Pending(step, entry.deliveries(), name));
        }
      }
      if (step % 50 == 0) {
        group.validate();
      }
      assertThat(group.pendingCount()).isEqualTo(twin.size());
    }
    group.validate();
    assertThat(shown(group.lastPending()))
        .isEqualTo(twin.isEmpty() ? "nothing" : twin.lastEntry().toString());
  }

  private static String shown(@Nullable PendingEntry entry) {
    return entry == null
        ? "nothing"
        : entry.id()
            + "="
            + new Pending(
                entry.deliveredMillis(), entry.deliveries(), Ascii.text(entry.consumer().name()));
  }

  private static byte[] bytes(StreamValue stream, Chunks chunks) {
    ByteSink sink = new ByteSink(1000);
    sink.varint(stream.blockCount());
    chunks.showAll(visitor(sink));
    return sink.toByteArray();
  }

  private static ElementVisitor visitor(ByteSink sink) {
    return new ElementVisitor() {
      @Override
      public void element(byte[] array, int from, int length) {
        sink.block(array, from, length);
      }

      @Override
      public void score(double score) {
        throw new AssertionError("a stream has no scores");
      }

      @Override
      public void piece(byte[] array, int from, int length) {
        sink.raw(array, from, length);
      }
    };
  }

  private static void change(Random random, StreamValue stream, int steps) {
    for (int i = 0; i < steps && !stream.lastId().equals(StreamId.MAX); i++) {
      StreamId id = nextId(random, stream.lastId());
      stream.add(id, someFields(random), LIMITS);
      byte[] name = Ascii.bytes("g" + random.nextInt(3));
      StreamGroup known = stream.group(name);
      StreamGroup group = known != null ? known : stream.addGroup(name, StreamId.MIN, 0);
      byte[] consumerName = Ascii.bytes("c" + random.nextInt(4));
      StreamConsumer consumer = group.consumer(consumerName);
      if (consumer == null) {
        consumer = group.addConsumer(consumerName, i);
      } else if (random.nextInt(100) == 0) {
        group.remove(consumer);
        continue;
      }
      stream.readBy(group, id);
      group.pend(id, i, 1, consumer);
      if (random.nextInt(4) == 0) {
        PendingEntry first = group.pendingFrom(StreamId.MIN);
        if (first != null) {
          group.settle(first.id());
          stream.delete(first.id());
        }
      }
    }
  }

  @Property(tries = 100)
  void aCopyACaptureAndARestoredStreamStayAsTheyWere(@ForAll long seed) {
    Random random = new Random(seed);
    StreamValue stream = StreamValue.empty();
    change(random, stream, random.nextInt(1500));
    byte[] before = bytes(stream, new StreamPieces(stream, LeafSequence::all));
    final int blocks = stream.blockCount();
    final StreamValue copy = stream.copy();
    Chunks captured = stream.capture();
    change(random, stream, 300);
    stream.trimToLength(stream.size() / 2, random.nextBoolean(), 0);
    stream.validate();

    ByteSink sink = new ByteSink(1000);
    sink.varint(blocks);
    captured.showAll(visitor(sink));
    assertThat(sink.toByteArray()).isEqualTo(before);
    copy.validate();
    assertThat(bytes(copy, new StreamPieces(copy, LeafSequence::all))).isEqualTo(before);

    ByteSource source = new ByteSource(before);
    StreamValue restored = StreamValue.read(source);
    source.end();
    restored.validate();
    assertThat(entries(restored)).isEqualTo(entries(copy));
    assertThat(bytes(restored, restored.capture())).isEqualTo(before);
    // and both go on alike
    change(new Random(seed), copy, 100);
    change(new Random(seed), restored, 100);
    assertThat(bytes(restored, restored.capture())).isEqualTo(bytes(copy, copy.capture()));
  }

  @Test
  void whatIsNoStreamIsRefused() {
    StreamValue stream = StreamValue.empty();
    stream.add(new StreamId(1, 1), fields("a", "b"), LIMITS);
    stream.add(new StreamId(1, 2), fields("a", "b"), LIMITS);
    byte[] bytes = bytes(stream, stream.capture());
    for (int cut = 0; cut < bytes.length; cut++) {
      byte[] shorter = Arrays.copyOf(bytes, cut);
      assertThatThrownBy(() -> StreamValue.read(new ByteSource(shorter)))
          .as("cut at %s", cut)
          .isInstanceOf(CorruptException.class);
    }
    byte[] swapped = bytes.clone();
    swapped[swapped.length - 2]++; // the last entry is far behind the newest
    swapped[swapped.length - 3] = (byte) 0xff;
    assertThatThrownBy(() -> StreamValue.read(new ByteSource(swapped)))
        .isInstanceOf(CorruptException.class);
  }

  /** Trimming with ~ takes whole blocks, so where they end is a promise: as a node of Redis. */
  @Test
  void aBlockHoldsAHundredEntriesOrFourKilobytesDeletedOnesIncluded() {
    StreamValue stream = StreamValue.empty();
    for (int i = 1; i <= 100; i++) {
      stream.add(new StreamId(i, 0), fields("n", "" + i), LIMITS);
    }
    assertThat(stream.blockCount()).isEqualTo(1);
    for (int i = 2; i < 100; i++) {
      stream.delete(new StreamId(i, 0));
    }
    stream.add(new StreamId(101, 0), fields("n", "101"), LIMITS);
    assertThat(stream.blockCount()).as("the deleted count").isEqualTo(2);
    assertThat(stream.trimToLength(1, true, 0)).isEqualTo(2);
    assertThat(stream.blockCount()).isEqualTo(1);

    StreamValue large = StreamValue.empty();
    for (int i = 1; i <= 8; i++) {
      large.add(new StreamId(i, 0), fields("field", "v".repeat(1000)), LIMITS);
    }
    assertThat(large.blockCount()).as("four of 1000 bytes a block").isEqualTo(2);
    assertThat(large.trimBefore(new StreamId(4, 0), true, 0)).isEqualTo(0);
    assertThat(large.trimBefore(new StreamId(5, 0), true, 0)).isEqualTo(4);
    large.add(new StreamId(9, 0), fields("giant", "v".repeat(100_000)), LIMITS);
    assertThat(large.blockCount()).isEqualTo(2);
  }

  /** The point of the form: an entry costs its packed values and a few bytes. */
  @Test
  void anEntryCostsLittleBesideItsValues() {
    StreamValue stream = StreamValue.empty();
    int entries = 100_000;
    for (int i = 0; i < entries; i++) {
      StreamId id = new StreamId(1_700_000_000_000L + i / 3, i % 3);
      stream.add(id, fields("sensor", "" + i, "value", "0.123456"), LIMITS);
    }
    // packed values: 4 and 9 bytes; id and flags 3; the block's head, fields and arrays 1
    assertThat(stream.capacity()).isLessThan(18L * entries);
  }
}
