package io.flotilla.statemachine.datatypes;

import java.util.Arrays;

/**
 * A count of distinct elements that are not kept: a string of at most 12 KB, right to 0.8 %.
 *
 * <p>An element's hash chooses one of {@value #REGISTERS} registers by its low 14 bits; the
 * register keeps the longest run of zeros, plus one, that the other 50 bits of its elements began
 * with. Many distinct elements make long runs likely, and how the registers are distributed tells
 * how many there were. The greatest registers of two such strings are those of the union.
 *
 * <pre>
 *   "HYLL" | encoding | 3 × 0 | count, 8 bytes little-endian | registers
 *
 *   dense    12288 bytes, 6 bits a register, from the lowest bit of a byte up
 *   sparse   runs:  00nnnnnn           n + 1 registers of 0
 *                   01nnnnnn nnnnnnnn  n + 1 registers of 0
 *                   1vvvvvnn           n + 1 registers of v + 1
 * </pre>
 *
 * <p>The bytes are Redis's, operation by operation, so that they can be exchanged: which runs stand
 * there after a change depends on how the change was made. A sparse one becomes dense for good when
 * a register exceeds 32 or the string would exceed {@code hll-sparse-max-bytes}.
 *
 * <p><b>The count in the header.</b> Redis writes the last count there when it is asked for one,
 * and marks it as stale by its highest bit at the next change. Here a question changes nothing, so
 * what PFADD and PFMERGE leave is always stale, and a count is computed each time, in some
 * microseconds; a valid one, as a string brings along that Redis has written, is believed. So the
 * bytes are Redis's as long as nobody has asked it to count.
 *
 * <p>Sources: Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog: the analysis of a near-optimal
 * cardinality estimation algorithm", 2007; O. Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches", arXiv:1702.01284; A. Appleby's MurmurHash2, 64 bits; Redis for the format.
 *
 * <p>Whoever is given bytes must have asked {@link #isOne} and, of sparse ones, {@link #isSound}.
 */
public final class HyperLogLog {
  /** The number of registers. */
  public static final int REGISTERS = 1 << 14;

  /** The most that an element makes of its register: its 50 bits are all zero. */
  private static final int MOST = 51;

  private static final int HEADER = 16;
  private static final int ENCODING_AT = 4;
  private static final int COUNT_AT = 8;
  private static final int STALE_AT = 15;
  private static final byte STALE = (byte) 0x80;
  private static final byte DENSE = 0;
  private static final byte SPARSE = 1;
  private static final int REGISTER_BITS = 6;
  private static final int REGISTER_MASK = (1 << REGISTER_BITS) - 1;

  /** A dense one's length. */
  public static final int DENSE_BYTES = HEADER + REGISTERS * REGISTER_BITS / 8;

  private static final int LONGEST_ZERO = 64;
  private static final int LONGEST_VALUE = 4;
  private static final int GREATEST_VALUE = 32;

  /** How many runs are looked at for a merge after a change. */
  private static final int MERGE_STEPS = 5;

  private static final long SEED = 0xadc83b19L;
  private static final long MURMUR = 0xc6a4a7935bd1e995L;
  private static final int MURMUR_SHIFT = 47;

  /** 1 / (2 ln 2). */
  private static final double ALPHA = 0.7213475204444817;

  private byte[] bytes;
  private int length;

  private HyperLogLog(byte[] bytes, int length) {
    this.bytes = bytes;
    this.length = length;
  }

  /** One without elements, sparse. */
  public static HyperLogLog empty() {
    byte[] bytes = new byte[HEADER + 2];
    bytes[0] = 'H';
    bytes[1] = 'Y';
    bytes[2] = 'L';
    bytes[3] = 'L';
    bytes[ENCODING_AT] = SPARSE;
    bytes[HEADER] = 0x40 | ((REGISTERS - 1) >> 8);
    bytes[HEADER + 1] = (byte) (REGISTERS - 1);
    return new HyperLogLog(bytes, bytes.length);
  }

  /** The one that a string holds, copied; the string is not touched. */
  public static HyperLogLog of(StringValue string) {
    return new HyperLogLog(string.range(0, string.length()), string.length());
  }

  /** Whether a string looks like one. */
  public static boolean isOne(StringValue string) {
    byte[] array = string.array();
    if (string.length() < HEADER
        || array[0] != 'H'
        || array[1] != 'Y'
        || array[2] != 'L'
        || array[3] != 'L') {
      return false;
    }
    return array[ENCODING_AT] == SPARSE
        || (array[ENCODING_AT] == DENSE && string.length() == DENSE_BYTES);
  }

  /** As a string, which takes the bytes: this one must not be changed any more. */
  public StringValue string() {
    return StringValue.changedInPlace(
        bytes.length == length ? bytes : Arrays.copyOf(bytes, length));
  }

  /** Whether it has left the compact form. */
  public boolean isDense() {
    return bytes[ENCODING_AT] == DENSE;
  }

