package io.flotilla.statemachine.datatypes;

import io.flotilla.statemachine.bytes.SipHash;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A sorted set: distinct members, each with a score, in the order of (score, member).
 *
 * <pre>
 *   small   one leaf:   member score member score …       in order                    listpack
 *   large   {@link HashedRecords}: member → score, by keyed hash: ZSCORE, ZSCAN
 *           {@link ScoredRecords}: (score, member), in order: ranks and ranges        skiplist
 * </pre>
 *
 * <p>A large one keeps each member twice, as Redis keeps two structures; both here are packed, so
 * that a member of 16 bytes costs about 60 bytes in all, where Redis's table and skip list take
 * twice that.
 *
 * <p>All ranges are ranges of ranks: a bound of scores or of members is first turned into the
 * number of members before it ({@link #membersBelow}, {@link #membersBefore}), in logarithmic time,
 * and counting, offsets and limits are arithmetic from there.
 *
 * <p>A score is any double but NaN; −0 orders as 0, and becomes it in a small one.
 */
public final class SortedSetValue implements Value {
  private static final byte[] NOTHING = {};

  private final SipHash hash;
  private @Nullable Leaf small;
  private @Nullable HashedRecords scores;
  private @Nullable ScoredRecords order;

  private SortedSetValue(
      SipHash hash,
      @Nullable Leaf small,
      @Nullable HashedRecords scores,
      @Nullable ScoredRecords order) {
    this.hash = hash;
    this.small = small;
    this.scores = scores;
    this.order = order;
  }

  /** A sorted set without members, whose members are hashed by this once they are many. */
  public static SortedSetValue empty(SipHash hash, boolean large) {
    return large
        ? new SortedSetValue(
            hash, null, new HashedRecords(hash, HashedRecords.ELEMENT), new ScoredRecords())
        : new SortedSetValue(hash, Leaf.empty(), null, null);
  }

  /** A sorted set without members that fits so many, the first of this length. */
  public static SortedSetValue beginning(
      SipHash hash, long expected, int firstBytes, EncodingLimits limits) {
    return empty(
        hash,
        expected > limits.zsetMaxListpackEntries() || firstBytes > limits.zsetMaxListpackValue());
  }

  /** Sees a member with its score; the bytes may be kept, and are never changed. */
  @FunctionalInterface
  public interface Visitor {
    /** Sees a member with its score. */
    void visit(byte[] member, double score);
  }

  /** The number of members. */
  public long size() {
    return small != null ? small.count : order().size();
  }

  /** Whether it has left the compact encoding. */
  public boolean isLarge() {
    return small == null;
  }

  private HashedRecords scores() {
    if (scores == null) {
      throw new AssertionError("a sorted set is neither small nor large");
    }
    return scores;
  }

  private ScoredRecords order() {
    if (order == null) {
      throw new AssertionError("a sorted set is neither small nor large");
    }
    return order;
  }

  // ---------------------------------------------------------------- reading

  /** The score of a member, NaN where it is not here. */
  public double score(byte[] member) {
    if (small != null) {
      int at = find(small, PackedElement.of(member));
      return at < 0 ? Double.NaN : PackedElement.score(small.array, scoreAt(small, at));
    }
    double[] score = {Double.NaN};
    scores().visit(member, (array, at, value) -> score[0] = PackedElement.score(array, value));
    return score[0];
  }

  /** The rank of a member, from 0 for the lowest; −1 where it is not here. */
  public long rank(byte[] member) {
    double score = score(member);
    return Double.isNaN(score) ? -1 : rank(ScoredRecords.key(score), member);
  }

  /** The number of members whose score is less than this one, or no greater. */
  public long membersBelow(double score, boolean inclusive) {
    long key = ScoredRecords.key(score);
    return rank(inclusive ? key + 1 : key, NOTHING);
  }

  /**
   * The number of members before the first one that is not less than this byte string, or, where it
   * is inclusive, not less and not equal. Meant for sorted sets whose members all have one score,
   * but the same as in Redis wherever the members ascend with their scores.
   */
  public long membersBefore(byte[] member, boolean inclusive) {
    if (isEmpty()) {
      return 0;
    }
    if (small != null) {
      long before = 0;
      for (int at = small.start; at < small.end; at = next(small, at)) {
        int order = PackedElement.compare(small.array, at, member);
        if (order > 0 || (order == 0 && !inclusive)) {
          break;
        }
        before++;
      }
      return before;
    }
    double lowest = scoreAt(0);
    if (lowest != scoreAt(size() - 1)) {
      return membersBeforeOfManyScores(member, inclusive);
    }
    long rank = rank(ScoredRecords.key(lowest), member);
    return inclusive && score(member) == lowest ? rank + 1 : rank;
  }

  private double scoreAt(long rank) {
    double[] found = new double[1];
    visitRange(rank, 1, false, (member, score) -> found[0] = score);
    return found[0];
  }

  /**
   * A search by halves over the ranks; what it finds where members do not ascend is any such place.
   */
  private long membersBeforeOfManyScores(byte[] bound, boolean inclusive) {
    long from = 0;
    long to = size();
    while (from < to) {
      long middle = (from + to) >>> 1;
      int[] order = new int[1];
      visitRange(
          middle, 1, false, (member, score) -> order[0] = Arrays.compareUnsigned(member, bound));
      if (order[0] < 0 || (order[0] == 0 && inclusive)) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }

  private long rank(long key, byte[] member) {
    if (small == null) {
      return order().rank(key, member);
    }
    long rank = 0;
    for (int at = small.start; at < small.end && isBefore(small, at, key, member); ) {
      rank++;
      at = next(small, at);
    }
    return rank;
  }

  /** Shows all members in their order. */
  public void forEach(Visitor visitor) {
    visitRange(0, size(), false, visitor);
  }

  /** Shows {@code count} members from a rank on, upwards or downwards; there must be so many. */
  public void visitRange(long from, long count, boolean downwards, Visitor visitor) {
    if (small == null) {
      ScoredRecords.Visitor unpacking =
          (score, array, member) -> visitor.visit(PackedElement.bytes(array, member), score);
      if (downwards) {
        order().descend(from, count, unpacking);
      } else {
        order().ascend(from, count, unpacking);
      }
      return;
    }
    int[] offsets = new int[small.count];
    int at = small.start;
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = at;
      at = next(small, at);
    }
    for (long i = 0; i < count; i++) {
      int offset = offsets[(int) (downwards ? from - i : from + i)];
      visitor.visit(
          PackedElement.bytes(small.array, offset),
          PackedElement.score(small.array, scoreAt(small, offset)));
    }
  }

  /**
   * Goes on with a scan, as {@link HashValue#scan}; a small sorted set is shown whole.
   *
   * @return the next cursor, 0 at the end
   */
  public long scan(long cursor, long count, Visitor visitor) {
    if (small != null) {
      forEach(visitor);
      return 0;
    }
    return scores()
        .scan(
            cursor,
            count,
            (array, member, score) ->
                visitor.visit(
                    PackedElement.bytes(array, member), PackedElement.score(array, score)));
  }

  // ---------------------------------------------------------------- changing

  /** Leaves the compact encoding at once if so many members are to be added by one command. */
  public void expect(int members, EncodingLimits limits) {
    if (members > limits.zsetMaxListpackEntries()) {
      enlarge();
    }
  }

  /** Gives a member this score, which is no NaN; whether the member is new. */
  public boolean put(byte[] member, double score, EncodingLimits limits) {
    double old = score(member);
    boolean isNew = Double.isNaN(old);
    if (small != null
        && isNew
        && (small.count >= limits.zsetMaxListpackEntries()
            || member.length > limits.zsetMaxListpackValue())) {
      enlarge();
    }
    if (isNew) {
      add(member, score);
    } else if (old != score) {
      if (small == null) {
        scores().put(member, PackedElement.ofScore(score));
        order().remove(old, member);
        order().add(score, member);
      } else {
        remove(member, old);
        add(member, score);
      }
    }
    return isNew;
  }

  /**
   * Gives a member of a large sorted set exactly this score, the sign of zero included, whether it
   * is new or not.
   */
  public void putExactly(byte[] member, double score) {
    double old = score(member);
    if (!Double.isNaN(old)) {
      if (Double.doubleToRawLongBits(old) == Double.doubleToRawLongBits(score)) {
        return;
      }
      order().remove(old, member);
    }
    scores().put(member, PackedElement.ofScore(score));
    order().add(score, member);
  }

  /** Takes the compact encoding if that is allowed for what has been put together. */
  public void settle(EncodingLimits limits) {
    if (small != null || size() > limits.zsetMaxListpackEntries()) {
      return;
    }
    int[] longest = {0};
    forEach((member, score) -> longest[0] = Math.max(longest[0], member.length));
    if (longest[0] <= limits.zsetMaxListpackValue()) {
      SortedSetValue settled = empty(hash, false);
      forEach(settled::add);
      small = settled.small;
      scores = null;
      order = null;
    }
  }

  private void add(byte[] member, double score) {
    if (small == null) {
      scores().put(member, PackedElement.ofScore(score));
      order().add(score, member);
      return;
    }
    long key = ScoredRecords.key(score);
    int at = small.start;
    while (at < small.end && isBefore(small, at, key, member)) {
      at = next(small, at);
    }
    byte[] packed = PackedElement.of(member);
    byte[] packedScore = PackedElement.ofScore(score + 0.0); // −0 becomes 0, as in Redis's listpack
    int gap = small.gap(at, 0, packed.length + packedScore.length);
    System.arraycopy(packed, 0, small.array, gap, packed.length);
    System.arraycopy(packedScore, 0, small.array, gap + packed.length, packedScore.length);
    small.count++;
  }

  /** Removes a member; whether it was here. */
  public boolean remove(byte[] member) {
    double score = score(member);
    if (Double.isNaN(score)) {
      return false;
    }
    remove(member, score);
    return true;
  }

  private void remove(byte[] member, double score) {
    if (small == null) {
      scores().remove(member);
      order().remove(score, member);
    } else {
      int at = find(small, PackedElement.of(member));
      small.remove(at, next(small, at) - at);
    }
  }

  /** Removes {@code count} members from a rank on; there must be so many. */
  public void removeRange(long from, long count) {
    if (count <= 0) {
      return;
    }
    if (small != null) {
      int at = small.start;
      for (long i = 0; i < from; i++) {
        at = next(small, at);
      }
      int end = at;
      for (long i = 0; i < count; i++) {
        end = next(small, end);
      }
      small.gap(at, end - at, 0);
      small.count -= (int) count;
    } else if (count == size()) {
      scores = new HashedRecords(hash, HashedRecords.ELEMENT);
      order = new ScoredRecords();
    } else {
      HashedRecords known = scores();
      order()
          .ascend(
              from,
              count,
              (score, array, member) -> known.remove(PackedElement.bytes(array, member)));
      order().removeRange(from, count);
    }
  }

  /** Adds a member that a snapshot holds, in its order, whatever the limits say. */
  public void restore(byte[] member, double score) {
    add(member, score);
  }

  private void enlarge() {
    if (small != null) {
      SortedSetValue enlarged = empty(hash, true);
      forEach(enlarged::add);
      scores = enlarged.scores;
      order = enlarged.order;
      small = null;
    }
  }

  // ---------------------------------------------------------------- the small form

  private static int find(Leaf leaf, byte[] packed) {
    for (int at = leaf.start; at < leaf.end; at = next(leaf, at)) {
      if (PackedElement.is(leaf.array, at, packed)) {
        return at;
      }
    }
    return -1;
  }

  private static boolean isBefore(Leaf leaf, int at, long key, byte[] member) {
    long there = ScoredRecords.key(PackedElement.score(leaf.array, scoreAt(leaf, at)));
    return there < key || (there == key && PackedElement.compare(leaf.array, at, member) < 0);
  }

  private static int scoreAt(Leaf leaf, int at) {
    return at + PackedElement.length(leaf.array, at);
  }

  private static int next(Leaf leaf, int at) {
    int scoreAt = scoreAt(leaf, at);
    return scoreAt + PackedElement.length(leaf.array, scoreAt);
  }

  // ---------------------------------------------------------------- as a value

  @Override
  public Chunks capture() {
    return small != null
        ? Chunks.Leaves.of(small.copy(null), SortedSetValue::show)
        : order().capture();
  }

  @Override
  public void show(ElementVisitor visitor) {
    if (small != null) {
      show(small, visitor);
    } else {
      order().show(visitor);
    }
  }

  private static void show(Leaf leaf, ElementVisitor visitor) {
    for (int at = leaf.start; at < leaf.end; at = next(leaf, at)) {
      PackedElement.show(leaf.array, at, visitor);
      visitor.score(PackedElement.score(leaf.array, scoreAt(leaf, at)));
    }
  }

  @Override
  public long bytesUpTo(long limit) {
    return small != null ? small.length() : order().bytesUpTo(limit);
  }

  @Override
  public DataType<SortedSetValue> type() {
    return DataType.SORTED_SET;
  }

  @Override
  public boolean isEmpty() {
    return size() == 0;
  }

  @Override
  public SortedSetValue copy() {
    return new SortedSetValue(
        hash,
        small != null ? small.copy(null) : null,
        scores != null ? scores.copy() : null,
        order != null ? order.copy() : null);
  }

  @Override
  public String encoding() {
    return small != null ? "listpack" : "skiplist";
  }

  @Override
  public long weight() {
    return size();
  }

  /** Checks the invariants; for tests. */
  void validate() {
    if (small == null) {
      scores().validate();
      order().validate();
      LeafSequence.check(scores().size() == order().size(), "two sizes of one sorted set");
    }
    forEach((member, score) ->
        LeafSequence.check(
            Double.doubleToRawLongBits(score(member)) == Double.doubleToRawLongBits(score),
            "a member has two scores"));
  }
}
