package io.flotilla.statemachine.datatypes;

import io.flotilla.statemachine.bytes.ByteSink;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The form of a stream's entries in a {@link Leaf}: a head, the fields of the first entry, and the
 * entries in the order of their ids.
 *
 * <pre>
 *   block   id(16) newest(16) weight(4) gone(4) | pairs field field … | entry entry entry …
 *
 *   entry   bits(varint) [seq(varint)] value value …                          the block's fields
 *           bits(varint) [seq(varint)] pairs(varint) field value field value …  fields of its own
 *
 *   bits    milliseconds since the block's id, above two flags: fields of its own; a seq follows
 * </pre>
 *
 * <p><b>What is not said again.</b> Entries of a stream mostly have the same fields, so a block
 * keeps those of its first entry once, and an entry that has the same in the same order brings only
 * its values. Ids are kept as distances from the block's own: an entry of the same millisecond its
 * distance in seq, a later one its seq, and nothing where that is 0. So an entry costs two or three
 * bytes beyond its packed values, where the listpack of Redis, whose idea this is, spends about ten
 * and one more with each value.
 *
 * <p><b>What stays of the deleted.</b> An entry's bytes go at once when it is deleted, as a block
 * is small. But which entries share a block is visible: trimming with {@code ~} takes whole blocks.
 * So that a stream answers as Redis does, a block fills up as a node of Redis would, deleted
 * entries included: it knows how many entries are {@code gone}, what its bytes would be in Redis's
 * form ({@code weight}), and the {@code newest} id that it ever held.
 *
 * <p>A block is read forwards only; whoever wants the entries backwards notes where they begin. Its
 * bytes go into snapshots as they are, so this form is fixed by the snapshots' golden bytes.
 *
 * <p>Invariants: ids ascend, none before the block's and none behind the newest.
 */
final class StreamBlock {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int NEWEST_AT = 16;
  private static final int WEIGHT_AT = 32;
  private static final int GONE_AT = 36;
  private static final int HEAD_BYTES = 40;

  private static final int OWN_FIELDS = 1;
  private static final int HAS_SEQ = 2;
  private static final int FLAG_BITS = 2;

  /** The head and the end of a listpack. */
  private static final int LISTPACK_FRAME = 7;

  /**
   * The most bytes of a block's entries whatever the settings allow, but for one entry alone: what
   * is skipped through by a search and goes into a snapshot in one go.
   */
  private static final int MAX_BYTES = 64 * 1024;

  private StreamBlock() {}

  // ---------------------------------------------------------------- the head

  /** The block's id: that of the first entry it ever held. */
  static StreamId id(Leaf block) {
    return idAt(block, 0);
  }

  /** The id of the last entry that it ever held. */
  static StreamId newest(Leaf block) {
    return idAt(block, NEWEST_AT);
  }

  /** The number of entries that were deleted from it. */
  static int gone(Leaf block) {
    return (int) INT.get(block.array, block.start + GONE_AT);
  }

  private static StreamId idAt(Leaf block, int at) {
    return new StreamId(
        (long) LONG.get(block.array, block.start + at),
        (long) LONG.get(block.array, block.start + at + 8));
  }

  private static void idAt(Leaf block, int at, StreamId id) {
    LONG.set(block.array, block.start + at, id.ms());
    LONG.set(block.array, block.start + at + 8, id.seq());
  }

  private static int weight(Leaf block) {
    return (int) INT.get(block.array, block.start + WEIGHT_AT);
  }

  // ---------------------------------------------------------------- adding

  /** The packed forms of these fields and values. */
  static byte[][] pack(byte[][] fieldsAndValues) {
    byte[][] packed = new byte[fieldsAndValues.length][];
    for (int i = 0; i < packed.length; i++) {
      packed[i] = PackedElement.of(fieldsAndValues[i]);
    }
    return packed;
  }

  /** A block of one entry, its fields and values packed. */
  static Leaf begin(StreamId id, byte[][] packed) {
    ByteSink sink = new ByteSink(HEAD_BYTES + 8 + length(packed, 0, 1));
    sink.u64(0).u64(0).u64(0).u64(0).u32(0).u32(0).varint(packed.length / 2);
    int weight = LISTPACK_FRAME + integerWeight(packed.length / 2) + integerWeight(0);
    for (int i = 0; i < packed.length; i += 2) {
      sink.raw(packed[i], 0, packed[i].length);
      weight += weight(packed[i].length);
    }
    Leaf block = Leaf.of(sink.toByteArray());
    block.count = 0;
    idAt(block, 0, id);
    INT.set(block.array, WEIGHT_AT, weight);
    append(block, id, packed);
    return block;
  }

