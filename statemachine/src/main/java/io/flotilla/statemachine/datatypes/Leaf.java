package io.flotilla.statemachine.datatypes;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A run of packed records in one array, with room at both ends.
 *
 * <pre>
 *   array  [ room | record record record … | room ]
 *                 start                     end
 * </pre>
 *
 * <p>All collections are made of it: a small value is one leaf, a large one a {@link LeafSequence}
 * of them. What a record looks like is its owner's affair; a leaf only makes and closes gaps, by
 * moving the shorter side. Room grows by a sixteenth of what is used, so that growing is amortised
 * and waste stays below what an allocator of size classes wastes; it is given back when half of the
 * array is empty. Room is left on the side that grows: a list that is pushed to at its head finds
 * it there, and a queue, which grows at one end and shrinks at the other, slides back in its array
 * now and then.
 *
 * <p>Invariant: 0 ≤ start ≤ end ≤ array.length; {@code count} records fill start to end exactly.
 */
final class Leaf {
  /** Below this an array is never shrunk: the new one would cost more than the bytes given back. */
  private static final int MIN_SHRUNK = 64;

  byte[] array;
  int start;
  int end;

  /** The number of records. */
  int count;

  /**
   * Who may change this leaf in place; anyone else must copy it first ({@link
   * LeafSequence#writable}). Null in a value that is one leaf.
   */
  @Nullable Object owner;

  private Leaf(byte[] array, int start, int end, int count, @Nullable Object owner) {
    this.array = array;
    this.start = start;
    this.end = end;
    this.count = count;
    this.owner = owner;
  }

  /** A leaf without records. */
  static Leaf empty() {
    return new Leaf(new byte[0], 0, 0, 0, null);
  }

  /** A leaf of this one record. */
  static Leaf of(byte[] record) {
    return new Leaf(record, 0, record.length, 1, null);
  }

  /** The bytes that records take. */
  int length() {
    return end - start;
  }

  /** The bytes that the array takes. */
  int capacity() {
    return array.length;
  }

  /** The same records in an array of their own. */
  Leaf copy(@Nullable Object newOwner) {
    return new Leaf(Arrays.copyOfRange(array, start, end), 0, length(), count, newOwner);
  }

  /**
   * Replaces {@code removed} bytes at {@code at} by a gap of {@code inserted} bytes, and tells
   * where the gap is: the array may be another one afterwards. The caller fills the gap and keeps
   * the count.
   */
  int gap(int at, int removed, int inserted) {
    int growth = inserted - removed;
    if (growth > 0) {
      return grow(at, removed, inserted, growth);
    }
    int before = at - start;
    int behind = end - at - removed;
    int gap = at;
    if (before < behind) {
      System.arraycopy(array, start, array, start - growth, before);
      start -= growth;
      gap -= growth;
    } else {
      System.arraycopy(array, at + removed, array, at + inserted, behind);
      end += growth;
    }
    if (array.length > MIN_SHRUNK && length() < array.length / 2) {
      gap -= start;
      resize(length() + length() / 16, 0);
      gap += start;
    }
    return gap;
  }

  private int grow(int at, int removed, int inserted, int growth) {
    int before = at - start;
    int behind = end - at - removed;
    boolean moveBehind = behind <= before;
    if (moveBehind && array.length - end >= growth) {
      System.arraycopy(array, at + removed, array, at + inserted, behind);
      end += growth;
      return at;
    }
    if (!moveBehind && start >= growth) {
      System.arraycopy(array, start, array, start - growth, before);
      start -= growth;
      return at - growth;
    }
    int needed = length() + growth;
    boolean enough = array.length - needed >= needed >>> 5;
    byte[] target = enough ? array : new byte[capacityFor(needed)];
    int newStart = moveBehind ? 0 : target.length - needed;
    if (moveBehind) { // within one array, whoever moves away from the gap goes first
      System.arraycopy(array, start, target, newStart, before);
      System.arraycopy(array, at + removed, target, newStart + before + inserted, behind);
    } else {
      System.arraycopy(array, at + removed, target, newStart + before + inserted, behind);
      System.arraycopy(array, start, target, newStart, before);
    }
    array = target;
    start = newStart;
    end = newStart + needed;
    return newStart + before;
  }

  /** A sixteenth more, up to a multiple of 8 as the heap counts. */
  private static int capacityFor(int needed) {
    long roomy = needed + (needed >>> 4) + 7L & ~7L;
    return (int) Math.min(roomy, Integer.MAX_VALUE - 8);
  }

  private void resize(int capacity, int newStart) {
    byte[] resized = new byte[capacity];
    System.arraycopy(array, start, resized, newStart, length());
    end = newStart + length();
    start = newStart;
    array = resized;
  }

  /** Puts a record in at {@code at}, which is between two records or at an end. */
  void insert(int at, byte[] record) {
    int gap = gap(at, 0, record.length);
    System.arraycopy(record, 0, array, gap, record.length);
    count++;
  }

  /** Takes the record out that begins at {@code at} and is {@code length} bytes long. */
  void remove(int at, int length) {
    gap(at, length, 0);
    count--;
  }

  /**
   * Cuts the records from {@code at} on off, {@code countBehind} of them, into a leaf of their own.
   */
  Leaf split(int at, int countBehind) {
    Leaf behind = new Leaf(Arrays.copyOfRange(array, at, end), 0, end - at, countBehind, owner);
    end = at;
    count -= countBehind;
    resize(length(), 0);
    return behind;
  }

  /** Adds all records of another leaf behind the own ones. */
  void append(Leaf other) {
    int gap = gap(end, 0, other.length());
    System.arraycopy(other.array, other.start, array, gap, other.length());
    count += other.count;
  }

  /** Gives back what room there is. */
  void trim() {
    if (array.length > length()) {
      resize(length(), 0);
    }
  }
}
