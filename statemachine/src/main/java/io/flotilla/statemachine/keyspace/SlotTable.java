package io.flotilla.statemachine.keyspace;

import java.util.Arrays;

/**
 * The keys of one hash slot: extendible hashing over {@link KeyRange}s.
 *
 * <pre>
 *   directory (depth 2)     ranges
 *   00 ─────────────┐
 *   01 ─────────────┴────►  0… (depth 1)
 *   10 ──────────────────►  10…
 *   11 ──────────────────►  11…
 * </pre>
 *
 * <p>The directory is indexed by the top bits of the hash, so walking it walks the keys in hash
 * order whatever its size. A range that grows too large splits in two; only when it already uses
 * all bits of the directory does the directory double, which copies references and no keys: a slot
 * that holds a whole data set (one hash tag) never stalls. Two neighbours that have become small
 * join again. Source: Fagin, Nievergelt, Pippenger, Strong, "Extendible hashing", 1979.
 */
final class SlotTable {
  /**
   * Neighbours join when they hold at most this many keys together: well below the split, so that
   * they do not flap.
   */
  private static final int JOIN_KEYS = KeyRange.MAX_KEYS / 4;

  /**
   * The deepest directory: 2²⁴ ranges hold more keys than fit a heap. Ranges at this depth grow
   * past their bound instead.
   */
  private static final int MAX_DEPTH = 24;

  final int slot;
  private KeyRange[] directory;
  private int depth;
  int size;

  /** An empty table that needs no visit of any walk that has begun, up to this number. */
  SlotTable(int slot, int lastWalk) {
    this.slot = slot;
    this.directory = new KeyRange[] {new KeyRange(0, 0, lastWalk)};
  }

  KeyRange rangeOf(long hash) {
    return depth == 0 ? directory[0] : directory[(int) (hash >>> (64 - depth))];
  }

  /**
   * Splits the range if it has outgrown its bound, and tells. The caller has let walks visit it.
   */
  boolean maybeSplit(KeyRange range) {
    if (range.size <= KeyRange.MAX_KEYS || range.depth == MAX_DEPTH) {
      return false;
    }
    if (range.depth == depth) {
      KeyRange[] wider = new KeyRange[directory.length * 2];
      for (int i = 0; i < directory.length; i++) {
        wider[2 * i] = directory[i];
        wider[2 * i + 1] = directory[i];
      }
      directory = wider;
      depth++;
    }
    place(range.half(0));
    place(range.half(1));
    return true;
  }

  /**
   * The range that could join with this one after a deletion, or the range itself where there is
   * none.
   */
  KeyRange maybeBuddy(KeyRange range) {
    if (range.depth == 0 || range.size > JOIN_KEYS / 2) {
      return range;
    }
    int buddyPrefix = range.prefix ^ 1;
    KeyRange buddy = directory[buddyPrefix << (depth - range.depth)];
    return buddy.depth == range.depth && buddy.size + range.size <= JOIN_KEYS ? buddy : range;
  }

  /** Joins two neighbours. The caller has let walks visit both. */
  void join(KeyRange one, KeyRange other) {
    place(one.prefix < other.prefix ? one.joined(other) : other.joined(one));
  }

  private void place(KeyRange range) {
    int shift = depth - range.depth;
    Arrays.fill(directory, range.prefix << shift, (range.prefix + 1) << shift, range);
  }

  /** The range that follows in hash order, or null after the last. */
  @org.jspecify.annotations.Nullable
  KeyRange after(KeyRange range) {
    int next = (range.prefix + 1) << (depth - range.depth);
    return next < directory.length ? directory[next] : null;
  }

  KeyRange first() {
    return directory[0];
  }
}
