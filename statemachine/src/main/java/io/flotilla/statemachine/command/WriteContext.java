package io.flotilla.statemachine.command;

import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.expiry.Expirable;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.keyspace.Keyspace;
import org.jspecify.annotations.Nullable;

/**
 * What a writing command may touch: all that a reading one may, and the keyspace's changes.
 *
 * <p>The manner: check everything, then change anything. An error after the first change would be a
 * half-done command.
 *
 * <pre>{@code
 * ListValue list = context.modify(key, DataType.LIST);      // null: no such key; WRONGTYPE by itself
 * if (list == null) list = new ListValue(context.limits());
 * list.pushRight(element);
 * context.changed(key, list, EventClass.LIST, "rpush");     // stores, versions, tells, removes what became empty
 * }</pre>
 */
public final class WriteContext extends ReadContext {
  /**
   * What one command, or one transaction, may add to strings that it does not bring along: the
   * zeros before SETRANGE's offset. Else a MULTI of some KB could fill the heap of every replica,
   * and again at every replay.
   */
  private static final long MAX_PADDING_BYTES = StringValue.MAX_LENGTH;

  private long padding;
  private boolean inTransaction;

  /** A context for one command of an entry that is being applied. */
  public WriteContext(Keyspace keyspace, EncodingLimits limits, Dice dice) {
    super(keyspace, limits, dice);
  }

  /** A command or a transaction begins. */
  public void begin(boolean transaction) {
    padding = 0;
    inTransaction = transaction;
  }

  @Override
  public boolean isInTransaction() {
    return inTransaction;
  }

  /**
   * A string is about to grow by this many bytes that stand in no command.
   *
   * @throws CommandException if this is too much for one command or transaction
   */
  public void pad(long bytes) {
    padding += Math.max(0, bytes);
    if (padding > MAX_PADDING_BYTES) {
      throw new CommandException(Errors.STRING_TOO_LONG);
    }
  }

  /**
   * The value of a key, to be changed in place and then told of by {@link #changed}; null where
   * there is none.
   */
  public <T extends Value> @Nullable T modify(byte[] key, DataType<T> type) {
    return keyspace.modify(key, type);
  }

  /** Stores a changed or new value; a deadline stays; an empty collection goes. */
  public void changed(byte[] key, Value value, EventClass eventClass, String event) {
    keyspace.changed(key, value, eventClass, event);
  }

  /** Stores a changed or new value that is not empty, of which nobody hears. */
  public void changedUnheard(byte[] key, Value value) {
    keyspace.changed(key, value);
  }

  /** Puts a value in place of whatever was there; a deadline goes. */
  public void put(byte[] key, Value value, EventClass eventClass, String event) {
    keyspace.put(key, value, eventClass, event);
  }

  /**
   * Puts a value in place of whatever was there, with this deadline in Unix milliseconds or {@link
   * Expirable#NEVER}. One event, as of the value; a command that tells of the deadline too says
   * {@link #happened}.
   */
  public void put(
      byte[] key, Value value, long deadlineMillis, EventClass eventClass, String event) {
    keyspace.put(key, value, deadlineMillis, eventClass, event);
  }

  /** Tells of something that happened to a key and is no change of its own. */
  public void happened(EventClass eventClass, String event, byte[] key) {
    keyspace.happened(eventClass, event, key);
  }

  /** Removes a key, event {@code del}; whether it was there. */
  public boolean remove(byte[] key) {
    return keyspace.remove(key, EventClass.GENERIC, "del");
  }

  /** Gives a key a deadline, Unix milliseconds, event {@code expire}; whether the key is there. */
  public boolean expireAt(byte[] key, long deadlineMillis) {
    return keyspace.deadline(key, deadlineMillis, "expire");
  }

  /** Takes a key's deadline away, event {@code persist}; whether the key is there. */
  public boolean persist(byte[] key) {
    return keyspace.deadline(key, Expirable.NEVER, "persist");
  }

  /** Takes a value out of a key without an event, as RENAME does; null where there is none. */
  public @Nullable Value take(byte[] key) {
    return keyspace.take(key);
  }
}
