package io.flotilla.statemachine.datatypes;

import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A list: elements in the order in which they were pushed, quick at both ends.
 *
 * <pre>
 *   small   one leaf                                   listpack
 *   large   a {@link LeafSequence}: leaves of up to 8 KB       quicklist
 * </pre>
 *
 * <p>Elements stand packed in leaves, with their length behind them too, so that they can be walked
 * from either end ({@link PackedList}). An end grows and shrinks in place; an index is found by the
 * counts in the branches and then from the nearer end of its leaf; a leaf that grows too large in
 * the middle splits, and one that gets small joins its neighbour. A long element stands alone.
 *
 * <p>Where leaves begin and end is visible to nobody, and neither counts nor is kept in snapshots.
 * That is why the step from large back to small asks for the size of the whole list, where Redis
 * asks for that of its only node: a few short nodes left of a long list show as {@code listpack}
 * here and as {@code quicklist} there.
 */
public final class ListValue implements Value {
  /** Redis's node size by default; an insert in the middle moves half of it at most. */
  private static final int LEAF_BYTES = 8192;

  /** What Redis counts for a listpack beyond its elements: a header and an end mark. */
  private static final int LISTPACK_FRAME = 7;

  /** Redis's bound on a node's bytes where {@code list-max-listpack-size} counts elements. */
  private static final int SAFE_BYTES = 8192;

  /** Bytes of a node for {@code list-max-listpack-size} −1 to −5. */
  private static final int[] NODE_BYTES = {4096, 8192, 16384, 32768, 65536};

  private @Nullable Leaf small;
  private @Nullable LeafSequence large;

  private ListValue(@Nullable Leaf small, @Nullable LeafSequence large) {
    this.small = small;
    this.large = large;
  }

  /** A list without elements. */
  public static ListValue empty() {
    return new ListValue(Leaf.empty(), null);
  }

  /** A list without elements, small or large, to be filled by {@link #restore}. */
  public static ListValue restoring(boolean large) {
    return large ? new ListValue(null, new LeafSequence()) : empty();
  }

  /** The number of elements. */
  public long size() {
    return small != null ? small.count : large().records();
  }

  /** Whether it has left the compact encoding. */
  public boolean isLarge() {
    return small == null;
  }

  private LeafSequence large() {
    if (large == null) {
      throw new AssertionError("a list is neither small nor large");
    }
    return large;
  }

  // ---------------------------------------------------------------- reading

  /** The element at an index from 0 to {@link #size} − 1. */
  public byte[] get(long index) {
    Leaf leaf = small;
    int inLeaf = (int) index;
    if (leaf == null) {
      long located = large().locate(index);
      leaf = large().leaf((int) (located >>> 32));
      inLeaf = (int) located;
    }
    return PackedElement.bytes(leaf.array, PackedList.seek(leaf, inLeaf));
  }

  /** Shows {@code count} elements from an index on, in order; there must be so many. */
  public void forEach(long from, long count, Consumer<byte[]> visitor) {
    if (count <= 0) {
      return;
    }
    if (small != null) {
      forEach(small, (int) from, count, visitor);
      return;
    }
    LeafSequence leaves = large();
    long located = leaves.locate(from);
    int place = (int) (located >>> 32);
    int inLeaf = (int) located;
    long left = count;
    while (left > 0) {
      left -= forEach(leaves.leaf(place), inLeaf, left, visitor);
      inLeaf = 0;
      place = leaves.next(place);
    }
  }

  /** Shows all elements in order. */
  public void forEach(Consumer<byte[]> visitor) {
    forEach(0, size(), visitor);
  }

  private static long forEach(Leaf leaf, int from, long most, Consumer<byte[]> visitor) {
    long count = Math.min(most, leaf.count - from);
    int at = PackedList.seek(leaf, from);
    for (long i = 0; i < count; i++) {
      visitor.accept(PackedElement.bytes(leaf.array, at));
      at = PackedList.next(leaf.array, at);
    }
    return count;
  }

  /**
   * Tells the indexes at which an element stands, from the head on, or from the tail backwards,
   * among the first {@code most} elements seen, until the visitor has had enough (answers false).
   */
  public void find(byte[] element, boolean fromTail, long most, LongPredicate visitor) {
    byte[] packed = PackedElement.of(element);
    long seen = 0;
    long size = size();
    int place = small != null ? 0 : fromTail ? large().last() : large().first();
    while (seen < Math.min(most, size)) {
      Leaf leaf = small != null ? small : large().leaf(place);
      int at = fromTail ? leaf.end : leaf.start;
      for (int i = 0; i < leaf.count && seen < most; i++, seen++) {
        if (fromTail) {
          at = PackedList.previous(leaf.array, at);
        }
        if (PackedElement.is(leaf.array, at, packed)
            && !visitor.test(fromTail ? size - 1 - seen : seen)) {
          return;
        }
        if (!fromTail) {
          at = PackedList.next(leaf.array, at);
        }
      }
      if (small == null) {
        place = fromTail ? large().previous(place) : large().next(place);
      }
    }
  }

