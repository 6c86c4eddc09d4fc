package io.flotilla.statemachine.metadata;

import io.flotilla.proto.metadata.OwnedSlots;
import io.flotilla.proto.metadata.SlotRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Slot → (shard number, epoch since when): two plain arrays, 160 KiB, and their view as ranges. */
public final class SlotOwners {
  /** No shard owns the slot. */
  public static final int NOBODY = -1;

  private final short[] owners = new short[MetadataLimits.SLOTS];
  private final long[] epochs = new long[MetadataLimits.SLOTS];

  SlotOwners() {
    Arrays.fill(owners, (short) NOBODY);
  }

  /** The number of the shard that owns the slot, or {@link #NOBODY}. */
  public int owner(int slot) {
    return owners[slot];
  }

  /** The epoch at which the owner came to own the slot; 0 if nobody does. */
  public long epoch(int slot) {
    return epochs[slot];
  }

  /** How many slots have an owner. */
  public int assigned() {
    int n = 0;
    for (short owner : owners) {
      n += owner == NOBODY ? 0 : 1;
    }
    return n;
  }

  /**
   * The longest ranges of one owner and one epoch, ascending; slots without an owner are left out.
   */
  public List<OwnedSlots> ranges() {
    List<OwnedSlots> ranges = new ArrayList<>();
    for (int first = 0; first < owners.length; ) {
      int last = first;
      while (last + 1 < owners.length
          && owners[last + 1] == owners[first]
          && epochs[last + 1] == epochs[first]) {
        last++;
      }
      if (owners[first] != NOBODY) {
        ranges.add(
            OwnedSlots.newBuilder()
                .setRange(SlotRange.newBuilder().setFirst(first).setLast(last))
                .setShardNumber(owners[first])
                .setEpoch(epochs[first])
                .build());
      }
      first = last + 1;
    }
    return ranges;
  }

  boolean isFree(SlotRange range) {
    for (int slot = range.getFirst(); slot <= range.getLast(); slot++) {
      if (owners[slot] != NOBODY) {
        return false;
      }
    }
    return true;
  }

  void assign(SlotRange range, int shardNumber, long epoch) {
    Arrays.fill(owners, range.getFirst(), range.getLast() + 1, (short) shardNumber);
    Arrays.fill(epochs, range.getFirst(), range.getLast() + 1, epoch);
  }

  void copyFrom(SlotOwners other) {
    System.arraycopy(other.owners, 0, owners, 0, owners.length);
    System.arraycopy(other.epochs, 0, epochs, 0, epochs.length);
  }
}
