package io.flotilla.statemachine.keyspace;

import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.datatypes.Value;
import org.jspecify.annotations.Nullable;

/**
 * A walk over all keys of a shard as they were at one instant, while the shard goes on: the cut
 * that snapshots, digests and slot exports are made of.
 *
 * <p>The walk goes range after range in slot and hash order, a {@link #step} at a time between
 * batches. A write to a range that it has not passed makes it visit that range first ({@link
 * #maybeVisit}), so every range is visited once, in the state of the cut, and the extra memory is
 * bounded by what is being written. So the visitor may meet ranges out of order; what it makes of
 * them must not depend on the order (a snapshot's chunks name their slot; digests are sums).
 *
 * <p>How the walk knows what it has passed: each range carries a bit for each walk. A range that is
 * split or joined was visited just before, and its successors inherit the bit; a table that is born
 * after the cut has all bits set; a table that is dropped whole (its slot flushed) is kept alive,
 * unchanged, by the walk's own copy of the table of slots.
 */
public final class Walk {
  /** The most walks at a time: a CHECK and a snapshot. */
  public static final int MAX_WALKS = 2;

  final int lane;
  private final Keyspace keyspace;
  private final @Nullable SlotTable[] tables;
  private final Visitor visitor;
  private int slot;
  private @Nullable KeyRange range;
  private boolean done;

  Walk(Keyspace keyspace, int lane, @Nullable SlotTable[] tables, Visitor visitor) {
    this.keyspace = keyspace;
    this.lane = lane;
    this.tables = tables;
    this.visitor = visitor;
    this.slot = -1;
  }

  /**
   * Visits ranges until at least {@code keyBudget} keys were visited or the walk is at its end;
   * whether there is more.
   */
  public boolean step(int keyBudget) {
    int visited = 0;
    while (!done && visited < keyBudget) {
      if (range == null) {
        nextSlot();
      } else {
        visited += 1 + maybeVisitRange(slot, range);
        range = tableAt(slot).after(range);
      }
    }
    return !done;
  }

  /** Whether every range has been visited. */
  public boolean isDone() {
    return done;
  }

  /** Ends the walk, finished or not. */
  public void close() {
    done = true;
    keyspace.endWalk(this);
  }

  /** Visits a range that is about to change, if it belongs to the cut and was not visited yet. */
  void maybeVisit(SlotTable table, KeyRange about) {
    if (tables[table.slot] == table) {
      maybeVisitRange(table.slot, about);
    }
  }

  private int maybeVisitRange(int ofSlot, KeyRange about) {
    int bit = 1 << lane;
    if (done || (about.writtenBy & bit) != 0) {
      return 0;
    }
    about.writtenBy |= bit;
    if (about.size > 0) {
      visitor.range(ofSlot, about.size);
      for (int i = 0; i < about.size; i++) {
        Entry entry = about.at(i);
        visitor.key(entry.key, entry.value(), entry.deadlineMillis(), entry.version);
      }
    }
    return about.size;
  }

  private void nextSlot() {
    do {
      slot++;
    } while (slot < HashSlot.COUNT && tables[slot] == null);
    if (slot == HashSlot.COUNT) {
      close();
    } else {
      range = tableAt(slot).first();
    }
  }

  private SlotTable tableAt(int ofSlot) {
    SlotTable table = tables[ofSlot];
    if (table == null) {
      throw new AssertionError("the walk stands in slot " + ofSlot + ", which had no keys");
    }
    return table;
  }

  /** Hears what the walk meets. */
  public interface Visitor {
    /** A run of keys of one slot begins: this many calls of {@link #key} follow. */
    void range(int slot, int keys);

    /** A key as it was at the cut; the value must not be kept, nor changed. */
    void key(byte[] key, Value value, long deadlineMillis, long version);
  }
}
