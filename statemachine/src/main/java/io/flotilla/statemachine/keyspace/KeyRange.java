package io.flotilla.statemachine.keyspace;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A run of keys of one slot whose hashes share their top bits, sorted by hash (as unsigned), then
 * by key.
 *
 * <pre>
 *   hashes   [ 03.. | 0a.. | 0a.. | 17.. |    |    ]      sorted, dense
 *   entries  [  e0  |  e1  |  e2  |  e3  |    |    ]      beside them
 * </pre>
 *
 * <p>Being sorted and dense, its order is a function of the keys alone, whatever the history: that
 * is what SCAN's cursor, digests and snapshots need. A hash is looked for by interpolation: SipHash
 * spreads evenly, so the guess is a few places off at most. An insert moves half the run on
 * average, 3 KB at the largest: less than a cache miss or two.
 *
 * <p>A range is also the unit of copy-on-write for walks: it remembers the last walk of each lane
 * that has it behind it.
 */
final class KeyRange {
  /**
   * Above this a range splits in two; small enough to encode within a fraction of a millisecond.
   */
  static final int MAX_KEYS = 512;

  private static final int INITIAL_CAPACITY = 4;

  long[] hashes = new long[INITIAL_CAPACITY];
  @Nullable Entry[] entries = new Entry[INITIAL_CAPACITY];
  int size;

  /** The number of top bits that all hashes here share. */
  final int depth;

  /** Those bits, right-aligned. */
  final int prefix;

  /** The last walks that have visited this range or need not: one number for each lane. */
  private int firstLane;

  private int secondLane;

  /** An empty range that needs no visit of any walk that has begun. */
  KeyRange(int depth, int prefix, int lastWalk) {
    this(depth, prefix, lastWalk, lastWalk);
  }

  private KeyRange(int depth, int prefix, int firstLane, int secondLane) {
    this.depth = depth;
    this.prefix = prefix;
    this.firstLane = firstLane;
    this.secondLane = secondLane;
  }

  /** Whether this walk has visited the range, or need not. */
  boolean visitedBy(Walk walk) {
    return (walk.lane == 0 ? firstLane : secondLane) >= walk.number;
  }

  /** Notes that this walk has visited the range. */
  void visit(Walk walk) {
    if (walk.lane == 0) {
      firstLane = walk.number;
    } else {
      secondLane = walk.number;
    }
  }

  /** The place of the key, or −1 − the place where it belongs. */
  int find(long hash, byte[] key) {
    int place = firstAtLeast(hash);
    while (place < size && hashes[place] == hash) {
      byte[] there = at(place).key;
      if (Arrays.equals(there, key)) { // mostly so, and found out sooner than which is greater
        return place;
      }
      if (Arrays.compareUnsigned(there, key) > 0) {
        break;
      }
      place++;
    }
    return -1 - place;
  }

  /** The first place whose hash is at least this one, as unsigned numbers. */
  int firstAtLeast(long hash) {
    int place = guess(hash);
    while (place > 0 && Long.compareUnsigned(hashes[place - 1], hash) >= 0) {
      place--;
    }
    while (place < size && Long.compareUnsigned(hashes[place], hash) < 0) {
      place++;
    }
    return place;
  }

  /** Some entry with this hash, or null. */
  @Nullable Entry maybeAt(long hash) {
    int place = firstAtLeast(hash);
    return place < size && hashes[place] == hash ? entries[place] : null;
  }

  /** Where a hash would stand if the hashes here were spread evenly: a place of the arrays. */
  int guess(long hash) {
    // the 32 bits below the shared prefix, as a fraction of the size
    long fraction = depth == 0 ? hash >>> 32 : (hash << depth) >>> 32;
    return (int) ((fraction * size) >>> 32);
  }

  Entry at(int place) {
    Entry entry = entries[place];
    if (entry == null) {
      throw new AssertionError("range of " + size + " keys has none at " + place);
    }
    return entry;
  }

  void insert(int place, long hash, Entry entry) {
    if (size == hashes.length) {
      int capacity = Math.max(size + 4, size + size / 4);
      hashes = Arrays.copyOf(hashes, capacity);
      entries = Arrays.copyOf(entries, capacity);
    }
    System.arraycopy(hashes, place, hashes, place + 1, size - place);
    System.arraycopy(entries, place, entries, place + 1, size - place);
    hashes[place] = hash;
    entries[place] = entry;
    size++;
  }

  void delete(int place) {
    size--;
    System.arraycopy(hashes, place + 1, hashes, place, size - place);
    System.arraycopy(entries, place + 1, entries, place, size - place);
    entries[size] = null;
    if (hashes.length > 16 && size < hashes.length / 2) {
      hashes = Arrays.copyOf(hashes, size + size / 4);
      entries = Arrays.copyOf(entries, size + size / 4);
    }
  }

  /** The half whose next bit is {@code bit}, as a range of its own. */
  KeyRange half(int bit) {
    KeyRange half = new KeyRange(depth + 1, prefix << 1 | bit, firstLane, secondLane);
    int middle = firstAtLeast((prefix * 2L + 1) << (63 - depth));
    int from = bit == 0 ? 0 : middle;
    int to = bit == 0 ? middle : size;
    half.take(this, from, to, Math.max(INITIAL_CAPACITY, (to - from) + (to - from) / 4));
    return half;
  }

  /** This range and the one beside it, which shares all bits but the last, as one. */
  KeyRange joined(KeyRange right) {
    KeyRange whole =
        new KeyRange(
            depth - 1,
            prefix >>> 1,
            Math.min(firstLane, right.firstLane),
            Math.min(secondLane, right.secondLane));
    whole.take(this, 0, size, size + right.size + 4);
    System.arraycopy(right.hashes, 0, whole.hashes, size, right.size);
    System.arraycopy(right.entries, 0, whole.entries, size, right.size);
    whole.size = size + right.size;
    return whole;
  }

  private void take(KeyRange from, int first, int end, int capacity) {
    hashes = Arrays.copyOf(Arrays.copyOfRange(from.hashes, first, end), capacity);
    entries = Arrays.copyOf(Arrays.copyOfRange(from.entries, first, end), capacity);
    size = end - first;
  }
}
