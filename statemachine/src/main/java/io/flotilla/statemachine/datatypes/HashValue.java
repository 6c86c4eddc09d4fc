package io.flotilla.statemachine.datatypes;

import io.flotilla.statemachine.bytes.SipHash;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A hash: fields with a value each.
 *
 * <pre>
 *   small   one leaf:   field value field value …      in the order in which the fields came
 *   large   {@link HashedRecords}: records of (hash, field, value) in the order of their keyed hashes
 * </pre>
 *
 * <p>Small means: at most {@code hash-max-listpack-entries} fields, none of them and no value
 * longer than {@code hash-max-listpack-value} bytes. A small hash is searched from its beginning,
 * which for some KB in one array is faster than any index. What has become large stays so (as in
 * Redis).
 *
 * <p>Both orders are functions of what is visible: the small one of the operations, and it is the
 * order of a snapshot, so that a restored hash has it too; the large one of the fields alone. That
 * is also why HRANDFIELD can draw a rank and every replica finds the same field there.
 *
 * <p>Fields are distinct byte strings of any length, values too.
 *
 * <p>A field may have a deadline. Those are few, and stand beside the fields: in a sorted set by
 * deadline and name, so that what is due first, and how much is due at a time, is found at once,
 * and a hash without them pays nothing. Time is told; fields that are due stay until {@link
 * #removeDue}, and whoever gives the hash out before sees to it that nobody sees them.
 */
public final class HashValue implements Value {
  /** Over this a hash is not small whatever the limits say: a byte array has to hold it. */
  private static final int MAX_SMALL_BYTES = 1 << 28;

  private final SipHash hash;

  /** A {@link Leaf} while it is small, then {@link HashedRecords}. */
  private Object form;

  /** Fields with a deadline, which is their score: Unix milliseconds. Null until there was one. */
  private @Nullable SortedSetValue deadlines;

  private HashValue(SipHash hash, Object form) {
    this.hash = hash;
    this.form = form;
  }

  /** A hash without fields, whose fields are ordered by this hash function once they are many. */
  public static HashValue empty(SipHash hash) {
    return new HashValue(hash, Leaf.empty());
  }

  /**
   * A hash without fields that is to be filled by {@link #restore} in the order of {@link
   * #capture}.
   */
  public static HashValue restoring(SipHash hash, boolean large) {
    return large
        ? new HashValue(hash, new HashedRecords(hash, HashedRecords.ELEMENT))
        : empty(hash);
  }

  /** Sees a field with its value; both may be kept, and are never changed. */
  @FunctionalInterface
  public interface Visitor {
    /** Sees a field with its value. */
    void visit(byte[] field, byte[] value);
  }

  /** The number of fields. */
  public long size() {
    return form instanceof Leaf leaf ? leaf.count : large().size();
  }

  /** Whether it has left the compact encoding. */
  public boolean isLarge() {
    return !(form instanceof Leaf);
  }

  private @Nullable Leaf small() {
    return form instanceof Leaf leaf ? leaf : null;
  }

  private HashedRecords large() {
    return (HashedRecords) form;
  }

  // ---------------------------------------------------------------- reading

  /** The value of a field, or null where there is none. */
  public byte @Nullable [] get(byte[] field) {
    Leaf small = small();
    if (small != null) {
      int at = find(small, PackedElement.of(field));
      return at < 0 ? null : PackedElement.bytes(small.array, valueAt(small, at));
    }
    byte[][] found = new byte[1][];
    return large().visit(field, (array, at, value) -> found[0] = PackedElement.bytes(array, value))
        ? found[0]
        : null;
  }

  /** Whether the field is there. */
  public boolean contains(byte[] field) {
    Leaf small = small();
    return small != null ? find(small, PackedElement.of(field)) >= 0 : large().contains(field);
  }

  /** The length of a field's value in bytes; 0 where there is none. */
  public int valueLength(byte[] field) {
    Leaf small = small();
    if (small != null) {
      int at = find(small, PackedElement.of(field));
      return at < 0 ? 0 : PackedElement.unpackedLength(small.array, valueAt(small, at));
    }
    int[] length = {0};
    large()
        .visit(field, (array, at, value) -> length[0] = PackedElement.unpackedLength(array, value));
    return length[0];
  }

  /** Shows all fields in their order. */
  public void forEach(Visitor visitor) {
    Leaf small = small();
    if (small != null) {
      forEach(small, visitor);
    } else {
      large().forEach(unpacking(visitor));
    }
  }

  /** Shows the field of this rank, 0 to {@link #size} − 1. */
  public void visitRank(long rank, Visitor visitor) {
    Leaf small = small();
    if (small != null) {
      int at = small.start;
      for (long left = rank; left > 0; left--) {
        at = next(small, at);
      }
      visitor.visit(
          PackedElement.bytes(small.array, at),
          PackedElement.bytes(small.array, valueAt(small, at)));
    } else {
      large().visitRank(rank, unpacking(visitor));
    }
  }

  /**
   * Goes on with a scan: shows about {@code count} fields from the cursor on (0 to begin), and
   * tells the next cursor, 0 at the end. A small hash is shown whole. A field that is there
   * throughout is shown at least once, whoever answers.
   */
  public long scan(long cursor, long count, Visitor visitor) {
    Leaf small = small();
    if (small != null) {
      forEach(small, visitor);
      return 0;
    }
    return large().scan(cursor, count, unpacking(visitor));
  }

  private static HashedRecords.Visitor unpacking(Visitor visitor) {
    return (array, field, value) ->
        visitor.visit(PackedElement.bytes(array, field), PackedElement.bytes(array, value));
  }

  // ---------------------------------------------------------------- changing

  /**
   * Leaves the compact encoding at once if what is about to come will not fit it: so many pairs in
   * one command, or a field or value so long.
   */
  public void expect(int pairs, int longestBytes, EncodingLimits limits) {
    if (pairs > limits.hashMaxListpackEntries() || longestBytes > limits.hashMaxListpackValue()) {
      enlarge();
    }
  }

  /** Gives a field a value and takes its deadline away; whether the field is new. */
  public boolean set(byte[] field, byte[] value, EncodingLimits limits) {
    if (deadlines != null) {
      deadlines.remove(field);
    }
    return setKeepingDeadline(field, value, limits);
  }

  /** Gives a field a value; a deadline stays. Whether the field is new. */
  public boolean setKeepingDeadline(byte[] field, byte[] value, EncodingLimits limits) {
    expect(1, Math.max(field.length, value.length), limits);
    Leaf small = small();
    if (small == null) {
      return large().put(field, PackedElement.of(value));
    }
    boolean added = setSmall(small, PackedElement.of(field), PackedElement.of(value));
    if (small.count > limits.hashMaxListpackEntries() || small.length() > MAX_SMALL_BYTES) {
      enlarge();
    }
    return added;
  }

  private static boolean setSmall(Leaf leaf, byte[] field, byte[] value) {
    int at = find(leaf, field);
    if (at >= 0) {
      int valueAt = at + field.length;
      int gap = leaf.gap(valueAt, PackedElement.length(leaf.array, valueAt), value.length);
      System.arraycopy(value, 0, leaf.array, gap, value.length);
      return false;
    }
    int gap = leaf.gap(leaf.end, 0, field.length + value.length);
    System.arraycopy(field, 0, leaf.array, gap, field.length);
    System.arraycopy(value, 0, leaf.array, gap + field.length, value.length);
    leaf.count++;
    return true;
  }

  /** Removes a field; whether it was there. */
  public boolean remove(byte[] field) {
    if (deadlines != null) {
      deadlines.remove(field);
    }
    Leaf small = small();
    if (small == null) {
      return large().remove(field);
    }
    int at = find(small, PackedElement.of(field));
    if (at < 0) {
      return false;
    }
    small.remove(at, next(small, at) - at);
    return true;
  }

  /** Adds a field that a snapshot holds, in its order. */
  public void restore(byte[] field, byte[] value) {
    Leaf small = small();
    if (small != null) {
      setSmall(small, PackedElement.of(field), PackedElement.of(value));
    } else {
      large().put(field, PackedElement.of(value));
    }
  }

  private void enlarge() {
    Leaf small = small();
    if (small != null) {
      HashedRecords records = new HashedRecords(hash, HashedRecords.ELEMENT);
      forEach(small, (field, value) -> records.put(field, PackedElement.of(value)));
      form = records;
    }
  }

  // ---------------------------------------------------------------- deadlines

  /** Whether a field has, or ever had, a deadline. */
  public boolean hasDeadlines() {
    return deadlines != null;
  }

  /** The number of fields with a deadline. */
  public long deadlines() {
    return deadlines == null ? 0 : deadlines.size();
  }

  /** From now on it shows as one whose fields may have deadlines. */
  public void allowDeadlines() {
    if (deadlines == null) {
      deadlines = SortedSetValue.empty(hash, false);
    }
  }

  /** The deadline of a field in Unix milliseconds, −1 where it has none. */
  public long deadlineMillis(byte[] field) {
    double deadline = deadlines == null ? Double.NaN : deadlines.score(field);
    return Double.isNaN(deadline) ? -1 : (long) deadline;
  }

  /** The first deadline of any field in Unix milliseconds, −1 where none has one. */
  public long firstDeadlineMillis() {
    if (deadlines == null || deadlines.isEmpty()) {
      return -1;
    }
    long[] first = new long[1];
    deadlines.visitRange(0, 1, false, (field, deadline) -> first[0] = (long) deadline);
    return first[0];
  }

  /** How many fields have a deadline at or before this time. */
  public long due(long nowMillis) {
    return deadlines == null ? 0 : deadlines.membersBelow((double) nowMillis, true);
  }

  /** Gives a field that is here a deadline, less than 2⁵³. */
  public void deadline(byte[] field, long deadlineMillis) {
    allowDeadlines();
    if (deadlines != null) {
      deadlines.put(field, (double) deadlineMillis, EncodingLimits.DEFAULT);
    }
  }

  /** Takes a field's deadline away; whether it had one. */
  public boolean persist(byte[] field) {
    return deadlines != null && deadlines.remove(field);
  }

  /** Removes fields that are due, the earliest first, at most so many. */
  public void removeDue(long nowMillis, long limit) {
    if (deadlines == null) {
      return;
    }
    long count = Math.min(limit, due(nowMillis));
    List<byte[]> fields = new ArrayList<>();
    deadlines.visitRange(0, count, false, (field, deadline) -> fields.add(field));
    deadlines.removeRange(0, count);
    fields.forEach(this::remove);
  }

  // ---------------------------------------------------------------- the small form

  /** Where the field begins, or −1. */
  private static int find(Leaf leaf, byte[] packedField) {
    for (int at = leaf.start; at < leaf.end; at = next(leaf, at)) {
      if (PackedElement.is(leaf.array, at, packedField)) {
        return at;
      }
    }
    return -1;
  }

  private static int valueAt(Leaf leaf, int at) {
    return at + PackedElement.length(leaf.array, at);
  }

  private static int next(Leaf leaf, int at) {
    int valueAt = valueAt(leaf, at);
    return valueAt + PackedElement.length(leaf.array, valueAt);
  }

  private static void forEach(Leaf leaf, Visitor visitor) {
    for (int at = leaf.start; at < leaf.end; at = next(leaf, at)) {
      visitor.visit(
          PackedElement.bytes(leaf.array, at), PackedElement.bytes(leaf.array, valueAt(leaf, at)));
    }
  }

  // ---------------------------------------------------------------- as a value

  @Override
  public Chunks capture() {
    Leaf small = small();
    Chunks fields =
        small != null ? Chunks.Leaves.of(small.copy(null), HashValue::show) : large().capture();
    return deadlines == null ? fields : new Chunks.Both(fields, deadlines.capture());
  }

  @Override
  public void show(ElementVisitor visitor) {
    Leaf small = small();
    if (small != null) {
      show(small, visitor);
    } else {
      large().show(visitor);
    }
    if (deadlines != null) {
      deadlines.show(visitor);
    }
  }

  private static void show(Leaf leaf, ElementVisitor visitor) {
    for (int at = leaf.start; at < leaf.end; at = next(leaf, at)) {
      PackedElement.show(leaf.array, at, visitor);
      PackedElement.show(leaf.array, valueAt(leaf, at), visitor);
    }
  }

  @Override
  public long bytesUpTo(long limit) {
    Leaf small = small();
    long bytes = small != null ? small.length() : large().bytesUpTo(limit);
    return deadlines == null || bytes > limit ? bytes : bytes + deadlines.bytesUpTo(limit);
  }

  @Override
  public DataType<HashValue> type() {
    return DataType.HASH;
  }

  @Override
  public boolean isEmpty() {
    return size() == 0;
  }

  @Override
  public HashValue copy() {
    Leaf small = small();
    HashValue copy = new HashValue(hash, small != null ? small.copy(null) : large().copy());
    copy.deadlines = deadlines == null ? null : deadlines.copy();
    return copy;
  }

  @Override
  public String encoding() {
    Leaf small = small();
    return small == null ? "hashtable" : deadlines == null ? "listpack" : "listpackex";
  }

  @Override
  public long weight() {
    return size();
  }

  /** Checks the invariants; for tests. */
  public void validate() {
    Leaf small = small();
    if (small == null) {
      large().validate();
      return;
    }
    int count = 0;
    int at = small.start;
    for (; at < small.end; at = next(small, at)) {
      count++;
    }
    LeafSequence.check(at == small.end, "a pair ends behind its leaf");
    LeafSequence.check(count == small.count, "a small hash has another number of fields");
  }
}
