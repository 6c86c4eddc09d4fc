package io.flotilla.statemachine.datatypes;

import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.bytes.SipHash;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A set: distinct members.
 *
 * <pre>
 *   integers   {@link IntSet}, ascending                                             intset
 *   small      one leaf of packed members, in the order in which they came           listpack
 *   large      {@link HashedRecords} without payload, in the order of keyed hashes   hashtable
 * </pre>
 *
 * <p>A set begins as what its first member allows, becomes small when a member is no integer, and
 * large when it is over Redis's limits; it does not go back by itself, but SPOP of most of a large
 * set leaves a new one. Each order is a function of the members, or of the operations and kept in
 * snapshots: so SPOP can draw a rank, and every replica pops the same member.
 */
public final class SetValue implements Value {
  /** How a set is kept. */
  public enum Form {
    /** Ascending integers. */
    INTEGERS,
    /** Packed, in the order of coming. */
    SMALL,
    /** In the order of keyed hashes. */
    LARGE
  }

  private static final byte[] NO_PAYLOAD = {};

  /** Redis's bound on an intset's size whatever the setting. */
  private static final int MAX_INTEGERS = 1 << 28;

  private final SipHash hash;
  private @Nullable IntSet integers;
  private @Nullable Leaf small;
  private @Nullable HashedRecords large;

  private SetValue(
      SipHash hash,
      @Nullable IntSet integers,
      @Nullable Leaf small,
      @Nullable HashedRecords large) {
    this.hash = hash;
    this.integers = integers;
    this.small = small;
    this.large = large;
  }

  /** A set without members in this form. */
  public static SetValue empty(SipHash hash, Form form) {
    return new SetValue(
        hash,
        form == Form.INTEGERS ? new IntSet() : null,
        form == Form.SMALL ? Leaf.empty() : null,
        form == Form.LARGE ? new HashedRecords(hash, 0) : null);
  }

  /** A set without members, in the form that fits so many, the first of them being this one. */
  public static SetValue beginning(
      SipHash hash, byte[] first, int expected, EncodingLimits limits) {
    if (Integers.isStrict(first) && expected <= limits.setMaxIntsetEntries()) {
      return empty(hash, Form.INTEGERS);
    }
    return empty(hash, expected <= limits.setMaxListpackEntries() ? Form.SMALL : Form.LARGE);
  }

  /** How it is kept. */
  public Form form() {
    return integers != null ? Form.INTEGERS : small != null ? Form.SMALL : Form.LARGE;
  }

  /** The number of members. */
  public long size() {
    return integers != null ? integers.size() : small != null ? small.count : large().size();
  }

  private HashedRecords large() {
    if (large == null) {
      throw new AssertionError("a set has no form");
    }
    return large;
  }

  // ---------------------------------------------------------------- reading

  /** Whether the member is here. */
  public boolean contains(byte[] member) {
    if (integers != null) {
      return Integers.isStrict(member) && integers.contains(Integers.parseStrict(member));
    }
    return small != null ? find(small, PackedElement.of(member)) >= 0 : large().contains(member);
  }

  /** Shows all members in their order. */
  public void forEach(Consumer<byte[]> visitor) {
    if (integers != null) {
      integers.forEach(value -> visitor.accept(Integers.format(value)));
    } else if (small != null) {
      forEach(small, visitor);
    } else {
      large().forEach(unpacking(visitor));
    }
  }

  /** Shows {@code count} members from a rank on, in their order; there must be so many. */
  public void forEach(long from, long count, Consumer<byte[]> visitor) {
    long[] rank = {0};
    forEach(member -> {
      if (rank[0] >= from && rank[0] < from + count) {
        visitor.accept(member);
      }
      rank[0]++;
    });
  }

  private static HashedRecords.Visitor unpacking(Consumer<byte[]> visitor) {
    return (array, member, payload) -> visitor.accept(PackedElement.bytes(array, member));
  }

  private static void forEach(Leaf leaf, Consumer<byte[]> visitor) {
    for (int at = leaf.start; at < leaf.end; at += PackedElement.length(leaf.array, at)) {
      visitor.accept(PackedElement.bytes(leaf.array, at));
    }
  }

  /** The member of this rank, 0 to {@link #size} − 1. */
  public byte[] at(long rank) {
    if (integers != null) {
      return Integers.format(integers.at((int) rank));
    }
    if (small != null) {
      int at = small.start;
      for (long left = rank; left > 0; left--) {
        at += PackedElement.length(small.array, at);
      }
      return PackedElement.bytes(small.array, at);
    }
    byte[][] found = new byte[1][];
    large().visitRank(rank, unpacking(member -> found[0] = member));
    return found[0];
  }

  /**
   * Goes on with a scan, as {@link HashValue#scan}; a set that is not large is shown whole.
   *
   * @return the next cursor, 0 at the end
   */
  public long scan(long cursor, long count, Consumer<byte[]> visitor) {
    if (form() != Form.LARGE) {
      forEach(visitor);
      return 0;
    }
    return large().scan(cursor, count, unpacking(visitor));
  }

  // ---------------------------------------------------------------- changing

  /** Becomes large at once if so many members are to be added by one command. */
  public void expect(int members, EncodingLimits limits) {
    if ((integers != null && members > limits.setMaxIntsetEntries())
        || (small != null && members > limits.setMaxListpackEntries())) {
      enlarge();
    }
  }