  /** Adds an entry behind all others, its fields and values packed. */
  static void append(Leaf block, StreamId id, byte[][] packed) {
    StreamId first = id(block);
    boolean same = hasFields(block, packed);
    long later = id.ms() - first.ms();
    long seq = later == 0 ? id.seq() - first.seq() : id.seq();
    int pairs = packed.length / 2;
    ByteSink entry = new ByteSink(32 + length(packed, same ? 1 : 0, same ? 2 : 1));
    // 62 bits of milliseconds would not hold every id: those far behind begin a block (isFull)
    entry.varint(later << FLAG_BITS | (same ? 0 : OWN_FIELDS) | (seq == 0 ? 0 : HAS_SEQ));
    if (seq != 0) {
      entry.varint(seq);
    }
    if (!same) {
      entry.varint(pairs);
    }
    // flags, milliseconds, seq, and how many elements the entry takes
    int weight = 2 + integerWeight(later) + integerWeight(id.seq() - first.seq());
    weight += integerWeight(pairs + 3L + (same ? 0 : pairs + 1));
    weight += same ? 0 : integerWeight(pairs);
    for (int i = same ? 1 : 0; i < packed.length; i += same ? 2 : 1) {
      entry.raw(packed[i], 0, packed[i].length);
      weight += weight(packed[i].length);
    }
    int gap = block.gap(block.end, 0, entry.size());
    System.arraycopy(entry.array(), 0, block.array, gap, entry.size());
    block.count++;
    INT.set(block.array, block.start + WEIGHT_AT, weight(block) + weight);
    idAt(block, NEWEST_AT, id);
  }

  private static int length(byte[][] packed, int from, int step) {
    int length = 0;
    for (int i = from; i < packed.length; i += step) {
      length += packed[i].length;
    }
    return length;
  }

  /** Whether these are the block's fields in its order. */
  private static boolean hasFields(Leaf block, byte[][] packed) {
    Cursor cursor = new Cursor(block);
    if (cursor.blockPairs != packed.length / 2) {
      return false;
    }
    int at = cursor.fieldsAt;
    for (int i = 0; i < packed.length; i += 2) {
      if (!PackedElement.is(block.array, at, packed[i])) {
        return false;
      }
      at += packed[i].length;
    }
    return true;
  }

  /**
   * Whether an entry of this id and so many bytes, unpacked, begins a new block: as a node of Redis
   * would be full, and where the distance of ids or a limit of ours asks for it.
   */
  static boolean isFull(Leaf block, StreamId id, long bytes, EncodingLimits limits) {
    int settingBytes = limits.streamNodeMaxBytes();
    int settingEntries = limits.streamNodeMaxEntries();
    int gone = gone(block);
    int most = settingBytes <= 0 || settingBytes > MAX_BYTES ? MAX_BYTES : settingBytes;
    return (long) weight(block) + integerWeight(block.count) + integerWeight(gone) + bytes >= most
        || (settingEntries > 0 && block.count + gone >= settingEntries)
        || (id.ms() - id(block).ms()) >>> (Long.SIZE - FLAG_BITS) != 0;
  }

  /** What an element of this packed length takes in a listpack: its length stands behind it. */
  private static int weight(int packedLength) {
    return packedLength
        + (packedLength <= 127 ? 1 : packedLength < 16383 ? 2 : packedLength < 2097151 ? 3 : 4);
  }

  private static int integerWeight(long value) {
    return value >= 0 && value <= 127
        ? 2
        : value >= -4096 && value <= 4095
            ? 3
            : value == (short) value
                ? 4
                : value == value << 40 >> 40 ? 5 : value == (int) value ? 6 : 10;
  }

  // ---------------------------------------------------------------- removing

  /** Takes {@code count} entries out that stand in these bytes, counted from the block's start. */
  static void remove(Leaf block, int offset, int length, int count) {
    block.gap(block.start + offset, length, 0);
    block.count -= count;
    INT.set(block.array, block.start + GONE_AT, gone(block) + count);
  }