  // ---------------------------------------------------------------- changing: ends

  /**
   * Leaves the compact encoding if elements of so many bytes in all are to be pushed that the list
   * will not fit it.
   */
  public void expect(int elements, long bytes, EncodingLimits limits) {
    if (small != null
        && exceeds(
            limits.listMaxListpackSize(),
            small.length() + LISTPACK_FRAME + bytes,
            (long) small.count + elements)) {
      LeafSequence leaves = new LeafSequence();
      if (small.count > 0) {
        leaves.insertAfter(LeafSequence.NONE, small, 0);
      }
      large = leaves;
      small = null;
      if (!leaves.isEmpty()) {
        maybeSplit(leaves, 0);
      }
    }
  }

  private static boolean exceeds(int setting, long bytes, long count) {
    return setting < 0
        ? bytes > nodeBytes(setting)
        : bytes > SAFE_BYTES || count > Math.max(1, setting);
  }

  private static int nodeBytes(int setting) {
    return NODE_BYTES[Math.min(-setting, NODE_BYTES.length) - 1];
  }

  /** Adds an element at the head. The caller has said {@link #expect}. */
  public void pushLeft(byte[] element) {
    byte[] entry = PackedList.entry(element);
    if (small != null) {
      small.insert(small.start, entry);
      return;
    }
    LeafSequence leaves = large();
    int first = leaves.first();
    if (first == LeafSequence.NONE || leaves.leaf(first).length() + entry.length > LEAF_BYTES) {
      finish(leaves, first);
      leaves.insertAfter(LeafSequence.NONE, Leaf.of(entry), 0);
    } else {
      Leaf leaf = leaves.writable(first);
      leaf.insert(leaf.start, entry);
      leaves.changed(first, 0);
    }
  }

  /** Adds an element at the tail. The caller has said {@link #expect}. */
  public void pushRight(byte[] element) {
    byte[] entry = PackedList.entry(element);
    if (small != null) {
      small.insert(small.end, entry);
      return;
    }
    LeafSequence leaves = large();
    int last = leaves.last();
    if (last == LeafSequence.NONE || leaves.leaf(last).length() + entry.length > LEAF_BYTES) {
      finish(leaves, last);
      leaves.insertAfter(last, Leaf.of(entry), 0);
    } else {
      Leaf leaf = leaves.writable(last);
      leaf.insert(leaf.end, entry);
      leaves.changed(last, 0);
    }
  }

  /** A leaf at an end that is full will hardly grow any more: its room goes. */
  private static void finish(LeafSequence leaves, int place) {
    if (place != LeafSequence.NONE) {
      leaves.writable(place).trim();
    }
  }

  /** Takes the element at the head; there must be one. */
  public byte[] popLeft() {
    byte[] element = get(0);
    removeLeft(1);
    return element;
  }

  /** Takes the element at the tail; there must be one. */
  public byte[] popRight() {
    byte[] element = get(size() - 1);
    removeRight(1);
    return element;
  }

  /** Removes so many elements at the head; there must be so many. */
  public void removeLeft(long count) {
    if (small != null) {
      removeRange(small, 0, (int) count);
      return;
    }
    LeafSequence leaves = large();
    long left = count;
    while (left > 0) {
      int first = leaves.first();
      int inLeaf = leaves.leaf(first).count;
      if (inLeaf <= left) {
        leaves.remove(first);
      } else {
        removeRange(leaves.writable(first), 0, (int) left);
        leaves.changed(first, 0);
      }
      left -= inLeaf;
    }
  }

  /** Removes so many elements at the tail; there must be so many. */
  public void removeRight(long count) {
    if (small != null) {
      removeRange(small, small.count - (int) count, (int) count);
      return;
    }
    LeafSequence leaves = large();
    long left = count;
    while (left > 0) {
      int last = leaves.last();
      int inLeaf = leaves.leaf(last).count;
      if (inLeaf <= left) {
        leaves.remove(last);
      } else {
        removeRange(leaves.writable(last), inLeaf - (int) left, (int) left);
        leaves.changed(last, 0);
      }
      left -= inLeaf;
    }
  }

  private static void removeRange(Leaf leaf, int from, int count) {
    if (count > 0) {
      int at = PackedList.seek(leaf, from);
      int end = PackedList.seek(leaf, from + count);
      leaf.count -= count;
      leaf.gap(at, end - at, 0);
    }
  }