  /** Whether its runs are those of all registers, and no more. */
  public boolean isSound() {
    if (isDense()) {
      return true;
    }
    int covered = 0;
    for (int at = HEADER; at < length; at += runBytes(at)) {
      if (runBytes(at) > length - at) {
        return false;
      }
      covered += runLength(at);
      if (covered > REGISTERS) {
        return false;
      }
    }
    return covered == REGISTERS;
  }

  // ---------------------------------------------------------------- elements

  /**
   * Adds an element; whether a register has changed.
   *
   * @param sparseMaxBytes the most bytes of a sparse one
   */
  public boolean add(byte[] element, int sparseMaxBytes) {
    long hash = hash(element);
    int run = Long.numberOfTrailingZeros((hash >>> 14) | (1L << 50)) + 1;
    return raise((int) hash & (REGISTERS - 1), run, sparseMaxBytes);
  }

  /** Raises a register to this value, 1 or more; whether it was lower. The count is not touched. */
  public boolean raise(int register, int value, int sparseMaxBytes) {
    if (isDense()) {
      return raiseDense(register, value);
    }
    return raiseSparse(register, value, sparseMaxBytes);
  }

  /** Marks the count in the header as stale. */
  public void touch() {
    bytes[STALE_AT] |= STALE;
  }

  /** MurmurHash2 in its form of 64 bits. */
  private static long hash(byte[] element) {
    int whole = element.length & ~7;
    long h = SEED ^ (element.length * MURMUR);
    for (int at = 0; at < whole; at += 8) {
      long k = littleEndian(element, at, 8) * MURMUR;
      k ^= k >>> MURMUR_SHIFT;
      h = (h ^ (k * MURMUR)) * MURMUR;
    }
    if (whole < element.length) {
      h = (h ^ littleEndian(element, whole, element.length - whole)) * MURMUR;
    }
    h = (h ^ (h >>> MURMUR_SHIFT)) * MURMUR;
    return h ^ (h >>> MURMUR_SHIFT);
  }

  private static long littleEndian(byte[] array, int at, int count) {
    long value = 0;
    for (int i = count - 1; i >= 0; i--) {
      value = (value << 8) | (array[at + i] & 0xff);
    }
    return value;
  }

  // ---------------------------------------------------------------- dense

  private static int dense(byte[] bytes, int register) {
    int bit = register * REGISTER_BITS;
    int at = HEADER + (bit >>> 3);
    int low = bytes[at] & 0xff;
    int high = at + 1 < bytes.length ? bytes[at + 1] & 0xff : 0;
    return ((low | (high << 8)) >>> (bit & 7)) & REGISTER_MASK;
  }

  private static void dense(byte[] bytes, int register, int value) {
    int bit = register * REGISTER_BITS;
    int at = HEADER + (bit >>> 3);
    int shift = bit & 7;
    bytes[at] = (byte) ((bytes[at] & ~(REGISTER_MASK << shift)) | (value << shift));
    if (shift + REGISTER_BITS > 8) {
      int left = 8 - shift;
      bytes[at + 1] = (byte) ((bytes[at + 1] & ~(REGISTER_MASK >>> left)) | (value >>> left));
    }
  }

  private boolean raiseDense(int register, int value) {
    if (value <= dense(bytes, register)) {
      return false;
    }
    dense(bytes, register, value);
    return true;
  }

  /** Becomes dense; the count stays as it is. */
  public void toDense() {
    if (isDense()) {
      return;
    }
    byte[] array = Arrays.copyOf(Arrays.copyOf(bytes, HEADER), DENSE_BYTES);
    array[ENCODING_AT] = DENSE;
    int[] register = {0};
    forEachRun((value, count) -> {
      for (int i = 0; i < count && value > 0; i++) {
        dense(array, register[0] + i, value);
      }
      register[0] += count;
    });
    bytes = array;
    length = array.length;
  }

  // ---------------------------------------------------------------- sparse

  private boolean isValue(int at) {
    return bytes[at] < 0;
  }

  private boolean isLongZero(int at) {
    return (bytes[at] & 0xc0) == 0x40;
  }

  private int runBytes(int at) {
    return isLongZero(at) ? 2 : 1;
  }

  private int runLength(int at) {
    int head = bytes[at];
    if (isValue(at)) {
      return (head & 3) + 1;
    }
    return isLongZero(at) ? (((head & 0x3f) << 8) | (bytes[at + 1] & 0xff)) + 1 : (head & 0x3f) + 1;
  }

  private int runValue(int at) {
    return isValue(at) ? ((bytes[at] >>> 2) & 0x1f) + 1 : 0;
  }

  private static byte valueRun(int value, int count) {
    return (byte) (0x80 | ((value - 1) << 2) | (count - 1));
  }

  private boolean raiseSparse(int register, int value, int maxBytes) {
    if (value > GREATEST_VALUE) {
      toDense();
      return raiseDense(register, value);
    }
    int before = -1;
    int at = HEADER;
    int first = 0;
    while (register >= first + runLength(at)) {
      first += runLength(at);
      before = at;
      at += runBytes(at);
    }
    int count = runLength(at);
    int old = runValue(at);
    if (old >= value) {
      return false;
    }
    if (count == 1 && !isLongZero(at)) {
      bytes[at] = valueRun(value, 1);
    } else {
      byte[] split = split(old, register - first, value, first + count - 1 - register);
      int grown = split.length - runBytes(at);
      if (grown > 0 && length + grown > maxBytes) {
        toDense();
        return raiseDense(register, value);
      }
      replace(at, runBytes(at), split);
    }
    merge(before < 0 ? HEADER : before);
    return true;
  }

