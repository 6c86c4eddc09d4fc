package io.flotilla.statemachine.datatypes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Distinct stream ids in order, each with a payload of a fixed length: the lists of pending entries
 * of groups and consumers.
 *
 * <pre>
 *   record   ms(8) seq(8) payload
 * </pre>
 *
 * <p>Records stand side by side in the leaves of a {@link LeafSequence} and are found by halving,
 * first among leaves, then within one; so an id costs its 16 bytes and one or two more. A list that
 * is filled in order, as groups do, has full leaves.
 *
 * <p>A <i>location</i> is a leaf's place above, the record's rank within the leaf in the low 32
 * bits; it is valid until records are added or removed.
 */
final class IdRecords {
  /** No location. */
  static final long NOWHERE = -1;

  static final int ID_BYTES = 16;

  /** What an insert moves: well under a microsecond. */
  private static final int LEAF_BYTES = 2048;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final int width;
  private final LeafSequence leaves;

  /** No ids yet; so many bytes of payload with each. */
  IdRecords(int payloadBytes) {
    this(ID_BYTES + payloadBytes, new LeafSequence());
  }

  private IdRecords(int width, LeafSequence leaves) {
    this.width = width;
    this.leaves = leaves;
  }

  /** The number of ids. */
  long size() {
    return leaves.records();
  }

  private static long key(long ms) {
    return ms ^ Long.MIN_VALUE; // unsigned order
  }

  private static long ms(Leaf leaf, int at) {
    return (long) LONG.get(leaf.array, at);
  }

  private static long seq(Leaf leaf, int at) {
    return (long) LONG.get(leaf.array, at + 8);
  }

  private int floor(StreamId id) {
    return leaves.floor(
        key(id.ms()), first -> Long.compareUnsigned(id.seq(), seq(first, first.start)));
  }

  /** The location of an id; the complement of where it belongs if it is not here. */
  private long search(StreamId id) {
    if (leaves.isEmpty()) {
      return ~0L;
    }
    int place = floor(id);
    Leaf leaf = leaves.leaf(place);
    int low = 0;
    int high = leaf.count - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int at = leaf.start + middle * width;
      int order = StreamId.compare(ms(leaf, at), seq(leaf, at), id.ms(), id.seq());
      if (order == 0) {
        return (long) place << 32 | middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return ~((long) place << 32 | low);
  }

  /** The location of an id, or {@link #NOWHERE}. */
  long find(StreamId id) {
    return Math.max(NOWHERE, search(id));
  }

  /** The location of the first id that is no earlier, or {@link #NOWHERE}. */
  long atLeast(StreamId id) {
    if (leaves.isEmpty()) {
      return NOWHERE;
    }
    long found = search(id);
    return found >= 0 ? found : existing(~found);
  }

  /** The location of the first id, or {@link #NOWHERE}. */
  long first() {
    return leaves.isEmpty() ? NOWHERE : 0;
  }

  /** The location of the last id, or {@link #NOWHERE}. */
  long last() {
    int place = leaves.last();
    return place == LeafSequence.NONE
        ? NOWHERE
        : (long) place << 32 | (leaves.leaf(place).count - 1);
  }

  /** The location that follows, or {@link #NOWHERE}. */
  long next(long location) {
    return existing(location + 1);
  }

  /** A location that may be just behind its leaf. */
  private long existing(long location) {
    int place = (int) (location >>> 32);
    if ((int) location < leaves.leaf(place).count) {
      return location;
    }
    int next = leaves.next(place);
    return next == LeafSequence.NONE ? NOWHERE : (long) next << 32;
  }

  /** The id there. */
  StreamId id(long location) {
    Leaf leaf = leaf(location);
    int at = at(leaf, location);
    return new StreamId(ms(leaf, at), seq(leaf, at));
  }

  /** The leaf of a location, not to be changed. */
  Leaf leaf(long location) {
    return leaves.leaf((int) (location >>> 32));
  }

  /** Where in its leaf's array the payload begins. */
  int payloadAt(Leaf leaf, long location) {
    return at(leaf, location) + ID_BYTES;
  }

  private int at(Leaf leaf, long location) {
    return leaf.start + (int) location * width;
  }

  /** Adds an id, or replaces its payload. */
  void put(StreamId id, byte[] payload) {
    long found = search(id);
    if (found >= 0) {
      Leaf leaf = leaves.writable((int) (found >>> 32));
      System.arraycopy(payload, 0, leaf.array, payloadAt(leaf, found), payload.length);
      return;
    }
    byte[] record = new byte[width];
    LONG.set(record, 0, id.ms());
    LONG.set(record, 8, id.seq());
    System.arraycopy(payload, 0, record, ID_BYTES, payload.length);
    if (leaves.isEmpty()) {
      leaves.insertAfter(LeafSequence.NONE, Leaf.of(record), key(id.ms()));
      return;
    }
    int place = (int) (~found >>> 32);
    Leaf leaf = leaves.writable(place);
    boolean atTheEnd = (int) ~found == leaf.count && place == leaves.last();
    leaf.insert(at(leaf, ~found), record);
    leaves.changed(place, keyOf(leaf));
    if (leaf.length() > LEAF_BYTES) {
      int left = atTheEnd ? leaf.count - 1 : leaf.count / 2;
      Leaf behind = leaf.split(leaf.start + left * width, leaf.count - left);
      leaves.changed(place, keyOf(leaf));
      leaves.insertAfter(place, behind, keyOf(behind));
    }
  }

  private static long keyOf(Leaf leaf) {
    return key(ms(leaf, leaf.start));
  }

  /** Removes an id; whether it was here. */
  boolean remove(StreamId id) {
    long found = search(id);
    if (found < 0) {
      return false;
    }
    int place = (int) (found >>> 32);
    Leaf leaf = leaves.writable(place);
    leaf.remove(at(leaf, found), width);
    if (leaf.count == 0) {
      leaves.remove(place);
      return true;
    }
    leaves.changed(place, keyOf(leaf));
    if (leaf.length() < LEAF_BYTES / 4) {
      leaves.maybeJoin(place, LEAF_BYTES / 2, Integer.MAX_VALUE);
    }
    return true;
  }

  /** The same ids, which change by themselves from now on; leaves are shared until then. */
  IdRecords copy() {
    return new IdRecords(width, leaves.copy());
  }

  /** The leaves. */
  LeafSequence leaves() {
    return leaves;
  }

  /** Checks the invariants; for tests. */
  void validate() {
    leaves.validate();
    StreamId last = null;
    for (long location = first(); location != NOWHERE; location = next(location)) {
      StreamId id = id(location);
      LeafSequence.check(last == null || id.isAfter(last), "ids do not ascend");
      last = id;
    }
    for (int place = leaves.first(); place != LeafSequence.NONE; place = leaves.next(place)) {
      Leaf leaf = leaves.leaf(place);
      LeafSequence.check(leaf.length() == leaf.count * width, "a leaf has another length");
      LeafSequence.check(leaves.key(place) == keyOf(leaf), "a key is not its leaf's first");
    }
  }
}
