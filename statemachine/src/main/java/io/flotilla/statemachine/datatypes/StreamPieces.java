package io.flotilla.statemachine.datatypes;

import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.bytes.ByteSource;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A stream as bytes, block after block and group after group, and back.
 *
 * <pre>
 *   blocks:varint, told by the reader of the head
 *   element   lastId:2 varints  maxDeletedId:2 varints  entriesAdded:varint  groups:varint
 *   element   a block, as it lies in memory                                        blocks times
 *   per group, in the order of names:
 *     element   name:block lastId:2 varints entriesRead:signed consumers:varint pending:varint
 *     element   name:block seen:signed active:signed           per consumer, in the order of names
 *     bytes     ms:u64 seq:u64 delivered:u64 deliveries:u64 rank of the consumer:u32   per pending
 * </pre>
 *
 * <p>A block's bytes are state ({@link StreamValue}), so they are taken as they are. Pending
 * entries are not: where the leaves of their lists begin, and which numbers consumers have, depends
 * on history, so records are written one by one, with the ranks of consumers instead. What a
 * consumer has pending follows from them.
 */
final class StreamPieces implements Chunks {
  private static final int RECORD_BYTES = IdRecords.ID_BYTES + StreamGroup.PAYLOAD_BYTES;

  /** A run of chunks of one kind: made without looking at them, as they may be ten thousands. */
  private sealed interface Section {
    int count();

    void show(int chunk, ElementVisitor visitor);
  }

  /** Elements that were written down when the stream was captured. */
  private record Written(List<byte[]> elements) implements Section {
    @Override
    public int count() {
      return elements.size();
    }

    @Override
    public void show(int chunk, ElementVisitor visitor) {
      byte[] element = elements.get(chunk);
      visitor.element(element, 0, element.length);
    }
  }

  /** The stream's blocks. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Blocks(Leaf[] leaves) implements Section {
    @Override
    public int count() {
      return leaves.length;
    }

    @Override
    public void show(int chunk, ElementVisitor visitor) {
      Leaf block = leaves[chunk];
      visitor.element(block.array, block.start, block.length());
    }
  }

  /** What a group has pending; the ranks of its consumers by their numbers. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Pending(Leaf[] leaves, int[] ranks) implements Section {
    @Override
    public int count() {
      return leaves.length;
    }

    @Override
    public void show(int chunk, ElementVisitor visitor) {
      byte[] records = records(leaves[chunk], ranks);
      visitor.piece(records, 0, records.length);
    }
  }

  private final List<Section> sections = new ArrayList<>();
  private final int count;

  /** Where the chunk that was shown last is: its section, and the first chunk of that. */
  private int section;

  private int sectionFrom;

  /** The stream as it is now, its leaves as this function gives them. */
  StreamPieces(StreamValue stream, Function<LeafSequence, Leaf[]> leavesOf) {
    ByteSink head = new ByteSink(64);
    id(stream.lastId(), head);
    id(stream.maxDeletedId(), head);
    head.varint(stream.entriesAdded()).varint(stream.groups().size());
    sections.add(new Written(List.of(head.toByteArray())));
    sections.add(new Blocks(leavesOf.apply(stream.blocks)));
    for (StreamGroup group : stream.groups()) {
      sections.add(new Written(about(group)));
      sections.add(new Pending(leavesOf.apply(group.records().leaves()), group.ranks()));
    }
    int chunks = 0;
    for (Section each : sections) {
      chunks += each.count();
    }
    count = chunks;
  }

  private static List<byte[]> about(StreamGroup group) {
    List<byte[]> elements = new ArrayList<>();
    ByteSink head = new ByteSink(64);
    head.block(group.name());
    id(group.lastId(), head);
    head.signed(group.entriesRead()).varint(group.consumers().size()).varint(group.pendingCount());
    elements.add(head.toByteArray());
    for (StreamConsumer consumer : group.consumers()) {
      ByteSink about = new ByteSink(32 + consumer.name.length);
      about.block(consumer.name).signed(consumer.seenMillis).signed(consumer.activeMillis);
      elements.add(about.toByteArray());
    }
    return elements;
  }

  private static void id(StreamId id, ByteSink sink) {
    sink.varint(id.ms()).varint(id.seq());
  }

  private static byte[] records(Leaf leaf, int[] ranks) {
    ByteSource source =
        new ByteSource(java.nio.ByteBuffer.wrap(leaf.array, leaf.start, leaf.length()));
    ByteSink sink = new ByteSink(leaf.length());
    for (int at = leaf.start; at < leaf.end; at += RECORD_BYTES) {
      for (int i = 0; i < RECORD_BYTES / Long.BYTES; i++) {
        sink.u64(Long.reverseBytes(source.u64())); // little-endian in memory
      }
      source.u32();
      sink.u32(ranks[StreamGroup.consumerNumber(leaf.array, at + IdRecords.ID_BYTES)]);
    }
    return sink.toByteArray();
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public void show(int chunk, ElementVisitor visitor) {
    if (chunk < sectionFrom) {
      section = 0;
      sectionFrom = 0;
    }
    while (chunk - sectionFrom >= sections.get(section).count()) {
      sectionFrom += sections.get(section++).count();
    }
    sections.get(section).show(chunk - sectionFrom, visitor);
  }

  @Override
  public void close() {
    // the stream owns none of these leaves since the capture, and needs not be told
  }

  // ---------------------------------------------------------------- reading

  static StreamValue read(ByteSource source) {
    StreamValue stream = StreamValue.empty();
    int blocks = source.count(1);
    ByteSource head = new ByteSource(source.block());
    StreamId lastId = readId(head);
    StreamId maxDeletedId = readId(head);
    long entriesAdded = head.varint();
    int groups = (int) head.varint();
    head.end();
    StreamId newest = null;
    for (int i = 0; i < blocks; i++) {
      Leaf block = StreamBlock.read(source.block());
      if (block == null || (newest != null && !StreamBlock.id(block).isAfter(newest))) {
        throw new CorruptException("a block of a stream whose entries are not in order");
      }
      newest = StreamBlock.newest(block);
      stream.restore(block);
    }
    stream.remember(lastId, entriesAdded, maxDeletedId);
    for (int i = 0; i < groups; i++) {
      readGroup(source, stream);
    }
    return stream;
  }

  private static StreamId readId(ByteSource source) {
    return new StreamId(source.varint(), source.varint());
  }

  private static void readGroup(ByteSource source, StreamValue stream) {
    ByteSource head = new ByteSource(source.block());
    byte[] name = head.block();
    StreamGroup group = stream.addGroup(name, readId(head), head.signed());
    int count = (int) head.varint();
    final long pending = head.varint();
    head.end();
    List<StreamConsumer> consumers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ByteSource about = new ByteSource(source.block());
      StreamConsumer consumer = group.addConsumer(about.block(), about.signed());
      consumer.active(about.signed());
      about.end();
      consumers.add(consumer);
    }
    for (long i = 0; i < pending; i++) {
      StreamId id = new StreamId(source.u64(), source.u64());
      long delivered = source.u64();
      long deliveries = source.u64();
      int rank = source.u32();
      if (rank < 0 || rank >= count) {
        throw new CorruptException("a pending entry of consumer " + rank + " among " + count);
      }
      group.pend(id, delivered, deliveries, consumers.get(rank));
    }
  }
}