  // ---------------------------------------------------------------- reading

  /** Goes over the entries of a block; valid until the block changes. */
  static final class Cursor {
    final byte[] array;

    /** Where the first entry begins. */
    final int entriesAt;

    private final Leaf block;
    private final long blockMs;
    private final long blockSeq;
    private final int blockPairs;
    private final int fieldsAt;
    private int place;

    /** Where this entry begins. */
    int at;

    /** Where it ends. */
    int end;

    long ms;
    long seq;
    private boolean ownFields;
    private int pairs;
    private int elementsAt;

    /** Before the first entry. */
    Cursor(Leaf block) {
      this.block = block;
      this.array = block.array;
      this.blockMs = (long) LONG.get(array, block.start);
      this.blockSeq = (long) LONG.get(array, block.start + 8);
      this.place = block.start + HEAD_BYTES;
      this.blockPairs = (int) varint();
      this.fieldsAt = place;
      this.entriesAt = skip(place, blockPairs);
      this.end = entriesAt;
    }

    private int skip(int from, int elements) {
      int next = from;
      for (int i = 0; i < elements; i++) {
        next += PackedElement.length(array, next);
      }
      return next;
    }

    private long varint() {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte next = array[place++];
        value |= (next & 0x7fL) << shift;
        if (next >= 0) {
          return value;
        }
      }
    }

    /** Goes to the next entry; false behind the last. */
    boolean next() {
      return end < block.end && seek(end);
    }

    /** Goes to the entry that begins here. */
    boolean seek(int entryAt) {
      at = entryAt;
      place = entryAt;
      long bits = varint();
      long later = bits >>> FLAG_BITS;
      ownFields = (bits & OWN_FIELDS) != 0;
      ms = blockMs + later;
      seq = ((bits & HAS_SEQ) != 0 ? varint() : 0) + (later == 0 ? blockSeq : 0);
      pairs = ownFields ? (int) varint() : blockPairs;
      elementsAt = place;
      end = skip(place, ownFields ? 2 * pairs : pairs);
      return true;
    }

    /** How this entry's id compares. */
    int compareTo(StreamId other) {
      return StreamId.compare(ms, seq, other.ms(), other.seq());
    }

    StreamId id() {
      return new StreamId(ms, seq);
    }

    /** Fields and values in turn, in new arrays. */
    byte[][] fieldsAndValues() {
      byte[][] all = new byte[2 * pairs][];
      int fieldAt = fieldsAt;
      int elementAt = elementsAt;
      for (int i = 0; i < all.length; i += 2) {
        if (ownFields) {
          all[i] = PackedElement.bytes(array, elementAt);
          elementAt += PackedElement.length(array, elementAt);
        } else {
          all[i] = PackedElement.bytes(array, fieldAt);
          fieldAt += PackedElement.length(array, fieldAt);
        }
        all[i + 1] = PackedElement.bytes(array, elementAt);
        elementAt += PackedElement.length(array, elementAt);
      }
      return all;
    }

    /** Where the entries begin, in order. */
    static int[] places(Leaf block) {
      int[] places = new int[block.count];
      Cursor cursor = new Cursor(block);
      for (int i = 0; cursor.next(); i++) {
        places[i] = cursor.at;
      }
      return places;
    }
  }

  // ---------------------------------------------------------------- snapshots

  /** The block of these bytes, from a snapshot; null if they are none. */
  static @Nullable Leaf read(byte[] bytes) {
    Leaf block = Leaf.of(bytes);
    try {
      block.count = 0;
      Cursor cursor = new Cursor(block);
      StreamId last = id(block);
      while (cursor.next()) {
        int order = cursor.compareTo(last);
        if (order < 0 || (order == 0 && block.count > 0)) {
          return null;
        }
        last = cursor.id();
        block.count++;
      }
      return cursor.end == block.end && block.count > 0 && !last.isAfter(newest(block))
          ? block
          : null;
    } catch (IndexOutOfBoundsException | NegativeArraySizeException cut) {
      return null;
    }
  }

  /** Checks the invariants; for tests. */
  static void validate(Leaf block) {
    Leaf again = read(Arrays.copyOfRange(block.array, block.start, block.end));
    LeafSequence.check(again != null && again.count == block.count, "a block is not well-formed");
  }
}
