package io.flotilla.statemachine.datatypes;

import java.util.Arrays;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The leaves of a large value in order, found by rank or by key.
 *
 * <pre>
 *   root      branches [ b0 | b1 | … ]         with the first key and the records of each
 *   branch    leaves [ L0 | L1 | L2 | … ]      up to 512
 *             counts [ 31 | 40 | 12 | … ]      records in each leaf
 *             keys   [ k0 | k1 | k2 | … ]      what the first record of each leaf is ordered by
 *   leaf      record record record …           up to a few KB
 * </pre>
 *
 * <p>It is a B+ tree of fixed height three, whose root may be as wide as it must: a million records
 * of 80 bytes are 30 000 leaves in some hundred branches. Counts and keys stand beside each other
 * in the branches, so that a search touches two or three arrays and the one leaf that it wants.
 * Nothing in it ever needs rebuilding as a whole: the most that one operation moves is a leaf, a
 * branch's three arrays and the root's references, which is why no command pauses for a large
 * value.
 *
 * <p>Where leaves begin and end depends on history, and is visible to nobody: what commands,
 * cursors and snapshots see are ranks and records, whose order the value defines.
 *
 * <p><b>Sharing.</b> {@link #copy} and {@link #capture} share leaves instead of copying records.
 * Each leaf names an owner, and a sequence changes in place only leaves that it owns ({@link
 * #writable}); after sharing, it owns none and copies each leaf before its first change: at most
 * some KB a command.
 *
 * <p>A <i>place</i> is a leaf's position, branch and leaf in one {@code int}; it is valid until
 * leaves are added or removed.
 *
 * <p>Invariants: no branch is empty, no leaf is empty, counts and keys agree with their leaves,
 * keys ascend (equal ones may stand in a row), {@code records} is the sum of all counts.
 */
final class LeafSequence {
  /** No place. */
  static final int NONE = -1;

  /** The most leaves in a branch: its arrays are moved within a microsecond. */
  private static final int BRANCH_LEAVES = 512;

  /** A branch with fewer joins its neighbour if both fit in half of one. */
  private static final int SPARSE_BRANCH = BRANCH_LEAVES / 8;

  private static final int LEAF_BITS = 10;
  private static final int LEAF_MASK = (1 << LEAF_BITS) - 1;

  private Branch[] branches;
  private long[] branchKeys;
  private long[] branchRecords;
  private int size;
  private long records;
  private Object owner = new Object();

  /** A sequence without leaves. */
  LeafSequence() {
    branches = new Branch[0];
    branchKeys = new long[0];
    branchRecords = new long[0];
  }

  private LeafSequence(LeafSequence other) {
    branches = new Branch[other.size];
    for (int i = 0; i < other.size; i++) {
      branches[i] = other.branches[i].copy();
    }
    branchKeys = Arrays.copyOf(other.branchKeys, other.size);
    branchRecords = Arrays.copyOf(other.branchRecords, other.size);
    size = other.size;
    records = other.records;
  }

  private static final class Branch {
    @Nullable Leaf[] leaves = new Leaf[4];
    int[] counts = new int[4];
    long[] keys = new long[4];
    int size;
    long records;

    Leaf at(int place) {
      Leaf leaf = leaves[place];
      if (leaf == null) {
        throw new AssertionError("branch of " + size + " leaves has none at " + place);
      }
      return leaf;
    }

    void insert(int place, Leaf leaf, long key) {
      if (size == leaves.length) {
        resize(size + size / 4 + 2);
      }
      System.arraycopy(leaves, place, leaves, place + 1, size - place);
      System.arraycopy(counts, place, counts, place + 1, size - place);
      System.arraycopy(keys, place, keys, place + 1, size - place);
      leaves[place] = leaf;
      counts[place] = leaf.count;
      keys[place] = key;
      records += leaf.count;
      size++;
    }

    void remove(int place) {
      records -= counts[place];
      size--;
      System.arraycopy(leaves, place + 1, leaves, place, size - place);
      System.arraycopy(counts, place + 1, counts, place, size - place);
      System.arraycopy(keys, place + 1, keys, place, size - place);
      leaves[size] = null;
      if (leaves.length > 16 && size < leaves.length / 2) {
        resize(size + size / 4);
      }
    }

    Branch half() {
      Branch right = new Branch();
      int middle = size / 2;
      right.leaves = Arrays.copyOfRange(leaves, middle, size);
      right.counts = Arrays.copyOfRange(counts, middle, size);
      right.keys = Arrays.copyOfRange(keys, middle, size);
      right.size = size - middle;
      for (int count : right.counts) {
        right.records += count;
      }
      records -= right.records;
      size = middle;
      resize(size + size / 4);
      return right;
    }

    void append(Branch right) {
      for (int i = 0; i < right.size; i++) {
        insert(size, right.at(i), right.keys[i]);
      }
    }

    Branch copy() {
      Branch copy = new Branch();
      copy.leaves = Arrays.copyOf(leaves, size);
      copy.counts = Arrays.copyOf(counts, size);
      copy.keys = Arrays.copyOf(keys, size);
      copy.size = size;
      copy.records = records;
      return copy;
    }

    private void resize(int capacity) {
      leaves = Arrays.copyOf(leaves, capacity);
      counts = Arrays.copyOf(counts, capacity);
      keys = Arrays.copyOf(keys, capacity);
    }
  }

  /** The number of records. */
  long records() {
    return records;
  }

  /** The number of leaves. */
  int leaves() {
    int leaves = 0;
    for (int i = 0; i < size; i++) {
      leaves += branches[i].size;
    }
    return leaves;
  }

  /** The number of branches. */
  int branches() {
    return size;
  }

  /** Bytes of the leaves' arrays. */
  long capacity() {
    long bytes = 0;
    for (int place = first(); place != NONE; place = next(place)) {
      bytes += leaf(place).capacity();
    }
    return bytes;
  }

  /**
   * The bytes of the records, counted up to this limit: something above it where there are more.
   */
  long bytesUpTo(long limit) {
    long bytes = 0;
    for (int place = first(); place != NONE && bytes <= limit; place = next(place)) {
      bytes += leaf(place).length();
    }
    return bytes;
  }

  /** Shows the elements of all leaves in their order. */
  void show(Chunks.Leaves.Form form, ElementVisitor visitor) {
    for (int place = first(); place != NONE; place = next(place)) {
      form.show(leaf(place), visitor);
    }
  }

  /** Whether nothing is left. */
  boolean isEmpty() {
    return size == 0;
  }

  // ---------------------------------------------------------------- going from leaf to leaf

  /** The first place, or {@link #NONE}. */
  int first() {
    return size == 0 ? NONE : 0;
  }

  /** The last place, or {@link #NONE}. */
  int last() {
    return size == 0 ? NONE : place(size - 1, branches[size - 1].size - 1);
  }

  /** The place that follows, or {@link #NONE}. */
  int next(int place) {
    int branch = place >>> LEAF_BITS;
    if ((place & LEAF_MASK) + 1 < branches[branch].size) {
      return place + 1;
    }
    return branch + 1 < size ? place(branch + 1, 0) : NONE;
  }

  /** The place before, or {@link #NONE}. */
  int previous(int place) {
    int branch = place >>> LEAF_BITS;
    if ((place & LEAF_MASK) > 0) {
      return place - 1;
    }
    return branch > 0 ? place(branch - 1, branches[branch - 1].size - 1) : NONE;
  }

  /** The leaf at this place, not to be changed. */
  Leaf leaf(int place) {
    return branches[place >>> LEAF_BITS].at(place & LEAF_MASK);
  }

  /** What the first record of the leaf at this place is ordered by. */
  long key(int place) {
    return branches[place >>> LEAF_BITS].keys[place & LEAF_MASK];
  }

  private static int place(int branch, int leaf) {
    return branch << LEAF_BITS | leaf;
  }

  // ---------------------------------------------------------------- finding

  /**
   * Where the record of this rank is: the place in the high 32 bits, its rank within the leaf in
   * the low ones. The rank is from 0 to {@link #records} − 1.
   */
  long locate(long rank) {
    int branch = 0;
    long left = rank;
    while (left >= branchRecords[branch]) {
      left -= branchRecords[branch];
      branch++;
    }
    int[] counts = branches[branch].counts;
    int leaf = 0;
    while (left >= counts[leaf]) {
      left -= counts[leaf];
      leaf++;
    }
    return (long) place(branch, leaf) << 32 | left;
  }

  /** The number of records before the leaf at this place. */
  long recordsBefore(int place) {
    long before = 0;
    int branch = place >>> LEAF_BITS;
    for (int i = 0; i < branch; i++) {
      before += branchRecords[i];
    }
    int[] counts = branches[branch].counts;
    for (int i = 0; i < (place & LEAF_MASK); i++) {
      before += counts[i];
    }
    return before;
  }

  /**
   * The last place whose first record is not behind the sought one: by key, and where keys are
   * equal by {@code order}, which compares the sought record with a leaf's first one. The first
   * place if all are behind it. There must be a leaf.
   */
  int floor(long key, ToIntFunction<Leaf> order) {
    int low = 0;
    int high = size - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (branchKeys[middle] > key
          || (branchKeys[middle] == key && order.applyAsInt(branches[middle].at(0)) < 0)) {
        high = middle - 1;
      } else {
        low = middle;
      }
    }
    Branch branch = branches[low];
    int lowLeaf = 0;
    int highLeaf = branch.size - 1;
    while (lowLeaf < highLeaf) {
      int middle = (lowLeaf + highLeaf + 1) >>> 1;
      if (branch.keys[middle] > key
          || (branch.keys[middle] == key && order.applyAsInt(branch.at(middle)) < 0)) {
        highLeaf = middle - 1;
      } else {
        lowLeaf = middle;
      }
    }
    return place(low, lowLeaf);
  }

  // ---------------------------------------------------------------- changing

  /** The leaf at this place, to be changed and then told of by {@link #changed}. */
  @SuppressWarnings("ReferenceEquality") // an owner is a token
  Leaf writable(int place) {
    Branch branch = branches[place >>> LEAF_BITS];
    Leaf leaf = branch.at(place & LEAF_MASK);
    if (leaf.owner != owner) {
      leaf = leaf.copy(owner);
      branch.leaves[place & LEAF_MASK] = leaf;
    }
    return leaf;
  }

  /** Notes the count of a changed leaf, and what its first record is ordered by now. */
  void changed(int place, long key) {
    Branch branch = branches[place >>> LEAF_BITS];
    int leaf = place & LEAF_MASK;
    int growth = branch.at(leaf).count - branch.counts[leaf];
    branch.counts[leaf] += growth;
    branch.keys[leaf] = key;
    branch.records += growth;
    records += growth;
    note(place >>> LEAF_BITS);
  }

  /** Copies to the root what it keeps of a branch. */
  private void note(int branch) {
    branchKeys[branch] = branches[branch].keys[0];
    branchRecords[branch] = branches[branch].records;
  }

  /** Puts a new leaf behind the one at this place, or first of all for {@link #NONE}. */
  void insertAfter(int place, Leaf leaf, long key) {
    leaf.owner = owner;
    link(place, leaf, key);
  }

  private void link(int place, Leaf leaf, long key) {
    records += leaf.count;
    if (size == 0) {
      insertBranch(0, new Branch());
    }
    int inBranch = place == NONE ? 0 : place >>> LEAF_BITS;
    Branch branch = branches[inBranch];
    branch.insert(place == NONE ? 0 : (place & LEAF_MASK) + 1, leaf, key);
    if (branch.size > BRANCH_LEAVES) {
      Branch right = branch.half();
      insertBranch(inBranch + 1, right);
      note(inBranch + 1);
    }
    note(inBranch);
  }

  private void insertBranch(int at, Branch branch) {
    if (size == branches.length) {
      resizeRoot(size + size / 4 + 1);
    }
    System.arraycopy(branches, at, branches, at + 1, size - at);
    System.arraycopy(branchKeys, at, branchKeys, at + 1, size - at);
    System.arraycopy(branchRecords, at, branchRecords, at + 1, size - at);
    branches[at] = branch;
    size++;
  }

  private void resizeRoot(int capacity) {
    branches = Arrays.copyOf(branches, capacity);
    branchKeys = Arrays.copyOf(branchKeys, capacity);
    branchRecords = Arrays.copyOf(branchRecords, capacity);
  }

  /** Takes the leaf at this place out. */
  void remove(int place) {
    int inBranch = place >>> LEAF_BITS;
    Branch branch = branches[inBranch];
    records -= branch.counts[place & LEAF_MASK];
    branch.remove(place & LEAF_MASK);
    if (branch.size == 0) {
      removeBranch(inBranch);
      return;
    }
    note(inBranch);
    if (branch.size < SPARSE_BRANCH) {
      maybeJoinBranches(inBranch > 0 ? inBranch - 1 : inBranch);
    }
  }

  private void maybeJoinBranches(int left) {
    if (left + 1 < size && branches[left].size + branches[left + 1].size <= BRANCH_LEAVES / 2) {
      branches[left].append(branches[left + 1]);
      note(left);
      removeBranch(left + 1);
    }
  }

  private void removeBranch(int branch) {
    size--;
    System.arraycopy(branches, branch + 1, branches, branch, size - branch);
    System.arraycopy(branchKeys, branch + 1, branchKeys, branch, size - branch);
    System.arraycopy(branchRecords, branch + 1, branchRecords, branch, size - branch);
    resizeRoot(size); // also lets go of the last reference
  }

  /**
   * Joins the leaf at this place with a neighbour in its branch if both together are at most this
   * long and this many.
   */
  void maybeJoin(int place, int maxBytes, int maxCount) {
    Branch branch = branches[place >>> LEAF_BITS];
    int leaf = place & LEAF_MASK;
    if (!maybeJoin(place, branch, leaf, maxBytes, maxCount) && leaf > 0) {
      maybeJoin(place - 1, branch, leaf - 1, maxBytes, maxCount);
    }
  }

  private boolean maybeJoin(int place, Branch branch, int leaf, int maxBytes, int maxCount) {
    if (leaf + 1 >= branch.size) {
      return false;
    }
    Leaf right = branch.at(leaf + 1);
    Leaf left = branch.at(leaf);
    if ((long) left.length() + right.length() > maxBytes || left.count + right.count > maxCount) {
      return false;
    }
    writable(place).append(right);
    changed(place, key(place));
    remove(place + 1); // last: it may join branches, and places are void then
    return true;
  }

  /**
   * After a walk that has taken records out of any leaves: drops the empty leaves, and joins
   * neighbours that are at most this long together. Takes time by the number of leaves.
   */
  void dropEmpty(int maxJoinedBytes) {
    Branch[] old = branches;
    int oldSize = size;
    size = 0;
    records = 0;
    resizeRoot(0);
    for (int i = 0; i < oldSize; i++) {
      for (int j = 0; j < old[i].size; j++) {
        Leaf leaf = old[i].at(j);
        int last = last();
        if (last != NONE && leaf(last).length() + (long) leaf.length() <= maxJoinedBytes) {
          writable(last).append(leaf);
          changed(last, key(last));
        } else if (leaf.count > 0) {
          link(last, leaf, old[i].keys[j]);
        }
      }
    }
  }

  // ---------------------------------------------------------------- sharing

  /** A sequence of the same records that changes by itself. */
  LeafSequence copy() {
    owner = new Object();
    return new LeafSequence(this);
  }

  /** The leaves as they are now, in order; they stay so whatever happens to this sequence. */
  Leaf[] capture() {
    owner = new Object();
    return all();
  }

  /** The leaves in order, as they are until the next change. */
  Leaf[] all() {
    Leaf[] all = new Leaf[leaves()];
    int next = 0;
    for (int i = 0; i < size; i++) {
      System.arraycopy(branches[i].leaves, 0, all, next, branches[i].size);
      next += branches[i].size;
    }
    return all;
  }

  /** Checks the invariants; for tests. */
  void validate() {
    long sum = 0;
    long lastKey = Long.MIN_VALUE;
    for (int i = 0; i < size; i++) {
      Branch branch = branches[i];
      long inBranch = 0;
      check(branch.size > 0, "a branch is empty");
      for (int j = 0; j < branch.size; j++) {
        Leaf leaf = branch.at(j);
        check(leaf.count > 0, "a leaf is empty");
        check(leaf.count == branch.counts[j], "a count is wrong");
        check(branch.keys[j] >= lastKey, "keys do not ascend");
        check(0 <= leaf.start && leaf.start < leaf.end, "a leaf has no bytes");
        check(leaf.end <= leaf.array.length, "a leaf ends behind its array");
        lastKey = branch.keys[j];
        inBranch += leaf.count;
      }
      check(inBranch == branch.records, "a branch's records are wrong");
      check(inBranch == branchRecords[i], "the root has other records for a branch");
      check(branch.keys[0] == branchKeys[i], "the root has another key for a branch");
      sum += inBranch;
    }
    check(sum == records, "the number of records is wrong");
  }

  static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
