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
 * the most common value.
 */
sealed class Entry {
  final byte[] key;
  private Object stored;

  /** The log index of the last modification, for WATCH. */
  long version;

  Entry(byte[] key, Value value, long version) {
    this.key = key;
    this.stored = bare(value);
    this.version = version;
  }

  private Entry(Entry other) {
    this.key = other.key;
    this.stored = other.stored;
    this.version = other.version;
  }

  final Value value() {
    return stored instanceof byte[] bytes ? StringValue.of(bytes) : (Value) stored;
  }

  final void value(Value value) {
    stored = bare(value);
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