  // ---------------------------------------------------------------- changing: the middle

  /** Replaces the element at an index from 0 to {@link #size} − 1. */
  public void set(long index, byte[] element) {
    byte[] entry = PackedList.entry(element);
    if (small != null) {
      replace(small, PackedList.seek(small, (int) index), entry);
      return;
    }
    LeafSequence leaves = large();
    long located = leaves.locate(index);
    int place = (int) (located >>> 32);
    Leaf leaf = leaves.writable(place);
    replace(leaf, PackedList.seek(leaf, (int) located), entry);
    maybeSplit(leaves, place);
  }

  private static void replace(Leaf leaf, int at, byte[] entry) {
    int gap = leaf.gap(at, PackedList.next(leaf.array, at) - at, entry.length);
    System.arraycopy(entry, 0, leaf.array, gap, entry.length);
  }

  /**
   * Inserts an element before or behind the first one that equals the pivot; whether there is one.
   */
  public boolean insertBeside(byte[] pivot, boolean before, byte[] element, EncodingLimits limits) {
    byte[] packed = PackedElement.of(pivot);
    byte[] entry = PackedList.entry(element);
    if (small != null) {
      int at = find(small, packed);
      if (at < 0) {
        return false;
      }
      expect(1, element.length, limits);
      if (small != null) {
        small.insert(before ? at : PackedList.next(small.array, at), entry);
        return true;
      }
    }
    LeafSequence leaves = large();
    for (int place = leaves.first(); place != LeafSequence.NONE; place = leaves.next(place)) {
      if (find(leaves.leaf(place), packed) >= 0) {
        Leaf leaf = leaves.writable(place);
        int at = find(leaf, packed);
        leaf.insert(before ? at : PackedList.next(leaf.array, at), entry);
        leaves.changed(place, 0);
        maybeSplit(leaves, place);
        return true;
      }
    }
    return false;
  }

  private static int find(Leaf leaf, byte[] packed) {
    for (int at = leaf.start; at < leaf.end; at = PackedList.next(leaf.array, at)) {
      if (PackedElement.is(leaf.array, at, packed)) {
        return at;
      }
    }
    return -1;
  }

  /** Splits a leaf that has grown too large near its middle. */
  private static void maybeSplit(LeafSequence leaves, int place) {
    Leaf leaf = leaves.leaf(place);
    if (leaf.count == 1 || leaf.length() <= LEAF_BYTES) {
      return;
    }
    int middle = leaf.start + leaf.length() / 2;
    int at = PackedList.next(leaf.array, leaf.start);
    int before = 1;
    while (before < leaf.count - 1 && at < middle) {
      at = PackedList.next(leaf.array, at);
      before++;
    }
    Leaf left = leaves.writable(place);
    int offset = at - leaf.start;
    Leaf right = left.split(left.start + offset, left.count - before);
    leaves.changed(place, 0);
    long rank = leaves.recordsBefore(place) + left.count;
    leaves.insertAfter(place, right, 0);
    maybeSplit(leaves, (int) (leaves.locate(rank) >>> 32));
    maybeSplit(leaves, (int) (leaves.locate(rank - 1) >>> 32));
  }

  /**
   * Removes up to {@code most} elements that equal this one, the first ones or the last ones; how
   * many there were to remove.
   */
  public long remove(byte[] element, boolean fromTail, long most) {
    byte[] packed = PackedElement.of(element);
    if (small != null) {
      int matches = count(small, packed);
      int removed = (int) Math.min(most, matches);
      removeMatches(small, packed, fromTail ? matches - removed : 0, removed);
      return removed;
    }
    LeafSequence leaves = large();
    long removed = 0;
    boolean emptied = false;
    int place = fromTail ? leaves.last() : leaves.first();
    while (place != LeafSequence.NONE && removed < most) {
      int matches = count(leaves.leaf(place), packed);
      int here = (int) Math.min(most - removed, matches);
      if (here > 0) {
        Leaf leaf = leaves.writable(place);
        removeMatches(leaf, packed, fromTail ? matches - here : 0, here);
        leaves.changed(place, 0);
        emptied |= leaf.length() < LEAF_BYTES / 4;
        removed += here;
      }
      place = fromTail ? leaves.previous(place) : leaves.next(place);
    }
    if (emptied) {
      leaves.dropEmpty(LEAF_BYTES / 2);
    }
    return removed;
  }

  private static int count(Leaf leaf, byte[] packed) {
    int count = 0;
    for (int at = leaf.start; at < leaf.end; at = PackedList.next(leaf.array, at)) {
      if (PackedElement.is(leaf.array, at, packed)) {
        count++;
      }
    }
    return count;
  }

