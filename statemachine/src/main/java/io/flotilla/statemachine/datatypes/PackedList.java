package io.flotilla.statemachine.datatypes;

/**
 * The form of a list's elements in a {@link Leaf}: each packed, and behind it the length of its
 * packed form, written so that it can be read backwards.
 *
 * <pre>
 *   element(packed) length   element(packed) length   …
 *                   ◄─────                   ◄─────     seven bits a byte, the last byte first
 * </pre>
 *
 * <p>So a leaf is walked from either end, as a list is. It is the form of Redis's listpack.
 */
final class PackedList {
  private PackedList() {}

  /** An element with its length behind it. */
  static byte[] entry(byte[] bytes) {
    byte[] packed = PackedElement.of(bytes);
    int length = packed.length;
    byte[] entry = java.util.Arrays.copyOf(packed, length + lengthBytes(length));
    int left = length;
    for (int i = entry.length - 1; i >= length; i--) {
      entry[i] = (byte) ((left & 0x7f) | (i > length ? 0x80 : 0));
      left >>>= 7;
    }
    return entry;
  }

  private static int lengthBytes(int length) {
    return length < 1 << 7
        ? 1
        : length < 1 << 14 ? 2 : length < 1 << 21 ? 3 : length < 1 << 28 ? 4 : 5;
  }

  /** Where the element behind this one begins. */
  static int next(byte[] array, int at) {
    int length = PackedElement.length(array, at);
    return at + length + lengthBytes(length);
  }

  /** Where the element before this one begins. */
  static int previous(byte[] array, int at) {
    int length = 0;
    int shift = 0;
    int i = at;
    do {
      i--;
      length |= (array[i] & 0x7f) << shift;
      shift += 7;
    } while (array[i] < 0);
    return i - length;
  }

  /** Where the element of this index begins, 0 to {@code leaf.count} − 1: from the nearer end. */
  static int seek(Leaf leaf, int index) {
    if (index <= leaf.count / 2) {
      int at = leaf.start;
      for (int i = 0; i < index; i++) {
        at = next(leaf.array, at);
      }
      return at;
    }
    int at = leaf.end;
    for (int i = leaf.count; i > index; i--) {
      at = previous(leaf.array, at);
    }
    return at;
  }
}
