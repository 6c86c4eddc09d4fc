package io.flotilla.statemachine.rdb;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.bytes.Doubles;
import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.datatypes.PackedElement;
import io.flotilla.statemachine.datatypes.PendingEntry;
import io.flotilla.statemachine.datatypes.SetValue;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.datatypes.StreamConsumer;
import io.flotilla.statemachine.datatypes.StreamGroup;
import io.flotilla.statemachine.datatypes.StreamId;
import io.flotilla.statemachine.datatypes.StreamValue;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Values in RDB notation: packed where they are packed here, else plain.
 *
 * <p>All that there is since Redis 7.0 is written for it, so that 7.0 and 7.2 both read it: a small
 * set goes as a plain one, since its packed kind came with 7.2, and becomes small again there; of a
 * stream's consumer is not told when it was last given entries. Only a hash whose fields have
 * deadlines needs Redis 7.4.
 */
final class RdbWriter {
  /** A node of a list: what a large list's node holds in Redis by default. */
  private static final int NODE_BYTES = 8192;

  /** A node of a stream: what Redis's holds by default. */
  private static final int NODE_ENTRIES = 100;

  private static final int CONTAINER_PACKED = 2;
  private static final int LISTPACK_FRAME = 7;
  private static final int UNCOUNTED = 0xffff;

  private final ByteSink sink;

  RdbWriter(ByteSink sink) {
    this.sink = sink;
  }

  /** Writes the kind of a value and the value. */
  void write(Value value) {
    switch (value) {
      case StringValue string -> {
        sink.u8(RdbType.STRING);
        string(string.array(), string.length());
      }
      case ListValue list -> {
        sink.u8(RdbType.LIST_QUICKLIST_2);
        list(list);
      }
      case SetValue set -> {
        boolean integers = set.form() == SetValue.Form.INTEGERS;
        sink.u8(integers ? RdbType.SET_INTSET : RdbType.SET);
        if (integers) {
          integers(set);
        } else {
          length(set.size());
          set.forEach(this::string);
        }
      }
      case SortedSetValue set -> {
        sink.u8(set.isLarge() ? RdbType.SORTED_SET_2 : RdbType.SORTED_SET_LISTPACK);
        if (set.isLarge()) {
          length(set.size());
          set.visitRange(
              set.size() - 1,
              set.size(),
              true,
              (member, score) -> {
                string(member);
                littleEndian(Double.doubleToRawLongBits(score), Long.BYTES);
              });
        } else {
          Listpack pack = new Listpack();
          set.forEach((member, score) -> {
            pack.add(member);
            pack.add(Ascii.bytes(Doubles.format(score)));
          });
          pack.write();
        }
      }
      case StreamValue stream -> {
        sink.u8(RdbType.STREAM_2);
        stream(stream);
      }
      case HashValue hash when hash.deadlines() > 0 -> {
        sink.u8(RdbType.HASH_DEADLINES);
        long first = hash.firstDeadlineMillis();
        littleEndian(first, Long.BYTES);
        length(hash.size());
        hash.forEach((field, content) -> {
          long deadline = hash.deadlineMillis(field);
          length(deadline < 0 ? 0 : deadline - first + 1);
          string(field);
          string(content);
        });
      }
      case HashValue hash -> {
        sink.u8(hash.isLarge() ? RdbType.HASH : RdbType.HASH_LISTPACK);
        if (hash.isLarge()) {
          length(hash.size());
          hash.forEach((field, content) -> {
            string(field);
            string(content);
          });
        } else {
          Listpack pack = new Listpack();
          hash.forEach((field, content) -> {
            pack.add(field);
            pack.add(content);
          });
          pack.write();
        }
      }
    }
  }

  /** A length in as few bytes as it takes. */
  void length(long length) {
    if (length >= 0 && length < 0x40) {
      sink.u8((int) length);
    } else if (length >= 0 && length < 0x4000) {
      sink.u8(0x40 | (int) (length >> 8)).u8((int) length);
    } else if (length >>> 32 == 0) {
      sink.u8(0x80).u32((int) length);
    } else {
      sink.u8(0x81).u64(length);
    }
  }

