package io.flotilla.statemachine.rdb;

import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.datatypes.StreamConsumer;
import io.flotilla.statemachine.datatypes.StreamGroup;
import io.flotilla.statemachine.datatypes.StreamId;
import io.flotilla.statemachine.datatypes.StreamValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A stream out of its RDB notation.
 *
 * <pre>
 *   nodes (id:16 listpack)*  entries last.ms last.seq [first.ms first.seq deleted.ms deleted.seq added]
 *   groups (name last.ms last.seq [read] pending (id:16 delivered:u64 deliveries)*
 *           consumers (name seen:u64 [active:u64] pending (id:16)*)*)*
 *
 *   listpack  entries deleted fields field* 0 | entry*
 *   entry     flags ms seq value* elements            fields of the node
 *             flags ms seq fields (field value)* elements
 * </pre>
 *
 * <p>Ids are distances from the node's. What is in brackets came with the second kind (Redis 7.0),
 * when a consumer was last given entries with the third (7.2). Which entries shared a node is not
 * kept: the stream fills its blocks anew.
 */
final class RdbStream {
  static final int DELETED = 1;
  static final int SAME_FIELDS = 2;

  private final RdbSource source;
  private final EncodingLimits limits;
  private final int type;
  private final StreamValue stream = StreamValue.empty();

  RdbStream(RdbSource source, EncodingLimits limits, int type) {
    this.source = source;
    this.limits = limits;
    this.type = type;
  }

  private static void check(boolean fits, String what) {
    if (!fits) {
      throw new CorruptException(what);
    }
  }

  StreamValue read() {
    for (long left = source.count(); left > 0; left--) {
      ByteBuffer id = ByteBuffer.wrap(source.string());
      check(id.capacity() == 2 * Long.BYTES, "a node whose id is none");
      node(new StreamId(id.getLong(), id.getLong()));
    }
    check(source.length() == stream.size(), "a stream of another number of entries");
    StreamId last = id();
    check(!stream.lastEntryId().isAfter(last), "a stream whose last id is before its entries");
    StreamId deleted = StreamId.MIN;
    long added = stream.size();
    if (type != RdbType.STREAM) {
      id(); // the first one, which is found anyway
      deleted = id();
      added = source.length();
      check(added >= stream.size(), "a stream that had fewer entries than it has");
    }
    stream.remember(last, added, deleted);
    for (long left = source.count(); left > 0; left--) {
      group();
    }
    return stream;
  }

  private StreamId id() {
    long ms = source.length();
    return new StreamId(ms, source.length());
  }

  private StreamId rawId() {
    ByteBuffer id = ByteBuffer.wrap(source.raw(2 * Long.BYTES));
    return new StreamId(id.getLong(), id.getLong());
  }

  // ---------------------------------------------------------------- entries

  /** The elements of a node, one after the other. */
  private static final class Elements {
    private final List<byte[]> all = new ArrayList<>();
    private int next;

    byte[] bytes() {
      check(next < all.size(), "an entry ends behind its node");
      return all.get(next++);
    }

    long number() {
      byte[] digits = bytes();
      check(Integers.isStrict(digits), "text where a number belongs");
      return Integers.parseStrict(digits);
    }

    int count(int each) {
      long count = number();
      check(count >= 0 && count <= (all.size() - next) / each, "more fields than there are");
      return (int) count;
    }

    boolean isAtEnd() {
      return next == all.size();
    }
  }

  private void node(StreamId id) {
    Elements elements = new Elements();
    Blob.listpack(source.string(), elements.all::add);
    long entries = elements.number();
    long deleted = elements.number();
    byte[][] fields = new byte[elements.count(1)][];
    for (int i = 0; i < fields.length; i++) {
      fields[i] = elements.bytes();
    }
    check(elements.number() == 0, "a node whose head does not end");
    while (!elements.isAtEnd()) {
      long flags = elements.number();
      StreamId entry = new StreamId(id.ms() + elements.number(), id.seq() + elements.number());
      boolean same = (flags & SAME_FIELDS) != 0;
      int pairs = same ? fields.length : elements.count(2);
      byte[][] content = new byte[2 * pairs][];
      for (int i = 0; i < pairs; i++) {
        content[2 * i] = same ? fields[i] : elements.bytes();
        content[2 * i + 1] = elements.bytes();
      }
      long took = same ? pairs + 3L : 2L * pairs + 4;
      check(elements.number() == took, "an entry of another number of elements");
      if ((flags & DELETED) != 0) {
        deleted--;
      } else {
        entries--;
        check(pairs > 0 && entry.isAfter(stream.lastId()), "entries that do not ascend");
        stream.add(entry, content, limits);
      }
    }
    check(entries == 0 && deleted == 0, "a node of another number of entries");
  }

  // ---------------------------------------------------------------- groups

  /** What is known of a pending entry before its consumer is. */
  private record Delivered(long millis, long times) {}

  private void group() {
    byte[] name = source.string();
    check(stream.group(name) == null, "a group comes twice");
    StreamId last = id();
    long read;
    if (type == RdbType.STREAM) {
      read = stream.countUpTo(last); // Redis before 7.0 did not count
    } else {
      read = source.length();
      check(read >= StreamGroup.UNKNOWN, "a group that has read " + read + " entries");
    }
    StreamGroup group = stream.addGroup(name, last, read);
    Map<StreamId, Delivered> pending = new TreeMap<>();
    for (long left = source.count(); left > 0; left--) {
      StreamId id = rawId();
      long delivered = source.littleEndian(Long.BYTES);
      Delivered before = pending.put(id, new Delivered(delivered, source.length()));
      check(before == null, "a pending entry comes twice");
    }
    for (long left = source.count(); left > 0; left--) {
      consumer(group, pending);
    }
    check(pending.isEmpty(), "a pending entry without a consumer");
  }

  private void consumer(StreamGroup group, Map<StreamId, Delivered> pending) {
    byte[] name = source.string();
    check(group.consumer(name) == null, "a consumer comes twice");
    long seen = source.littleEndian(Long.BYTES);
    StreamConsumer consumer = group.addConsumer(name, seen);
    consumer.active(type == RdbType.STREAM_3 ? source.littleEndian(Long.BYTES) : seen);
    for (long left = source.count(); left > 0; left--) {
      StreamId id = rawId();
      Delivered delivered = pending.remove(id);
      if (delivered == null) {
        throw new CorruptException("a consumer's entry is not its group's");
      }
      group.pend(id, delivered.millis, delivered.times, consumer);
    }
  }
}