  /** The runs of registers of an old value, one of a new value, and again of the old one. */
  private static byte[] split(int old, int before, int value, int behind) {
    byte[] runs = new byte[5];
    int at = run(runs, 0, old, before);
    runs[at] = valueRun(value, 1);
    return Arrays.copyOf(runs, run(runs, at + 1, old, behind));
  }

  /** Writes a run, if it is not empty; the place behind it. */
  private static int run(byte[] runs, int at, int value, int count) {
    if (count == 0) {
      return at;
    }
    if (value > 0) {
      runs[at] = valueRun(value, count);
      return at + 1;
    }
    if (count <= LONGEST_ZERO) {
      runs[at] = (byte) (count - 1);
      return at + 1;
    }
    runs[at] = (byte) (0x40 | ((count - 1) >> 8));
    runs[at + 1] = (byte) (count - 1);
    return at + 2;
  }

  private void replace(int at, int oldBytes, byte[] with) {
    int longer = with.length - oldBytes;
    if (length + longer > bytes.length) {
      bytes = Arrays.copyOf(bytes, length + longer + Math.min(length, 300));
    }
    System.arraycopy(bytes, at + oldBytes, bytes, at + with.length, length - at - oldBytes);
    System.arraycopy(with, 0, bytes, at, with.length);
    length += longer;
  }

  /** Joins runs of one value that have come to stand side by side, from here on. */
  private void merge(int from) {
    int at = from;
    for (int left = MERGE_STEPS; left > 0 && at < length; left--) {
      if (isValue(at) && at + 1 < length && isValue(at + 1) && runValue(at) == runValue(at + 1)) {
        int together = runLength(at) + runLength(at + 1);
        if (together <= LONGEST_VALUE) {
          replace(at, 2, new byte[] {valueRun(runValue(at), together)});
          continue; // perhaps with the next one too
        }
      }
      at += runBytes(at);
    }
  }

  /** The runs of a sparse one in words: {@code z} and {@code Z} of zeros, {@code v} of a value. */
  public String runs() {
    StringBuilder text = new StringBuilder();
    for (int at = HEADER; at < length; at += runBytes(at)) {
      text.append(text.isEmpty() ? "" : " ");
      if (isValue(at)) {
        text.append("v:").append(runValue(at)).append(',').append(runLength(at));
      } else {
        text.append(isLongZero(at) ? "Z:" : "z:").append(runLength(at));
      }
    }
    return text.toString();
  }

  @FunctionalInterface
  private interface RunVisitor {
    void visit(int value, int count);
  }

  private void forEachRun(RunVisitor visitor) {
    for (int at = HEADER; at < length; at += runBytes(at)) {
      visitor.visit(runValue(at), runLength(at));
    }
  }

  // ---------------------------------------------------------------- counting

  /** Raises each of these registers, as many as {@link #REGISTERS}, to at least its own. */
  public void mergeInto(byte[] registers) {
    int[] register = {0};
    RunVisitor raise =
        (value, count) -> {
          for (int i = 0; i < count; i++, register[0]++) {
            registers[register[0]] = (byte) Math.max(registers[register[0]], value);
          }
        };
    if (isDense()) {
      for (int i = 0; i < REGISTERS; i++) {
        raise.visit(dense(bytes, i), 1);
      }
    } else {
      forEachRun(raise);
    }
  }

  /** How many distinct elements there were, about. */
  public long count() {
    if (bytes[STALE_AT] >= 0) {
      return littleEndian(bytes, COUNT_AT, 8);
    }
    byte[] registers = new byte[REGISTERS];
    mergeInto(registers);
    return count(registers);
  }

  /** How many distinct elements these registers stand for, about. Source: Ertl, algorithm 6. */
  public static long count(byte[] registers) {
    int[] histogram = new int[REGISTER_MASK + 1];
    for (byte register : registers) {
      histogram[register]++;
    }
    double m = REGISTERS;
    double z = m * tau((m - histogram[MOST]) / m);
    for (int value = MOST - 1; value >= 1; value--) {
      z = (z + histogram[value]) * 0.5;
    }
    z += m * sigma(histogram[0] / m);
    return StrictMath.round(ALPHA * m * m / z);
  }

  private static double sigma(double share) {
    if (share == 1) {
      return Double.POSITIVE_INFINITY;
    }
    double x = share;
    double y = 1;
    double z = share;
    double before;
    do {
      x *= x;
      before = z;
      z += x * y;
      y += y;
    } while (z != before);
    return z;
  }

  private static double tau(double share) {
    if (share == 0 || share == 1) {
      return 0;
    }
    double x = share;
    double y = 1;
    double z = 1 - share;
    double before;
    do {
      x = StrictMath.sqrt(x);
      before = z;
      y *= 0.5;
      z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
  }
}
