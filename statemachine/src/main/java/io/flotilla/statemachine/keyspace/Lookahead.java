package io.flotilla.statemachine.keyspace;

import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import org.jspecify.annotations.Nullable;

/**
 * Keys that commands will ask for in a moment, looked for side by side.
 *
 * <p>To find a key takes four loads, each of which needs what the one before has brought: its
 * range, the range's arrays, the entry, the entry's key; the value is a fifth. Where the keys are
 * more than the processor's caches hold, each is some hundred nanoseconds of waiting. Done for a
 * group of keys step by step, the loads of a step need nothing of one another, and are waited for
 * together. A step is short, since a processor looks only some hundred instructions ahead: one that
 * also hashed its key would be waited for nearly alone.
 *
 * <p>It changes nothing and decides nothing: each command looks for its key itself, and finds what
 * it needs in the caches. What is remembered is each key's slot and hash, which depend on the key
 * alone. Its arrays are new for each group, and so in the collector's youngest generation: there a
 * reference is stored without a fence, which would make the loads wait for one another.
 *
 * <p>Source: group prefetching, Chen, Ailamaki, Gibbons, Mowry, "Improving Hash Join Performance
 * through Prefetching", 2004.
 */
final class Lookahead {
  private final byte[][] keys;
  private final int[] slots;
  private final long[] hashes;
  private int size;

  /** The sum of what was touched of the values: kept so that it is really touched. */
  private int touched;

  /** From here on no key has been asked for. */
  private int next;

  /** For up to so many keys. */
  Lookahead(int most) {
    keys = new byte[most][];
    slots = new int[most];
    hashes = new long[most];
  }

  void add(byte[] key) {
    keys[size++] = key;
  }

  /** Looks for all of them; how many are there, but for such whose hash another key shares. */
  int look(Keyspace keyspace, SipHash hash) {
    for (int i = 0; i < size; i++) {
      slots[i] = HashSlot.of(keys[i]);
      hashes[i] = hash.hash(keys[i]);
    }
    @Nullable KeyRange[] ranges = new KeyRange[size];
    for (int i = 0; i < size; i++) {
      ranges[i] = keyspace.maybeRange(slots[i], hashes[i]);
    }
    int[] guesses = new int[size];
    for (int i = 0; i < size; i++) {
      KeyRange range = ranges[i];
      if (range != null) {
        guesses[i] = range.guess(hashes[i]);
      }
    }
    long[] near = new long[size];
    @Nullable Entry[] entries = new Entry[size];
    for (int i = 0; i < size; i++) {
      KeyRange range = ranges[i];
      if (range != null) {
        near[i] = range.hashes[guesses[i]];
        entries[i] = range.entries[guesses[i]];
      }
    }
    for (int i = 0; i < size; i++) {
      KeyRange range = ranges[i];
      if (range != null && (entries[i] == null || near[i] != hashes[i])) {
        entries[i] = range.maybeAt(hashes[i]);
      }
    }
    byte[] @Nullable [] found = new byte[size][];
    for (int i = 0; i < size; i++) {
      Entry entry = entries[i];
      if (entry != null) {
        found[i] = entry.key;
      }
    }
    int there = 0;
    int sum = 0;
    for (int i = 0; i < size; i++) {
      byte[] key = found[i];
      Entry entry = entries[i];
      if (key != null && entry != null && key.length == keys[i].length) {
        there++;
        sum += entry.touch();
      }
    }
    touched = sum;
    return there;
  }

  /** The sum of the last bytes of the strings that were found. */
  int touched() {
    return touched;
  }

  /** Where this key stands from here on, the same array, or −1; the next search goes on behind. */
  @SuppressWarnings("ReferenceEquality") // the same array object is the same key
  int placeOf(byte[] key) {
    for (int i = next; i < size; i++) {
      if (keys[i] == key) {
        next = i + 1;
        return i;
      }
    }
    return -1;
  }

  int slot(int place) {
    return slots[place];
  }

  long hash(int place) {
    return hashes[place];
  }
}
