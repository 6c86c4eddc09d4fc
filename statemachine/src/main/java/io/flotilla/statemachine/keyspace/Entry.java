package io.flotilla.statemachine.keyspace;

import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.expiry.Expirable;

/**
 * A key with its value and its version. The hash stands beside it in the {@link KeyRange}; a
 * deadline, which most keys have not, only in {@link Expiring}.
 *
 * <p>A string that was never changed in place is kept as a bare {@code byte[]}: 24 bytes saved for
 * the most common value. A short one is the entry's own: copied in, copied out, and overwritten
 * where it lies by another of its length. So a value that is set again and again stays where the
 * collector has put it once. Were each a new array instead, the collector would copy at each turn
 * all that were set since the last, some ten megabytes, with every command held up meanwhile.
 */
sealed class Entry {
  /** The longest short string: to copy it costs no more than the rest of a command. */
  private static final int SHORT = 256;

  final byte[] key;
  private Object stored;

  /** The log index of the last modification, for WATCH. */
  long version;

  Entry(byte[] key, Value value, long version) {
    this.key = key;
    this.stored = own(bare(value));
    this.version = version;
  }

  /** In the other's place, which is given up. */
  private Entry(Entry other) {
    this.key = other.key;
    this.stored = other.stored;
    this.version = other.version;
  }

  /** The value: the entry's own, but for a short string, which is a copy. */
  final Value value() {
    return stored instanceof byte[] bytes
        ? StringValue.of(bytes.length <= SHORT ? bytes.clone() : bytes)
        : (Value) stored;
  }

  /** The value, to be looked at before the next change of it and not to be kept. */
  final Value glance() {
    return stored instanceof byte[] bytes ? StringValue.of(bytes) : (Value) stored;
  }

  final void value(Value value) {
    Object next = bare(value);
    if (next instanceof byte[] bytes
        && bytes.length <= SHORT
        && stored instanceof byte[] old
        && old.length == bytes.length) {
      System.arraycopy(bytes, 0, old, 0, bytes.length);
    } else {
      stored = own(next);
    }
  }

  /** The last byte of a string, 0 of all else: touches what a command will need in a moment. */
  final int touch() {
    return stored instanceof byte[] bytes && bytes.length > 0 ? bytes[bytes.length - 1] : 0;
  }

  /** The deadline of the key itself. */
  long keyDeadlineMillis() {
    return Expirable.NEVER;
  }

  /** The first deadline of a field of its value. */
  final long fieldDeadlineMillis() {
    return stored instanceof HashValue hash ? hash.firstDeadlineMillis() : Expirable.NEVER;
  }

  /** The same entry with room for a deadline. */
  final Expiring expiring() {
    return new Expiring(this);
  }

  /** The same entry with room for a deadline of its own besides those of fields. */
  final ExpiringFields expiringFields() {
    return new ExpiringFields(this);
  }

  /** The same entry without a deadline. */
  final Entry lasting() {
    return new Entry(this);
  }

  private static Object own(Object stored) {
    return stored instanceof byte[] bytes && bytes.length <= SHORT ? bytes.clone() : stored;
  }

  private static Object bare(Value value) {
    return value instanceof StringValue string && !string.isChangedInPlace()
        ? string.bytes()
        : value;
  }

  /** An entry with a deadline. */
  static sealed class Expiring extends Entry implements Expirable {
    private long deadline;
    private int place = NOWHERE;

    private Expiring(Entry entry) {
      super(entry);
    }

    @Override
    long keyDeadlineMillis() {
      return deadline;
    }

    @Override
    public final long deadlineMillis() {
      return deadline;
    }

    @Override
    public final void deadlineMillis(long millis) {
      deadline = millis;
    }

    @Override
    public final int place() {
      return place;
    }

    @Override
    public final void place(int place) {
      this.place = place;
    }
  }

  /**
   * An entry of a hash whose fields have deadlines: what is due next is the first of them or the
   * key itself, which may have no deadline.
   */
  static final class ExpiringFields extends Expiring {
    private long keyDeadline = Expirable.NEVER;

    private ExpiringFields(Entry entry) {
      super(entry);
    }

    @Override
    long keyDeadlineMillis() {
      return keyDeadline;
    }

    void keyDeadlineMillis(long millis) {
      keyDeadline = millis;
    }
  }
}