  void littleEndian(long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      sink.u8((int) (value >>> (i * Byte.SIZE)));
    }
  }

  private void string(byte[] bytes) {
    string(bytes, bytes.length);
  }

  private void string(byte[] bytes, int length) {
    length(length);
    sink.raw(bytes, 0, length);
  }

  private void integers(SetValue set) {
    long[] values = new long[(int) set.size()];
    int[] count = {0};
    set.forEach(member -> values[count[0]++] = Integers.parseStrict(member));
    long least = values[0];
    long most = values[values.length - 1];
    int width = 8;
    if (least >= Short.MIN_VALUE && most <= Short.MAX_VALUE) {
      width = 2;
    } else if (least >= Integer.MIN_VALUE && most <= Integer.MAX_VALUE) {
      width = 4;
    }
    length(8L + (long) width * values.length);
    littleEndian(width, 4);
    littleEndian(values.length, 4);
    for (long value : values) {
      littleEndian(value, width);
    }
  }

  /** The number of nodes stands before them, so they are put together first. */
  private void list(ListValue list) {
    ByteSink nodes = new ByteSink(NODE_BYTES * 2);
    RdbWriter inner = new RdbWriter(nodes);
    long[] count = {0};
    Listpack[] pack = {inner.new Listpack()};
    list.forEach(element -> {
      if (pack[0].count > 0 && pack[0].bytes() + element.length > NODE_BYTES) {
        inner.node(pack[0]);
        count[0]++;
        pack[0] = inner.new Listpack();
      }
      pack[0].add(element);
    });
    inner.node(pack[0]);
    length(count[0] + 1);
    sink.raw(nodes.array(), 0, nodes.size());
  }

  private void node(Listpack pack) {
    length(CONTAINER_PACKED);
    pack.write();
  }

  // ---------------------------------------------------------------- streams

  /** As {@link RdbStream} reads it; the number of nodes stands first. */
  private void stream(StreamValue stream) {
    ByteSink nodes = new ByteSink(NODE_BYTES);
    RdbWriter inner = new RdbWriter(nodes);
    List<Entry> entries = new ArrayList<>();
    long[] counts = {0, 0}; // of nodes, and of bytes in the last one
    stream.range(
        StreamId.MIN,
        StreamId.MAX,
        (id, fieldsAndValues) -> {
          if (entries.size() == NODE_ENTRIES || counts[1] > NODE_BYTES) {
            inner.node(entries);
            counts[0]++;
            counts[1] = 0;
            entries.clear();
          }
          entries.add(new Entry(id, fieldsAndValues));
          for (byte[] each : fieldsAndValues) {
            counts[1] += each.length;
          }
          return true;
        });
    if (!entries.isEmpty()) {
      inner.node(entries);
      counts[0]++;
    }
    length(counts[0]);
    sink.raw(nodes.array(), 0, nodes.size());
    length(stream.size());
    id(stream.lastId());
    id(stream.firstEntryId());
    id(stream.maxDeletedId());
    length(stream.entriesAdded());
    length(stream.groups().size());
    stream.groups().forEach(this::group);
  }

  /** An entry on its way into a node. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Entry(StreamId id, byte[][] fieldsAndValues) {}

  private void id(StreamId id) {
    length(id.ms());
    length(id.seq());
  }

  private void rawId(StreamId id) {
    sink.u64(id.ms()).u64(id.seq());
  }

  /** Entries in one listpack, all with fields of their own: the node has none. */
  private void node(List<Entry> entries) {
    StreamId first = entries.get(0).id;
    length(2 * Long.BYTES);
    rawId(first);
    Listpack pack = new Listpack();
    pack.add(entries.size());
    pack.add(0);
    pack.add(0);
    pack.add(0);
    for (Entry entry : entries) {
      pack.add(0);
      pack.add(entry.id.ms() - first.ms());
      pack.add(entry.id.seq() - first.seq());
      pack.add(entry.fieldsAndValues.length / 2);
      for (byte[] each : entry.fieldsAndValues) {
        pack.add(each);
      }
      pack.add(entry.fieldsAndValues.length + 4L);
    }
    pack.write();
  }

  private void group(StreamGroup group) {
    string(group.name());
    id(group.lastId());
    length(group.entriesRead());
    length(group.pendingCount());
    for (PendingEntry entry = group.pendingFrom(StreamId.MIN); entry != null; ) {
      rawId(entry.id());
      littleEndian(entry.deliveredMillis(), Long.BYTES);
      length(entry.deliveries());
      StreamId next = entry.id().next();
      entry = next == null ? null : group.pendingFrom(next);
    }
    length(group.consumers().size());
    for (StreamConsumer consumer : group.consumers()) {
      string(consumer.name());
      littleEndian(consumer.seenMillis(), Long.BYTES);
      length(consumer.pendingCount());
      for (StreamId id = consumer.pendingFrom(StreamId.MIN); id != null; ) {
        rawId(id);
        StreamId next = id.next();
        id = next == null ? null : consumer.pendingFrom(next);
      }
    }
  }

  /** Elements side by side, as {@link Blob#listpack} reads them. */
  private final class Listpack {
    private final ByteSink entries = new ByteSink(128);
    private long count;

    int bytes() {
      return entries.size();
    }

    void add(long number) {
      add(Integers.format(number));
    }

    void add(byte[] element) {
      byte[] packed = PackedElement.of(element);
      entries.raw(packed, 0, packed.length);
      int back = Blob.backBytes(packed.length);
      for (int i = 0; i < back; i++) {
        int bits = packed.length >>> (7 * (back - 1 - i)) & 0x7f;
        entries.u8(i > 0 ? bits | 0x80 : bits);
      }
      count++;
    }

    void write() {
      int total = entries.size() + LISTPACK_FRAME;
      length(total);
      littleEndian(total, 4);
      littleEndian(Math.min(count, UNCOUNTED), 2);
      sink.raw(entries.array(), 0, entries.size());
      sink.u8(0xff);
    }
  }
}
