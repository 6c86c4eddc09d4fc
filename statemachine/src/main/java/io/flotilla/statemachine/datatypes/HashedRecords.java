package io.flotilla.statemachine.datatypes;

import io.flotilla.statemachine.bytes.SipHash;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Distinct members of a large hash, set or sorted set, each with a payload, in the order of their
 * keyed hashes.
 *
 * <pre>
 *   record   hash (4 bytes) | member (packed) | payload
 *
 *   payload  hash: the value, packed      set: nothing      sorted set: the score, 8 bytes
 * </pre>
 *
 * <p><b>Why not a hash table.</b> A table's order depends on its capacity and its history, and
 * three things must not: what a cursor means after a failover, what a script sees, and what a
 * replica restored from a snapshot answers. The order here is that of the upper 32 bits of a
 * SipHash under the cluster's key, and of the packed bytes where two are equal: a function of the
 * members alone. So a cursor is a place in the space of hashes, and no growing, shrinking,
 * restoring or copying can make a scan lose a member ({@link #scan}). The key is the cluster's
 * secret, so that no client can aim at one leaf.
 *
 * <p><b>Cost.</b> Records stand side by side in {@link Leaf leaves} of at most {@value #LEAF_BYTES}
 * bytes and {@value #LEAF_RECORDS} records, so a member costs about 8 bytes beyond its own: 4 of
 * hash, 1 or 2 of tags, and its share of the leaf's headers and room. Redis's table spends 56 and
 * more. A search finds the leaf in the branches, then skips from record to record comparing hashes.
 * A record larger than a leaf stands alone in one.
 *
 * <p>Invariants: records ascend by (hash, member); members of equal hash stand in one leaf, so that
 * the leaf of a hash is known from the branches alone.
 */
final class HashedRecords {
  /** The payload is a packed element. */
  static final int ELEMENT = -1;

  /** What a search skips through and an insert moves: well under a microsecond. */
  static final int LEAF_BYTES = 2048;

  /** Keeps the skipping short where records are tiny. */
  static final int LEAF_RECORDS = 64;

  private static final int HASH_BYTES = 4;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final SipHash hash;
  private final int payloadBytes;
  private final LeafSequence leaves;

  /** No members yet; a payload of this many bytes, or {@link #ELEMENT}. */
  HashedRecords(SipHash hash, int payloadBytes) {
    this(hash, payloadBytes, new LeafSequence());
  }

  private HashedRecords(SipHash hash, int payloadBytes, LeafSequence leaves) {
    this.hash = hash;
    this.payloadBytes = payloadBytes;
    this.leaves = leaves;
  }

  /** Visits a record where it stands: the packed member and the payload at these offsets. */
  @FunctionalInterface
  interface Visitor {
    void visit(byte[] array, int memberAt, int payloadAt);
  }

  /** The number of members. */
  long size() {
    return leaves.records();
  }

  /**
   * Where a member's record is: its leaf's place above, its offset from the leaf's start in the low
   * 32 bits. Negative where there is none: the complement of where it belongs.
   */
  private long find(int hashOfMember, byte[] packed) {
    if (leaves.isEmpty()) {
      return ~0L;
    }
    int place = leaves.floor(Integer.toUnsignedLong(hashOfMember), leaf -> 0);
    Leaf leaf = leaves.leaf(place);
    byte[] array = leaf.array;
    int at = leaf.start;
    while (at < leaf.end) {
      int order = Integer.compareUnsigned((int) INT.get(array, at), hashOfMember);
      if (order == 0) {
        int length = PackedElement.length(array, at + HASH_BYTES);
        order =
            Arrays.compareUnsigned(
                array, at + HASH_BYTES, at + HASH_BYTES + length, packed, 0, packed.length);
        if (order == 0) {
          return (long) place << 32 | (at - leaf.start);
        }
      }
      if (order > 0) {
        break;
      }
      at = next(array, at);
    }
    return ~((long) place << 32 | (at - leaf.start));
  }

  private int hashOf(byte[] member) {
    return (int) (hash.hash(member) >>> 32);
  }

  private int payloadLength(byte[] array, int payloadAt) {
    return payloadBytes == ELEMENT ? PackedElement.length(array, payloadAt) : payloadBytes;
  }

  private int next(byte[] array, int at) {
    int payloadAt = at + HASH_BYTES + PackedElement.length(array, at + HASH_BYTES);
    return payloadAt + payloadLength(array, payloadAt);
  }

  private static long keyOf(Leaf leaf) {
    return Integer.toUnsignedLong((int) INT.get(leaf.array, leaf.start));
  }

  /** Lets the visitor see the member's record; whether there is one. */
  boolean visit(byte[] member, Visitor visitor) {
    long found = find(hashOf(member), PackedElement.of(member));
    if (found < 0) {
      return false;
    }
    Leaf leaf = leaves.leaf((int) (found >>> 32));
    visitAt(leaf, leaf.start + (int) found, visitor);
    return true;
  }

  private static void visitAt(Leaf leaf, int at, Visitor visitor) {
    int memberAt = at + HASH_BYTES;
    visitor.visit(leaf.array, memberAt, memberAt + PackedElement.length(leaf.array, memberAt));
  }

  /** Whether the member is here. */
  boolean contains(byte[] member) {
    return find(hashOf(member), PackedElement.of(member)) >= 0;
  }

  /** Adds a member, or replaces its payload; whether it is new. */
  boolean put(byte[] member, byte[] payload) {
    return put(hashOf(member), PackedElement.of(member), payload);
  }

  private boolean put(int hashOfMember, byte[] packed, byte[] payload) {
    long found = find(hashOfMember, packed);
    if (found >= 0) {
      replace((int) (found >>> 32), (int) found + HASH_BYTES + packed.length, payload);
      return false;
    }
    byte[] record = new byte[HASH_BYTES + packed.length + payload.length];
    INT.set(record, 0, hashOfMember);
    System.arraycopy(packed, 0, record, HASH_BYTES, packed.length);
    System.arraycopy(payload, 0, record, HASH_BYTES + packed.length, payload.length);
    if (leaves.isEmpty()) {
      Leaf only = Leaf.of(record);
      leaves.insertAfter(LeafSequence.NONE, only, keyOf(only));
      return true;
    }
    int place = (int) (~found >>> 32);
    Leaf leaf = leaves.writable(place);
    int at = leaf.start + (int) ~found;
    boolean atTheEnd = at == leaf.end && place == leaves.last();
    leaf.insert(at, record);
    leaves.changed(place, keyOf(leaf));
    maybeSplit(place, atTheEnd ? record.length : 0);
    return true;
  }

  private void replace(int place, int offset, byte[] payload) {
    Leaf leaf = leaves.writable(place);
    int at = leaf.start + offset;
    int gap = leaf.gap(at, payloadLength(leaf.array, at), payload.length);
    System.arraycopy(payload, 0, leaf.array, gap, payload.length);
    maybeSplit(place, 0);
    maybeJoin(place, leaf);
  }

  private void maybeJoin(int place, Leaf leaf) {
    if (leaf.count < LEAF_RECORDS / 4 && leaf.length() < LEAF_BYTES / 4) {
      leaves.maybeJoin(place, LEAF_BYTES / 2, LEAF_RECORDS / 2);
    }
  }

  /**
   * Splits a leaf that has grown over its bounds, near its middle, or before what was just added at
   * the very end ({@code added} bytes): records that arrive in order, as from a snapshot, fill
   * their leaves.
   */
  private void maybeSplit(int place, int added) {
    Leaf leaf = leaves.leaf(place);
    if (leaf.count == 1 || (leaf.count <= LEAF_RECORDS && leaf.length() <= LEAF_BYTES)) {
      return;
    }
    int wanted = added > 0 ? leaf.end - added : leaf.start + leaf.length() / 2;
    int cut = -1;
    int countBefore = 0;
    int lastHash = (int) INT.get(leaf.array, leaf.start);
    int count = 1;
    for (int at = next(leaf.array, leaf.start); at < leaf.end; at = next(leaf.array, at)) {
      int hashHere = (int) INT.get(leaf.array, at);
      if (hashHere != lastHash) {
        cut = at;
        countBefore = count;
        if (at >= wanted) {
          break;
        }
      }
      lastHash = hashHere;
      count++;
    }
    if (cut < 0) {
      return; // all of one hash: the leaf stays large
    }
    long leftKey = keyOf(leaf);
    int offset = cut - leaf.start;
    Leaf left = leaves.writable(place);
    Leaf right = left.split(left.start + offset, left.count - countBefore);
    long rightKey = keyOf(right);
    leaves.changed(place, leftKey);
    leaves.insertAfter(place, right, rightKey);
    maybeSplit(leaves.floor(rightKey, first -> 0), 0);
    maybeSplit(leaves.floor(leftKey, first -> 0), 0);
  }

  /** Removes a member; whether it was here. */
  boolean remove(byte[] member) {
    long found = find(hashOf(member), PackedElement.of(member));
    if (found < 0) {
      return false;
    }
    int place = (int) (found >>> 32);
    Leaf leaf = leaves.writable(place);
    int at = leaf.start + (int) found;
    leaf.remove(at, next(leaf.array, at) - at);
    if (leaf.count == 0) {
      leaves.remove(place);
    } else {
      leaves.changed(place, keyOf(leaf));
      maybeJoin(place, leaf);
    }
    return true;
  }

  /** Lets the visitor see the record of this rank, from 0 to {@link #size} − 1. */
  void visitRank(long rank, Visitor visitor) {
    long located = leaves.locate(rank);
    Leaf leaf = leaves.leaf((int) (located >>> 32));
    int at = leaf.start;
    for (int left = (int) located; left > 0; left--) {
      at = next(leaf.array, at);
    }
    visitAt(leaf, at, visitor);
  }

  /** Lets the visitor see all records in order. */
  void forEach(Visitor visitor) {
    for (int place = leaves.first(); place != LeafSequence.NONE; place = leaves.next(place)) {
      forEach(leaves.leaf(place), visitor);
    }
  }

  private void forEach(Leaf leaf, Visitor visitor) {
    for (int at = leaf.start; at < leaf.end; at = next(leaf.array, at)) {
      visitAt(leaf, at, visitor);
    }
  }

  /**
   * Goes on with a scan: visits at least {@code count} records from the cursor on, where there are
   * so many, and all members of a hash together. The next cursor, or 0 at the end.
   *
   * <p>A cursor is 1 + the hash to go on with, 0 to begin: a place in the space of hashes, whoever
   * answers. A member that is there throughout is visited exactly once.
   */
  long scan(long cursor, long count, Visitor visitor) {
    long from = Math.max(0, cursor - 1);
    if (leaves.isEmpty() || cursor < 0 || from > 0xffff_ffffL) {
      return 0;
    }
    long visited = 0;
    long lastHash = -1;
    for (int place = leaves.floor(from, leaf -> 0);
        place != LeafSequence.NONE;
        place = leaves.next(place)) {
      Leaf leaf = leaves.leaf(place);
      for (int at = leaf.start; at < leaf.end; at = next(leaf.array, at)) {
        long hashHere = Integer.toUnsignedLong((int) INT.get(leaf.array, at));
        if (hashHere < from) {
          continue;
        }
        if (visited >= count && hashHere != lastHash) {
          return 1 + hashHere;
        }
        visitAt(leaf, at, visitor);
        lastHash = hashHere;
        visited++;
      }
    }
    return 0;
  }

  /** The same members, which change by themselves from now on; leaves are shared until then. */
  HashedRecords copy() {
    return new HashedRecords(hash, payloadBytes, leaves.copy());
  }

  /** The bytes of the records, counted up to this limit. */
  long bytesUpTo(long limit) {
    return leaves.bytesUpTo(limit);
  }

  /** Shows the members in order, each with its payload where that is an element. */
  void show(ElementVisitor visitor) {
    leaves.show(this::show, visitor);
  }

  private void show(Leaf leaf, ElementVisitor visitor) {
    for (int at = leaf.start; at < leaf.end; at = next(leaf.array, at)) {
      int memberAt = at + HASH_BYTES;
      PackedElement.show(leaf.array, memberAt, visitor);
      if (payloadBytes == ELEMENT) {
        PackedElement.show(
            leaf.array, memberAt + PackedElement.length(leaf.array, memberAt), visitor);
      }
    }
  }

  /** The records as they are now, leaf by leaf, whatever happens to these. */
  Chunks capture() {
    return new Chunks.Leaves(leaves.capture(), this::show);
  }

  /** Bytes of the leaves' arrays. */
  long capacity() {
    return leaves.capacity();
  }

  /** Checks the invariants; for tests. */
  void validate() {
    leaves.validate();
    long lastHash = -1;
    byte[] lastMember = {};
    for (int place = leaves.first(); place != LeafSequence.NONE; place = leaves.next(place)) {
      Leaf leaf = leaves.leaf(place);
      LeafSequence.check(leaves.key(place) == keyOf(leaf), "a key is not its leaf's first");
      LeafSequence.check(lastHash != keyOf(leaf), "members of equal hash stand in two leaves");
      int count = 0;
      int at = leaf.start;
      for (; at < leaf.end; at = next(leaf.array, at)) {
        long hashHere = Integer.toUnsignedLong((int) INT.get(leaf.array, at));
        int memberAt = at + HASH_BYTES;
        byte[] member = PackedElement.bytes(leaf.array, memberAt);
        LeafSequence.check((int) hashHere == hashOf(member), "a hash is not its member's");
        byte[] packed = PackedElement.of(member);
        LeafSequence.check(
            hashHere > lastHash
                || (hashHere == lastHash && Arrays.compareUnsigned(packed, lastMember) > 0),
            "members do not ascend");
        lastHash = hashHere;
        lastMember = packed;
        count++;
      }
      LeafSequence.check(at == leaf.end, "a record ends behind its leaf");
      LeafSequence.check(count == leaf.count, "a leaf has another number of records");
    }
  }
}
