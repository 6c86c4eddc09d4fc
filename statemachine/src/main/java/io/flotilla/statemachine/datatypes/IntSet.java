package io.flotilla.statemachine.datatypes;

import io.flotilla.statemachine.bytes.Integers;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.function.LongConsumer;

/**
 * Distinct 64-bit integers in ascending order, all in as many bytes (2, 4 or 8) as the widest
 * needs.
 *
 * <p>Found by halving, inserted by moving what is behind: for some hundred integers both are
 * nothing. The width grows when it must and does not shrink. It is Redis's intset.
 */
final class IntSet {
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** The integers that a capture shows at a time: some KB of digits. */
  private static final int CHUNK_INTEGERS = 512;

  private final Leaf leaf;
  private int width;

  IntSet() {
    this(Leaf.empty(), Short.BYTES);
  }

  private IntSet(Leaf leaf, int width) {
    this.leaf = leaf;
    this.width = width;
  }

  int size() {
    return leaf.count;
  }

  /** The integer at this place in ascending order. */
  long at(int index) {
    int at = leaf.start + index * width;
    return switch (width) {
      case Short.BYTES -> (short) SHORT.get(leaf.array, at);
      case Integer.BYTES -> (int) INT.get(leaf.array, at);
      default -> (long) LONG.get(leaf.array, at);
    };
  }

  boolean contains(long value) {
    return find(value) >= 0;
  }

  /** The place of the integer, or the complement of where it belongs. */
  private int find(long value) {
    int low = 0;
    int high = leaf.count - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      long there = at(middle);
      if (there < value) {
        low = middle + 1;
      } else if (there > value) {
        high = middle - 1;
      } else {
        return middle;
      }
    }
    return ~low;
  }

  /** Adds an integer; whether it is new. */
  boolean add(long value) {
    int index = find(value);
    if (index >= 0) {
      return false;
    }
    widen(widthOf(value));
    int gap = leaf.gap(leaf.start + ~index * width, 0, width);
    write(leaf.array, gap, value);
    leaf.count++;
    return true;
  }

  /** Removes an integer; whether it was here. */
  boolean remove(long value) {
    int index = find(value);
    if (index >= 0) {
      leaf.remove(leaf.start + index * width, width);
    }
    return index >= 0;
  }

  private void widen(int wanted) {
    if (wanted > width) {
      long[] values = new long[leaf.count];
      for (int i = 0; i < values.length; i++) {
        values[i] = at(i);
      }
      int grown = values.length * wanted;
      leaf.gap(leaf.start, leaf.length(), grown);
      width = wanted;
      for (int i = 0; i < values.length; i++) {
        write(leaf.array, leaf.start + i * width, values[i]);
      }
    }
  }

  private void write(byte[] array, int at, long value) {
    switch (width) {
      case Short.BYTES -> SHORT.set(array, at, (short) value);
      case Integer.BYTES -> INT.set(array, at, (int) value);
      default -> LONG.set(array, at, value);
    }
  }

  private static int widthOf(long value) {
    return value == (short) value ? Short.BYTES : value == (int) value ? Integer.BYTES : Long.BYTES;
  }

  void forEach(LongConsumer visitor) {
    for (int i = 0; i < leaf.count; i++) {
      visitor.accept(at(i));
    }
  }

  /** The bytes that the integers take. */
  int bytes() {
    return leaf.length();
  }

  void show(ElementVisitor visitor) {
    show(0, size(), visitor);
  }

  private void show(int from, int to, ElementVisitor visitor) {
    for (int i = from; i < to; i++) {
      byte[] digits = Integers.format(at(i));
      visitor.element(digits, 0, digits.length);
    }
  }

  /** The integers as they are now. They are few unless a setting wants many: so they are copied. */
  Chunks capture() {
    IntSet captured = copy();
    return new Chunks() {
      @Override
      public int count() {
        return (captured.size() + CHUNK_INTEGERS - 1) / CHUNK_INTEGERS;
      }

      @Override
      public void show(int chunk, ElementVisitor visitor) {
        int from = chunk * CHUNK_INTEGERS;
        captured.show(from, Math.min(from + CHUNK_INTEGERS, captured.size()), visitor);
      }

      @Override
      public void close() {
        // nobody else has the copy
      }
    };
  }

  IntSet copy() {
    return new IntSet(leaf.copy(null), width);
  }

  /** Checks the invariants; for tests. */
  void validate() {
    LeafSequence.check(leaf.length() == leaf.count * width, "an int set has odd bytes");
    for (int i = 1; i < leaf.count; i++) {
      LeafSequence.check(at(i - 1) < at(i), "integers do not ascend");
    }
  }
}
