package io.flotilla.statemachine.keyspace;

import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.datatypes.Value;
import java.util.ArrayDeque;
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
 * <p>A value too large for one go is captured when its range is visited, which costs next to
 * nothing and gives it as it is at the cut, and handed on piece by piece in the steps that follow,
 * one value after the other ({@link Pieces}). So neither a step nor a write ever waits for more
 * than some 100 KB, whatever the keys hold.
 *
 * <p>How the walk knows what it has passed: walks are numbered, and each range remembers for both
 * lanes the last walk that has visited it. A range that is split or joined was visited just before,
 * and its successors inherit that; a table that is born after the cut counts as visited; a table
 * that is dropped whole (its slot flushed) is kept alive, unchanged, by the walk's own copy of the
 * table of slots.
 */
public final class Walk {
  /** The most walks at a time: a CHECK and a snapshot. */
  public static final int MAX_WALKS = 2;

  /** A value that takes more is always captured: what is encoded within some 10 µs. */
  private static final int LARGE_BYTES = 16 * 1024;

  /**
   * What a visit of one range encodes at most at once; the values beyond it are captured, large or
   * not.
   */
  private static final int RANGE_BYTES = 256 * 1024;

  /**
   * What a key costs beside its bytes, in bytes that could be encoded meanwhile: it is looked for
   * in cold memory.
   */
  private static final int KEY_COST = 128;

  /** What a walk that has ended holds of the keys: nothing, however long it is remembered. */
  private static final @Nullable SlotTable[] NONE = new SlotTable[HashSlot.COUNT];

  final int lane;

  /** Larger than that of every walk before. */
  final int number;

  private final Keyspace keyspace;
  private @Nullable SlotTable[] tables;
  private final Visitor visitor;
  private final ArrayDeque<Pieces> captured = new ArrayDeque<>();
  private boolean[] isLarge = new boolean[KeyRange.MAX_KEYS + 1];
  private int slot;
  private @Nullable KeyRange range;
  private boolean done;

  Walk(Keyspace keyspace, int lane, int number, @Nullable SlotTable[] tables, Visitor visitor) {
    this.keyspace = keyspace;
    this.lane = lane;
    this.number = number;
    this.tables = tables;
    this.visitor = visitor;
    this.slot = -1;
  }

  /**
   * Goes on until keys of about this many bytes were handed on or the walk is at its end; whether
   * there is more. Beyond its budget a step takes one range or one piece more at most.
   */
  public boolean step(int byteBudget) {
    long spent = 0;
    while (!done && spent < byteBudget) {
      Pieces pieces = captured.peek();
      if (pieces != null) {
        spent += KEY_COST + pieces.next();
        if (pieces.isDone()) {
          captured.remove();
        }
      } else if (range == null) {
        nextSlot();
      } else {
        spent += KEY_COST + maybeVisitRange(slot, range);
        range = tableAt(slot).after(range);
      }
    }
    return !done;
  }

  /** Whether all was handed on. */
  public boolean isDone() {
    return done;
  }

  /** Ends the walk, finished or not. */
  public void close() {
    done = true;
    captured.forEach(Pieces::close);
    captured.clear();
    tables = NONE;
    range = null;
    keyspace.endWalk(this);
  }

  /** Visits a range that is about to change, if it belongs to the cut and was not visited yet. */
  void maybeVisit(SlotTable table, KeyRange about) {
    if (tables[table.slot] == table) {
      maybeVisitRange(table.slot, about);
    }
  }

  private long maybeVisitRange(int ofSlot, KeyRange about) {
    if (done || about.visitedBy(this)) {
      return 0;
    }
    about.visit(this);
    int large = markLarge(about);
    if (about.size > large) {
      visitor.range(ofSlot, about.size - large);
    }
    long spent = 0;
    for (int i = 0; i < about.size; i++) {
      Entry entry = about.at(i);
      if (!isLarge[i]) {
        spent +=
            KEY_COST
                + visitor.key(entry.key, entry.glance(), entry.keyDeadlineMillis(), entry.version);
      }
    }
    for (int i = 0; large > 0; i++) {
      if (isLarge[i]) {
        Entry entry = about.at(i);
        captured.add(
            visitor.large(
                ofSlot, entry.key, entry.value(), entry.keyDeadlineMillis(), entry.version));
        spent += KEY_COST;
        large--;
      }
    }
    return spent;
  }

  /** Finds out which values of a range are captured, and how many. */
  private int markLarge(KeyRange about) {
    if (isLarge.length < about.size) {
      isLarge = new boolean[about.size];
    }
    int large = 0;
    long left = RANGE_BYTES;
    for (int i = 0; i < about.size; i++) {
      long bytes = about.at(i).glance().bytesUpTo(LARGE_BYTES);
      isLarge[i] = bytes > Math.min(LARGE_BYTES, left);
      if (isLarge[i]) {
        large++;
      } else {
        left -= bytes;
      }
    }
    return large;
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

    /**
     * A key as it was at the cut; the value must not be kept, nor changed. What it took, in bytes.
     */
    int key(byte[] key, Value value, long deadlineMillis, long version);

    /**
     * A key whose value is too large for one go, never between {@link #range} and its keys: the
     * visitor captures the value now, and takes it over piece by piece later.
     */
    Pieces large(int slot, byte[] key, Value value, long deadlineMillis, long version);
  }

  /** A large key on its way. */
  public interface Pieces {
    /** Hands on the next piece. What it took, in bytes. */
    int next();

    /** Whether that was all. */
    boolean isDone();

    /** The walk ends before its end: lets go of what was captured. */
    void close();
  }
}
