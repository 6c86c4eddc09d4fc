package io.flotilla.statemachine.apply;

import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.log.Entry.SlotRange;
import java.util.ArrayList;
import java.util.List;

/**
 * Which slots this shard serves, and under which epoch it got them: replicated state, checked when
 * a command is applied, so that no stale router can write to a slot that has moved.
 *
 * <p>Invariant: an epoch of a slot never falls.
 */
final class SlotOwnership {
  /** The epoch of a slot that the shard never owned. */
  private static final long NONE = 0;

  private final long[] epochs = new long[HashSlot.COUNT];

  /**
   * A bit for each slot that is owned: every command asks, and these 2 KB stay in the nearest
   * cache.
   */
  private final long[] owned = new long[HashSlot.COUNT / Long.SIZE];

  boolean owns(int slot) {
    return (owned[slot >>> 6] >>> slot & 1) != 0;
  }

  /**
   * Takes a range over where the epoch is newer; anything else is a repetition and does nothing.
   */
  void own(SlotRange range) {
    if (range.first() < 0 || range.last() >= HashSlot.COUNT || range.epoch() <= NONE) {
      return; // no metadata group writes this; every replica ignores it alike
    }
    for (int slot = range.first(); slot <= range.last(); slot++) {
      epochs[slot] = Math.max(epochs[slot], range.epoch());
      owned[slot >>> 6] |= 1L << slot;
    }
  }

  /** The slots owned, as maximal ranges of one epoch, in order. */
  List<SlotRange> ranges() {
    List<SlotRange> ranges = new ArrayList<>();
    int slot = 0;
    while (slot < HashSlot.COUNT) {
      int first = slot;
      long epoch = epochs[slot];
      while (slot < HashSlot.COUNT && epochs[slot] == epoch) {
        slot++;
      }
      if (epoch != NONE) {
        ranges.add(new SlotRange(first, slot - 1, epoch));
      }
    }
    return ranges;
  }
}
