package io.flotilla.statemachine.datatypes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The members of a large sorted set in the order of (score, member): what ranks and ranges are
 * answered from.
 *
 * <pre>
 *   record   score (8 bytes) | member (packed)
 * </pre>
 *
 * <p>Redis walks a skip list whose links know how far they jump. Here the branches of a {@link
 * LeafSequence} hold the counts and the first scores of the leaves, so a rank, a score and a record
 * are found from each other by touching two arrays and one leaf; a range is read from records that
 * stand side by side. A member costs 10 bytes beyond its own; a skip list's node some 40.
 *
 * <p>Invariant: records ascend by (score, member), where −0 and 0 are the same score, and members
 * compare as byte strings.
 */
final class ScoredRecords {
  /** What a search skips through and an insert moves. */
  private static final int LEAF_BYTES = 2048;

  /** Keeps the skipping short where members are tiny. */
  private static final int LEAF_RECORDS = 64;

  private static final int SCORE_BYTES = 8;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final LeafSequence leaves;

  ScoredRecords() {
    this(new LeafSequence());
  }

  private ScoredRecords(LeafSequence leaves) {
    this.leaves = leaves;
  }

  /** Sees a record where it stands. */
  @FunctionalInterface
  interface Visitor {
    void visit(double score, byte[] array, int memberAt);
  }

  /** A number that is ordered as the score is. */
  static long key(double score) {
    long bits = Double.doubleToRawLongBits(score + 0.0); // −0 becomes 0
    return bits ^ (bits >> 63 & Long.MAX_VALUE);
  }

  long size() {
    return leaves.records();
  }

  private static double scoreAt(byte[] array, int at) {
    return Double.longBitsToDouble((long) LONG.get(array, at));
  }

  private static long keyOf(Leaf leaf) {
    return key(scoreAt(leaf.array, leaf.start));
  }

  private static int next(byte[] array, int at) {
    return at + SCORE_BYTES + PackedElement.length(array, at + SCORE_BYTES);
  }

  private static int compare(byte[] array, int at, long key, byte[] member) {
    int order = Long.compare(key(scoreAt(array, at)), key);
    return order != 0 ? order : PackedElement.compare(array, at + SCORE_BYTES, member);
  }

  private int floor(long key, byte[] member) {
    return leaves.floor(
        key, leaf -> -PackedElement.compare(leaf.array, leaf.start + SCORE_BYTES, member));
  }

  /** How many records stand before this score and member. */
  long rank(long key, byte[] member) {
    if (leaves.isEmpty()) {
      return 0;
    }
    int place = floor(key, member);
    Leaf leaf = leaves.leaf(place);
    long rank = leaves.recordsBefore(place);
    for (int at = leaf.start;
        at < leaf.end && compare(leaf.array, at, key, member) < 0;
        at = next(leaf.array, at)) {
      rank++;
    }
    return rank;
  }

  /** Adds a record that is not here. */
  void add(double score, byte[] member) {
    byte[] packed = PackedElement.of(member);
    byte[] record = new byte[SCORE_BYTES + packed.length];
    LONG.set(record, 0, Double.doubleToRawLongBits(score));
    System.arraycopy(packed, 0, record, SCORE_BYTES, packed.length);
    long key = key(score);
    if (leaves.isEmpty()) {
      leaves.insertAfter(LeafSequence.NONE, Leaf.of(record), key);
      return;
    }
    int place = floor(key, member);
    Leaf leaf = leaves.writable(place);
    int at = leaf.start;
    while (at < leaf.end && compare(leaf.array, at, key, member) < 0) {
      at = next(leaf.array, at);
    }
    boolean atTheEnd = at == leaf.end && place == leaves.last();
    leaf.insert(at, record);
    leaves.changed(place, keyOf(leaf));
    maybeSplit(place, atTheEnd);
  }

  /**
   * Splits a leaf that has grown over its bounds, near its middle, or before what was just added at
   * the very end: scores that only grow fill their leaves.
   */
  private void maybeSplit(int place, boolean atTheEnd) {
    Leaf leaf = leaves.leaf(place);
    if (leaf.count == 1 || (leaf.count <= LEAF_RECORDS && leaf.length() <= LEAF_BYTES)) {
      return;
    }
    int wanted = atTheEnd ? leaf.end : leaf.start + leaf.length() / 2;
    int at = next(leaf.array, leaf.start);
    int before = 1;
    while (before < leaf.count - 1 && at < wanted) {
      at = next(leaf.array, at);
      before++;
    }
    int offset = at - leaf.start;
    Leaf left = leaves.writable(place);
    Leaf right = left.split(left.start + offset, left.count - before);
    leaves.changed(place, keyOf(left));
    long rank = leaves.recordsBefore(place) + left.count;
    leaves.insertAfter(place, right, keyOf(right));
    maybeSplit((int) (leaves.locate(rank) >>> 32), false);
    maybeSplit((int) (leaves.locate(rank - 1) >>> 32), false);
  }