  /** Adds a member; whether it is new. */
  public boolean add(byte[] member, EncodingLimits limits) {
    if (integers != null) {
      return addTo(integers, member, limits);
    }
    if (small != null) {
      byte[] packed = PackedElement.of(member);
      if (find(small, packed) >= 0) {
        return false;
      }
      if (small.count < limits.setMaxListpackEntries()
          && member.length <= limits.setMaxListpackValue()) {
        small.insert(small.end, packed);
        return true;
      }
      enlarge();
    }
    return large().put(member, NO_PAYLOAD);
  }

  private boolean addTo(IntSet set, byte[] member, EncodingLimits limits) {
    if (Integers.isStrict(member)) {
      boolean added = set.add(Integers.parseStrict(member));
      if (added && set.size() > Math.min(limits.setMaxIntsetEntries(), MAX_INTEGERS)) {
        enlarge();
      }
      return added;
    }
    if (set.size() < limits.setMaxListpackEntries()
        && member.length <= limits.setMaxListpackValue()
        && longest(set) <= limits.setMaxListpackValue()) {
      Leaf leaf = Leaf.empty();
      set.forEach(value -> leaf.insert(leaf.end, PackedElement.of(Integers.format(value))));
      leaf.insert(leaf.end, PackedElement.of(member));
      small = leaf;
      integers = null;
      return true;
    }
    enlarge();
    return large().put(member, NO_PAYLOAD);
  }

  /** Digits of the longest integer, the minus included: one of the two at the ends. */
  private static int longest(IntSet set) {
    return set.size() == 0
        ? 0
        : Math.max(
            Integers.format(set.at(0)).length, Integers.format(set.at(set.size() - 1)).length);
  }

  /** Removes a member; whether it was here. */
  public boolean remove(byte[] member) {
    if (integers != null) {
      return Integers.isStrict(member) && integers.remove(Integers.parseStrict(member));
    }
    if (small == null) {
      return large().remove(member);
    }
    byte[] packed = PackedElement.of(member);
    int at = find(small, packed);
    if (at >= 0) {
      small.remove(at, packed.length);
    }
    return at >= 0;
  }

  /** Becomes a set of integers if that is allowed by its size; all members are integers. */
  public void maybeBecomeIntegers(EncodingLimits limits) {
    if (integers == null && size() <= Math.min(limits.setMaxIntsetEntries(), MAX_INTEGERS)) {
      IntSet set = new IntSet();
      forEach(member -> set.add(Integers.parseStrict(member)));
      integers = set;
      small = null;
      large = null;
    }
  }

  /** Adds a member that a snapshot holds, in its order, whatever the limits say. */
  public void restore(byte[] member) {
    if (integers != null) {
      integers.add(Integers.parseStrict(member));
    } else if (small != null) {
      small.insert(small.end, PackedElement.of(member));
    } else {
      large().put(member, NO_PAYLOAD);
    }
  }

  private void enlarge() {
    HashedRecords records = new HashedRecords(hash, 0);
    forEach(member -> records.put(member, NO_PAYLOAD));
    large = records;
    integers = null;
    small = null;
  }

  private static int find(Leaf leaf, byte[] packed) {
    for (int at = leaf.start; at < leaf.end; at += PackedElement.length(leaf.array, at)) {
      if (PackedElement.is(leaf.array, at, packed)) {
        return at;
      }
    }
    return -1;
  }

  // ---------------------------------------------------------------- as a value

  @Override
  public Chunks capture() {
    if (integers != null) {
      return integers.capture();
    }
    return small != null ? Chunks.Leaves.of(small.copy(null), SetValue::show) : large().capture();
  }

  @Override
  public void show(ElementVisitor visitor) {
    if (integers != null) {
      integers.show(visitor);
    } else if (small != null) {
      show(small, visitor);
    } else {
      large().show(visitor);
    }
  }

  private static void show(Leaf leaf, ElementVisitor visitor) {
    for (int at = leaf.start; at < leaf.end; at += PackedElement.length(leaf.array, at)) {
      PackedElement.show(leaf.array, at, visitor);
    }
  }

  @Override
  public long bytesUpTo(long limit) {
    if (integers != null) {
      return integers.bytes();
    }
    return small != null ? small.length() : large().bytesUpTo(limit);
  }

  @Override
  public DataType<SetValue> type() {
    return DataType.SET;
  }

  @Override
  public boolean isEmpty() {
    return size() == 0;
  }

  @Override
  public SetValue copy() {
    return new SetValue(
        hash,
        integers != null ? integers.copy() : null,
        small != null ? small.copy(null) : null,
        large != null ? large.copy() : null);
  }

  @Override
  public String encoding() {
    return switch (form()) {
      case INTEGERS -> "intset";
      case SMALL -> "listpack";
      case LARGE -> "hashtable";
    };
  }

  @Override
  public long weight() {
    return size();
  }

  /** Checks the invariants; for tests. */
  void validate() {
    LeafSequence.check(
        (integers != null ? 1 : 0) + (small != null ? 1 : 0) + (large != null ? 1 : 0) == 1,
        "a set has not one form");
    if (integers != null) {
      integers.validate();
    } else if (small == null) {
      large().validate();
    }
  }
}