  /** Takes matches out in one pass, all but the first {@code skip}, {@code count} of them. */
  private static void removeMatches(Leaf leaf, byte[] packed, int skip, int count) {
    byte[] array = leaf.array;
    int skipped = 0;
    int removed = 0;
    int to = leaf.start;
    int at = leaf.start;
    while (at < leaf.end) {
      int next = PackedList.next(array, at);
      boolean matches = removed < count && PackedElement.is(array, at, packed);
      if (matches && skipped++ >= skip) {
        removed++;
      } else {
        System.arraycopy(array, at, array, to, next - at);
        to += next - at;
      }
      at = next;
    }
    leaf.count -= removed;
    leaf.gap(to, leaf.end - to, 0);
  }

  /** Goes back to the compact encoding if less than half of what it can hold is left. */
  public void shrunk(EncodingLimits limits) {
    if (small != null) {
      return;
    }
    int setting = limits.listMaxListpackSize();
    long mostBytes = setting < 0 ? nodeBytes(setting) / 2 : SAFE_BYTES;
    long mostElements = setting < 0 ? Long.MAX_VALUE : Math.max(1, setting) / 2;
    settle(mostBytes, mostElements);
  }

  /** Takes the encoding that a list of this size has when it was just made. */
  public void fit(EncodingLimits limits) {
    if (small != null) {
      expect(0, 0, limits);
    } else {
      int setting = limits.listMaxListpackSize();
      settle(
          setting < 0 ? nodeBytes(setting) : SAFE_BYTES,
          setting < 0 ? Long.MAX_VALUE : Math.max(1, setting));
    }
  }

  private void settle(long mostBytes, long mostElements) {
    LeafSequence leaves = large();
    long bytes = LISTPACK_FRAME;
    if (leaves.records() > mostElements) {
      return;
    }
    for (int place = leaves.first(); place != LeafSequence.NONE; place = leaves.next(place)) {
      bytes += leaves.leaf(place).length();
      if (bytes > mostBytes) {
        return;
      }
    }
    Leaf joined = Leaf.empty();
    for (int place = leaves.first(); place != LeafSequence.NONE; place = leaves.next(place)) {
      joined.append(leaves.leaf(place));
    }
    small = joined;
    large = null;
  }

  /** Adds an element that a snapshot holds at the tail, whatever the limits say. */
  public void restore(byte[] element) {
    pushRight(element);
  }

  // ---------------------------------------------------------------- as a value

  @Override
  public Chunks capture() {
    return small != null
        ? Chunks.Leaves.of(small.copy(null), ListValue::show)
        : new Chunks.Leaves(large().capture(), ListValue::show);
  }

  @Override
  public void show(ElementVisitor visitor) {
    if (small != null) {
      show(small, visitor);
    } else {
      large().show(ListValue::show, visitor);
    }
  }

  private static void show(Leaf leaf, ElementVisitor visitor) {
    for (int at = leaf.start; at < leaf.end; at = PackedList.next(leaf.array, at)) {
      PackedElement.show(leaf.array, at, visitor);
    }
  }

  @Override
  public long bytesUpTo(long limit) {
    return small != null ? small.length() : large().bytesUpTo(limit);
  }

  @Override
  public DataType<ListValue> type() {
    return DataType.LIST;
  }

  @Override
  public boolean isEmpty() {
    return size() == 0;
  }

  @Override
  public ListValue copy() {
    return small != null
        ? new ListValue(small.copy(null), null)
        : new ListValue(null, large().copy());
  }

  @Override
  public String encoding() {
    return small != null ? "listpack" : "quicklist";
  }

  @Override
  public long weight() {
    return size();
  }

  /** Bytes of the leaves' arrays. */
  long capacity() {
    if (small != null) {
      return small.capacity();
    }
    return large().capacity();
  }

  /** Checks the invariants; for tests. */
  void validate() {
    if (small != null) {
      LeafSequence.check(large == null, "a list is both small and large");
      validate(small);
      return;
    }
    large().validate();
    for (int place = large().first(); place != LeafSequence.NONE; place = large().next(place)) {
      Leaf leaf = large().leaf(place);
      LeafSequence.check(
          leaf.length() <= LEAF_BYTES || leaf.count == 1, "a leaf of several is too large");
      validate(leaf);
    }
  }

  private static void validate(Leaf leaf) {
    int count = 0;
    int at = leaf.start;
    while (at < leaf.end) {
      int next = PackedList.next(leaf.array, at);
      LeafSequence.check(
          PackedList.previous(leaf.array, next) == at, "a length behind an element is wrong");
      at = next;
      count++;
    }
    LeafSequence.check(at == leaf.end, "an element ends behind its leaf");
    LeafSequence.check(count == leaf.count, "a leaf has another number of elements");
  }
}
