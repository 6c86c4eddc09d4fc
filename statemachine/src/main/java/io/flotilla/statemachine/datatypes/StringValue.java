package io.flotilla.statemachine.datatypes;

import io.flotilla.statemachine.bytes.Integers;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A byte string that can grow in place.
 *
 * <p>Most strings are set once and read often, so the keyspace keeps such a one as a bare {@code
 * byte[]} and wraps it on the way out ({@link #of}); a string that was changed in place (APPEND,
 * SETRANGE, SETBIT) stays wrapped, with room behind its end, so that growing it is amortised. That
 * is also what {@code OBJECT ENCODING} tells: int and embstr are bare, raw is either long or
 * changed.
 *
 * <p>A capture of a bare string is the array itself. One of a string that changes in place is a
 * {@link StringCapture}, which is told before bytes of it are overwritten.
 *
 * <p>Invariant: bytes from {@link #length} to the end of {@link #array} are zero, so that growing
 * by SETRANGE or SETBIT exposes zeros.
 */
public final class StringValue implements Value {
  /**
   * The most bytes of a string: 128 MiB, a bitmap of a billion bits. Redis has 512 MB, its default
   * for {@code proto-max-bulk-len}. SETRANGE of one byte far out allocates all before it on every
   * replica, for a moment twice, and would do so again at every replay: it must fit a small heap.
   *
   * <p>It is part of what every replica does, not a setting: another number is another feature
   * level.
   */
  public static final int MAX_LENGTH = 128 * 1024 * 1024;

  /**
   * The room beyond which growing by APPEND and its kin no longer doubles a string; a very long one
   * grows by an eighth, so that it is not copied for each megabyte that comes.
   */
  private static final long MIN_ROOM = 1024 * 1024;

  /** The longest string that Redis keeps beside its header, encoding {@code embstr}. */
  static final int EMBEDDED_LENGTH = 44;

  private byte[] array;
  private int length;
  private boolean changedInPlace;

  /** The captures that still need to know what is overwritten, the newest first. */
  private @Nullable StringCapture captures;

  private StringValue(byte[] array, int length, boolean changedInPlace) {
    this.array = array;
    this.length = length;
    this.changedInPlace = changedInPlace;
  }

  /**
   * A string of exactly these bytes, which are not copied and must not be changed by anyone else.
   */
  public static StringValue of(byte[] bytes) {
    return new StringValue(bytes, bytes.length, false);
  }

  /** A string that shows as changed in place: for restoring what {@link #isChangedInPlace} told. */
  public static StringValue changedInPlace(byte[] bytes) {
    return new StringValue(bytes, bytes.length, true);
  }

  /** Length in bytes. */
  public int length() {
    return length;
  }

  /** The byte at this place, 0 to {@link #length} − 1. */
  public byte at(int index) {
    return array[index];
  }

  /** The backing bytes, valid from 0 to {@link #length}; never to be changed by the caller. */
  public byte[] array() {
    return array;
  }

  /**
   * All bytes, never to be changed by the caller, and never changed under it: the backing array
   * itself where nothing changes it in place, else a copy. A reply may hold them while the next
   * command runs.
   */
  public byte[] bytes() {
    return changedInPlace ? Arrays.copyOf(array, length) : array;
  }

  /** The bytes from {@code from} to {@code to}, exclusive, copied. */
  public byte[] range(int from, int to) {
    return Arrays.copyOfRange(array, from, to);
  }

  /** Whether it was ever changed in place, and so shows as {@code raw}. */
  public boolean isChangedInPlace() {
    return changedInPlace;
  }

  /** Adds bytes at the end. */
  public void append(byte[] more) {
    write(length, more);
  }

  /** Writes bytes at an offset, with zeros between the old end and the offset. */
  public void write(int offset, byte[] bytes) {
    ensureLength(offset + bytes.length);
    beforeOverwriting(offset, offset + bytes.length);
    System.arraycopy(bytes, 0, array, offset, bytes.length);
  }

  /** Sets one byte, growing with zeros where needed. */
  public void set(int index, byte value) {
    ensureLength(index + 1);
    beforeOverwriting(index, index + 1);
    array[index] = value;
  }

  private void beforeOverwriting(int from, int to) {
    if (captures != null) {
      captures = captures.thoseOpen();
      for (StringCapture capture = captures; capture != null; capture = capture.next()) {
        capture.beforeOverwriting(from, to);
      }
    }
  }

  /** Grows with zeros to at least this length, and marks the string as changed in place. */
  public void ensureLength(int wanted) {
    if (!changedInPlace) {
      array = array.clone(); // the bare array may be shared with a reply on its way out
      changedInPlace = true;
    }
    if (wanted > array.length) {
      long roomy = Math.min(wanted * 2L, wanted + Math.max(MIN_ROOM, wanted / 8L));
      captures = null; // they keep the old array, which nobody changes any more
      array = Arrays.copyOf(array, (int) Math.min(roomy, Integer.MAX_VALUE - 8));
    }
    length = Math.max(length, wanted);
  }

  @Override
  public Chunks capture() {
    if (captures != null) {
      captures = captures.thoseOpen();
    }
    StringCapture capture = new StringCapture(array, length, changedInPlace ? captures : null);
    if (changedInPlace) {
      captures = capture;
    }
    return capture;
  }

  @Override
  public void show(ElementVisitor visitor) {
    visitor.element(array, 0, length);
  }

  @Override
  public long bytesUpTo(long limit) {
    return length;
  }

  @Override
  public DataType<StringValue> type() {
    return DataType.STRING;
  }

  @Override
  public boolean isEmpty() {
    return false;
  }

  @Override
  public StringValue copy() {
    return new StringValue(Arrays.copyOf(array, length), length, changedInPlace);
  }

  @Override
  public String encoding() {
    if (changedInPlace) {
      return "raw";
    }
    if (Integers.isStrict(bytes())) {
      return "int";
    }
    return length <= EMBEDDED_LENGTH ? "embstr" : "raw";
  }

  @Override
  public long weight() {
    return 1;
  }
}
