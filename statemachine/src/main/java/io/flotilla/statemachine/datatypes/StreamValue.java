package io.flotilla.statemachine.datatypes;

import io.flotilla.statemachine.bytes.ByteSource;
import java.util.Arrays;
import java.util.Collection;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A stream: entries of fields and values in the order of their ids, and the groups that consume
 * them.
 *
 * <pre>
 *   blocks    [ 1000-0 … 1042-7 | 1042-8 … 1100-0 | … ]     up to 100 entries or 4 KiB each
 *                  │
 *                  └ fields once, then ids as distances and values: {@link StreamBlock}
 *
 *   groups    name → how far it has read, consumers, pending entries: {@link StreamGroup}
 * </pre>
 *
 * <p>Blocks are the leaves of a {@link LeafSequence}, found by their ids in two searches by halving
 * where Redis has a radix tree: a range of a million entries begins after some twenty steps and one
 * walk through a block, and a trimmed stream drops whole blocks at its head.
 *
 * <p><b>What clients see of blocks.</b> XADD and XTRIM with {@code ~} take whole blocks only, so a
 * block begins and ends where a node of Redis would ({@link StreamBlock#isFull}), and blocks are
 * part of the state: snapshots hold them as they are, and the order in which a replica came to its
 * blocks is that of the log.
 *
 * <p><b>What a stream remembers of entries that are gone.</b> The last id ever given, below which
 * none is given again; how many entries there ever were; the greatest id that XDEL took. The latter
 * two tell how far behind a group is ({@link #lagOf}) as long as no hole makes it guesswork.
 *
 * <p>A stream without entries is still a stream.
 */
public final class StreamValue implements Value {
  /** The blocks that make an empty stream's index: none, and its root. */
  private static final int ROOT = 1;

  final LeafSequence blocks;
  final TreeMap<byte[], StreamGroup> groups = new TreeMap<>(Arrays::compareUnsigned);
  private StreamId lastId = StreamId.MIN;
  private StreamId maxDeletedId = StreamId.MIN;
  private long entriesAdded;

  /** The id of the last entry that is there; null if it must be looked for. Not state. */
  private @Nullable StreamId newest;

  private StreamValue(LeafSequence blocks) {
    this.blocks = blocks;
  }

  /** A stream that has never had an entry. */
  public static StreamValue empty() {
    return new StreamValue(new LeafSequence());
  }

  /**
   * The stream that {@link #show} showed, its number of blocks first.
   *
   * @throws ByteSource.CorruptException if there is none
   */
  public static StreamValue read(ByteSource source) {
    return StreamPieces.read(source);
  }

  /** Sees an entry: fields and values in turn, which may be kept and are never changed. */
  @FunctionalInterface
  public interface Visitor {
    /** Sees an entry; whether to go on. */
    boolean visit(StreamId id, byte[][] fieldsAndValues);
  }

  // ---------------------------------------------------------------- reading

  /** The number of entries. */
  public long size() {
    return blocks.records();
  }

  /** The last id given to an entry, or set by XSETID. */
  public StreamId lastId() {
    return lastId;
  }

  /** The greatest id that was deleted; 0-0 if none was. */
  public StreamId maxDeletedId() {
    return maxDeletedId;
  }

  /** How many entries there ever were, or as XSETID said. */
  public long entriesAdded() {
    return entriesAdded;
  }

  /** The number of blocks. */
  public int blockCount() {
    return blocks.leaves();
  }

  /** The number of blocks and of the parts of their index. */
  public int nodeCount() {
    return ROOT + blocks.leaves() + (blocks.branches() > 1 ? blocks.branches() : 0);
  }

  /** The id of the first entry; 0-0 if there is none. */
  public StreamId firstEntryId() {
    if (blocks.isEmpty()) {
      return StreamId.MIN;
    }
    StreamBlock.Cursor cursor = new StreamBlock.Cursor(blocks.leaf(blocks.first()));
    cursor.next();
    return cursor.id();
  }

  /** The id of the last entry; 0-0 if there is none. */
  public StreamId lastEntryId() {
    StreamId known = newest;
    if (known == null) {
      known = StreamId.MIN;
      if (!blocks.isEmpty()) {
        StreamBlock.Cursor cursor = new StreamBlock.Cursor(blocks.leaf(blocks.last()));
        while (cursor.next()) {
          known = cursor.id();
        }
      }
      newest = known;
    }
    return known;
  }

  /** Whether an entry has this id. */
  public boolean contains(StreamId id) {
    if (blocks.isEmpty()) {
      return false;
    }
    return find(blocks.leaf(floor(id)), id) != null;
  }

  private static StreamBlock.@Nullable Cursor find(Leaf block, StreamId id) {
    StreamBlock.Cursor cursor = new StreamBlock.Cursor(block);
    while (cursor.next()) {
      int order = cursor.compareTo(id);
      if (order >= 0) {
        return order == 0 ? cursor : null;
      }
    }
    return null;
  }

  /** Shows the entries from one id to another, both included, until the visitor has enough. */
  public void range(StreamId from, StreamId to, Visitor visitor) {
    if (blocks.isEmpty()) {
      return;
    }
    for (int place = floor(from); place != LeafSequence.NONE; place = blocks.next(place)) {
      StreamBlock.Cursor cursor = new StreamBlock.Cursor(blocks.leaf(place));
      while (cursor.next()) {
        if (cursor.compareTo(from) >= 0
            && (cursor.compareTo(to) > 0
                || !visitor.visit(cursor.id(), cursor.fieldsAndValues()))) {
          return;
        }
      }
    }
  }

  /** The same backwards, from the last one on. */
  public void rangeBackwards(StreamId from, StreamId to, Visitor visitor) {
    if (blocks.isEmpty()) {
      return;
    }
    for (int place = floor(to); place != LeafSequence.NONE; place = blocks.previous(place)) {
      Leaf block = blocks.leaf(place);
      int[] places = StreamBlock.Cursor.places(block);
      StreamBlock.Cursor cursor = new StreamBlock.Cursor(block);
      for (int i = places.length - 1; i >= 0; i--) {
        cursor.seek(places[i]);
        if (cursor.compareTo(to) <= 0
            && (cursor.compareTo(from) < 0
                || !visitor.visit(cursor.id(), cursor.fieldsAndValues()))) {
          return;
        }
      }
    }
  }

  private static long key(StreamId id) {
    return id.ms() ^ Long.MIN_VALUE; // unsigned order
  }

  /** The last block whose id is not behind this one, or else the first. There must be a block. */
  private int floor(StreamId id) {
    return blocks.floor(key(id), block -> id.compareTo(StreamBlock.id(block)));
  }

  // ---------------------------------------------------------------- entries come and go

  /** Adds an entry; its id is behind {@link #lastId}. */
  public void add(StreamId id, byte[][] fieldsAndValues, EncodingLimits limits) {
    byte[][] packed = StreamBlock.pack(fieldsAndValues);
    int last = blocks.last();
    if (last != LeafSequence.NONE) {
      long bytes = 0;
      for (byte[] element : fieldsAndValues) {
        bytes += element.length;
      }
      if (StreamBlock.isFull(blocks.leaf(last), id, bytes, limits)) {
        blocks.writable(last).trim();
        begin(last, id, packed);
      } else {
        Leaf block = blocks.writable(last);
        StreamBlock.append(block, id, packed);
        blocks.changed(last, blocks.key(last));
      }
    } else {
      begin(last, id, packed);
    }
    lastId = id;
    newest = id;
    entriesAdded++;
  }

  private void begin(int behind, StreamId id, byte[][] packed) {
    blocks.insertAfter(behind, StreamBlock.begin(id, packed), key(id));
  }

  /** Deletes the entry of this id; whether there was one. */
  public boolean delete(StreamId id) {
    if (blocks.isEmpty()) {
      return false;
    }
    int place = floor(id);
    Leaf leaf = blocks.leaf(place);
    StreamBlock.Cursor found = find(leaf, id);
    if (found == null) {
      return false;
    }
    remove(place, found.at - leaf.start, found.end - found.at, 1);
    if (id.isAfter(maxDeletedId)) {
      maxDeletedId = id;
    }
    return true;
  }

  /** Takes entries out of a block, which goes with the last of them. */
  private void remove(int place, int offset, int length, int count) {
    newest = null;
    if (blocks.leaf(place).count == count) {
      blocks.remove(place);
      return;
    }
    Leaf block = blocks.writable(place);
    StreamBlock.remove(block, offset, length, count);
    blocks.changed(place, blocks.key(place));
  }

  /**
   * Drops entries at the head until at most {@code length} are left; how many went.
   *
   * @param whole whether only whole blocks may go
   * @param limit the most entries that may go by whole blocks; 0 for any number
   */
  public long trimToLength(long length, boolean whole, long limit) {
    long before = size();
    while (size() > length && !blocks.isEmpty()) {
      Leaf block = blocks.leaf(blocks.first());
      if (limit > 0 && before - size() + block.count > limit) {
        break;
      }
      if (size() - block.count >= length) {
        removeFirstBlock();
        continue;
      }
      if (!whole) {
        trimFirstBlock((int) (size() - length), StreamId.MAX);
      }
      break;
    }
    return before - size();
  }

  /** Drops the entries before this id; otherwise as {@link #trimToLength}. */
  public long trimBefore(StreamId id, boolean whole, long limit) {
    long before = size();
    while (!blocks.isEmpty()) {
      Leaf block = blocks.leaf(blocks.first());
      if (limit > 0 && before - size() + block.count > limit) {
        break;
      }
      if (id.isAfter(StreamBlock.newest(block))) {
        removeFirstBlock();
        continue;
      }
      if (!whole) {
        trimFirstBlock(Integer.MAX_VALUE, id);
      }
      break;
    }
    return before - size();
  }

  private void removeFirstBlock() {
    newest = null;
    blocks.remove(blocks.first());
  }

  /** Drops at most so many entries of the first block, all before this id. */
  private void trimFirstBlock(int most, StreamId before) {
    int place = blocks.first();
    Leaf block = blocks.leaf(place);
    StreamBlock.Cursor cursor = new StreamBlock.Cursor(block);
    int end = cursor.entriesAt;
    int count = 0;
    while (count < most && cursor.next() && cursor.compareTo(before) < 0) {
      end = cursor.end;
      count++;
    }
    if (count > 0) {
      remove(place, cursor.entriesAt - block.start, end - cursor.entriesAt, count);
    }
  }

  /** What XSETID says: the last id, how many entries there ever were, the greatest deleted id. */
  public void remember(StreamId last, long added, StreamId maxDeleted) {
    lastId = last;
    entriesAdded = added;
    maxDeletedId = maxDeleted;
  }

  /** Adds a block that a snapshot holds, behind all others. */
  void restore(Leaf block) {
    blocks.insertAfter(blocks.last(), block, key(StreamBlock.id(block)));
  }

  // ---------------------------------------------------------------- groups

  /** The groups in the order of their names. */
  public Collection<StreamGroup> groups() {
    return groups.values();
  }

  /** The group of this name, or null. */
  public @Nullable StreamGroup group(byte[] name) {
    return groups.get(name);
  }

  /** A new group, whose name is not taken, that has read so far. */
  public StreamGroup addGroup(byte[] name, StreamId last, long entriesRead) {
    StreamGroup group = new StreamGroup(name, last, entriesRead);
    groups.put(name, group);
    return group;
  }

  /** Removes a group with all that it knows. */
  public void remove(StreamGroup group) {
    groups.remove(group.name());
  }

  /** A group reads the entry of this id: where that is news, it notes how far it is. */
  public void readBy(StreamGroup group, StreamId id) {
    if (!id.isAfter(group.lastId())) {
      return;
    }
    long entriesRead = group.entriesRead();
    if (entriesRead != StreamGroup.UNKNOWN && !hasHoleFrom(id)) {
      entriesRead++;
    } else if (entriesAdded != 0) {
      entriesRead = countUpTo(id);
    }
    group.hasRead(id, entriesRead);
  }

  /**
   * How many entries the group has still to read, if that is known; negative where XGROUP SETID
   * said that it has read more than there were.
   */
  public OptionalLong lagOf(StreamGroup group) {
    if (entriesAdded == 0) {
      return OptionalLong.of(0);
    }
    long entriesRead =
        group.entriesRead() != StreamGroup.UNKNOWN && !hasHoleFrom(group.lastId())
            ? group.entriesRead()
            : countUpTo(group.lastId());
    return entriesRead == StreamGroup.UNKNOWN
        ? OptionalLong.empty()
        : OptionalLong.of(entriesAdded - entriesRead);
  }

  /** Whether an entry may have been deleted from this id on, so that counting from it is vain. */
  private boolean hasHoleFrom(StreamId id) {
    return size() > 0
        && !maxDeletedId.isZero()
        && !firstEntryId().isAfter(maxDeletedId)
        && !id.isAfter(maxDeletedId);
  }

  /**
   * How many entries there ever were up to this id; {@link StreamGroup#UNKNOWN} where only the
   * entries themselves could tell.
   */
  public long countUpTo(StreamId id) {
    if (entriesAdded == 0) {
      return 0;
    }
    int toLast = id.compareTo(lastId);
    if (toLast == 0 || (toLast < 0 && size() == 0)) {
      return entriesAdded;
    }
    StreamId first = firstEntryId();
    if (toLast < 0 && (maxDeletedId.isZero() || first.isAfter(maxDeletedId))) {
      int toFirst = id.compareTo(first);
      if (toFirst <= 0) {
        return entriesAdded - size() + (toFirst == 0 ? 1 : 0);
      }
    }
    return StreamGroup.UNKNOWN;
  }

  // ---------------------------------------------------------------- as a value

  @Override
  public Chunks capture() {
    return new StreamPieces(this, LeafSequence::capture);
  }

  @Override
  public void show(ElementVisitor visitor) {
    new StreamPieces(this, LeafSequence::all).showAll(visitor);
  }

  @Override
  public long bytesUpTo(long limit) {
    long bytes = blocks.bytesUpTo(limit);
    for (StreamGroup group : groups.values()) {
      bytes += group.records().leaves().bytesUpTo(limit);
      for (StreamConsumer consumer : group.consumers()) {
        bytes += consumer.name.length + consumer.pending.leaves().bytesUpTo(limit);
        if (bytes > limit) {
          return bytes;
        }
      }
    }
    return bytes;
  }

  @Override
  public DataType<StreamValue> type() {
    return DataType.STREAM;
  }

  @Override
  public boolean isEmpty() {
    return false;
  }

  @Override
  public StreamValue copy() {
    StreamValue copy = new StreamValue(blocks.copy());
    copy.remember(lastId, entriesAdded, maxDeletedId);
    groups.forEach((name, group) -> copy.groups.put(name, group.copy()));
    return copy;
  }

  @Override
  public String encoding() {
    return "stream";
  }

  @Override
  public long weight() {
    long weight = size();
    for (StreamGroup group : groups.values()) {
      weight += 1 + group.pendingCount() + group.consumers().size();
    }
    return weight;
  }

  /** Bytes of the blocks' arrays. */
  long capacity() {
    return blocks.capacity();
  }

  /** Checks the invariants; for tests. */
  void validate() {
    blocks.validate();
    StreamId last = null;
    for (Leaf block : blocks.all()) {
      StreamBlock.validate(block);
      StreamId id = StreamBlock.id(block);
      LeafSequence.check(last == null || id.isAfter(last), "blocks do not ascend");
      last = StreamBlock.newest(block);
    }
    LeafSequence.check(last == null || !last.isAfter(lastId), "an entry is behind the last id");
    groups.values().forEach(StreamGroup::validate);
  }
}