  /** Removes a record that is here. */
  void remove(double score, byte[] member) {
    removeRange(rank(key(score), member), 1);
  }

  /** Removes the records from a rank on; there must be so many. */
  void removeRange(long from, long count) {
    long left = count;
    while (left > 0) {
      long located = leaves.locate(from);
      int place = (int) (located >>> 32);
      int inLeaf = (int) located;
      Leaf leaf = leaves.leaf(place);
      int here = (int) Math.min(left, leaf.count - inLeaf);
      if (here == leaf.count) {
        leaves.remove(place);
      } else {
        leaf = leaves.writable(place);
        int at = seek(leaf, leaf.start, inLeaf);
        int end = seek(leaf, at, here);
        leaf.gap(at, end - at, 0);
        leaf.count -= here;
        leaves.changed(place, keyOf(leaf));
        if (leaf.count < LEAF_RECORDS / 4 && leaf.length() < LEAF_BYTES / 4) {
          leaves.maybeJoin(place, LEAF_BYTES / 2, LEAF_RECORDS / 2);
        }
      }
      left -= here;
    }
  }

  private static int seek(Leaf leaf, int from, int records) {
    int at = from;
    for (int i = 0; i < records; i++) {
      at = next(leaf.array, at);
    }
    return at;
  }

  /** Shows {@code count} records upwards from a rank; there must be so many. */
  void ascend(long from, long count, Visitor visitor) {
    long left = count;
    long located = left > 0 ? leaves.locate(from) : 0;
    int place = (int) (located >>> 32);
    int inLeaf = (int) located;
    while (left > 0) {
      Leaf leaf = leaves.leaf(place);
      int at = seek(leaf, leaf.start, inLeaf);
      for (; at < leaf.end && left > 0; at = next(leaf.array, at)) {
        visitor.visit(scoreAt(leaf.array, at), leaf.array, at + SCORE_BYTES);
        left--;
      }
      inLeaf = 0;
      place = leaves.next(place);
    }
  }

  /** Shows {@code count} records downwards from a rank; there must be so many. */
  void descend(long from, long count, Visitor visitor) {
    long left = count;
    long located = left > 0 ? leaves.locate(from) : 0;
    int place = (int) (located >>> 32);
    int inLeaf = (int) located;
    int[] offsets = new int[LEAF_RECORDS * 2];
    while (left > 0) {
      Leaf leaf = leaves.leaf(place);
      int records = inLeaf + 1;
      if (records > offsets.length) {
        offsets = new int[records];
      }
      int at = leaf.start;
      for (int i = 0; i < records; i++) {
        offsets[i] = at;
        at = next(leaf.array, at);
      }
      for (int i = inLeaf; i >= 0 && left > 0; i--, left--) {
        visitor.visit(scoreAt(leaf.array, offsets[i]), leaf.array, offsets[i] + SCORE_BYTES);
      }
      place = leaves.previous(place);
      inLeaf = place == LeafSequence.NONE ? 0 : leaves.leaf(place).count - 1;
    }
  }

  ScoredRecords copy() {
    return new ScoredRecords(leaves.copy());
  }

  /** The bytes of the records, counted up to this limit. */
  long bytesUpTo(long limit) {
    return leaves.bytesUpTo(limit);
  }

  /** Shows the members in order, each with its score. */
  void show(ElementVisitor visitor) {
    leaves.show(ScoredRecords::show, visitor);
  }

  private static void show(Leaf leaf, ElementVisitor visitor) {
    for (int at = leaf.start; at < leaf.end; at = next(leaf.array, at)) {
      PackedElement.show(leaf.array, at + SCORE_BYTES, visitor);
      visitor.score(scoreAt(leaf.array, at));
    }
  }

  /** The records as they are now, leaf by leaf, whatever happens to these. */
  Chunks capture() {
    return new Chunks.Leaves(leaves.capture(), ScoredRecords::show);
  }

  /** Checks the invariants; for tests. */
  void validate() {
    leaves.validate();
    long lastKey = Long.MIN_VALUE;
    byte[] lastMember = {};
    boolean first = true;
    for (int place = leaves.first(); place != LeafSequence.NONE; place = leaves.next(place)) {
      Leaf leaf = leaves.leaf(place);
      LeafSequence.check(leaves.key(place) == keyOf(leaf), "a key is not its leaf's first");
      int count = 0;
      int at = leaf.start;
      for (; at < leaf.end; at = next(leaf.array, at)) {
        LeafSequence.check(
            first || compare(leaf.array, at, lastKey, lastMember) > 0, "records do not ascend");
        first = false;
        lastKey = key(scoreAt(leaf.array, at));
        lastMember = PackedElement.bytes(leaf.array, at + SCORE_BYTES);
        count++;
      }
      LeafSequence.check(at == leaf.end, "a record ends behind its leaf");
      LeafSequence.check(count == leaf.count, "a leaf has another number of records");
    }
  }
}
