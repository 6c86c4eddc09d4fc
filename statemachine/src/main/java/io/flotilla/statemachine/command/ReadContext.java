package io.flotilla.statemachine.command;

import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.keyspace.Keyspace;
import org.jspecify.annotations.Nullable;

/**
 * What a reading command may touch: values that it must not change, the time, and dice.
 *
 * <p>A wrong type ends the command by itself with Redis's WRONGTYPE. Values given out belong to the
 * keyspace and are valid until the command ends; what goes into a reply must be bytes that no later
 * command changes in place.
 */
public sealed class ReadContext permits WriteContext {
  final Keyspace keyspace;
  private final EncodingLimits limits;
  private final Dice dice;

  /** A context for one command on a keyspace that was told the time. */
  public ReadContext(Keyspace keyspace, EncodingLimits limits, Dice dice) {
    this.keyspace = keyspace;
    this.limits = limits;
    this.dice = dice;
  }

  /**
   * The value of a key, not to be changed, or null where there is none; WRONGTYPE if it is of
   * another type.
   */
  public final <T extends Value> @Nullable T read(byte[] key, DataType<T> type) {
    return keyspace.read(key, type);
  }

  /** The value of a key whatever its type, not to be changed, or null where there is none. */
  public final @Nullable Value readAny(byte[] key) {
    return keyspace.readAny(key);
  }

  /** Whether the key exists. */
  public final boolean exists(byte[] key) {
    return keyspace.exists(key);
  }

  /**
   * The deadline of a key in Unix milliseconds; {@link
   * io.flotilla.statemachine.expiry.Expirable#NEVER} if none.
   */
  public final long deadlineMillis(byte[] key) {
    return keyspace.deadlineMillis(key);
  }

  /** The time of this command, Unix milliseconds; it does not advance while the command runs. */
  public final long nowMillis() {
    return keyspace.nowMillis();
  }

  /** The cluster's keyed hash, which orders the members of large collections. */
  public final SipHash hash() {
    return keyspace.hash();
  }

  /** Up to which sizes values stay compact. */
  public final EncodingLimits limits() {
    return limits;
  }

  /** Chance, alike on all replicas where the command writes. */
  public final Dice dice() {
    return dice;
  }

  /** Whether the command is one of a transaction: there a command that would block does not. */
  public boolean isInTransaction() {
    return false;
  }

  /** All keys, for the commands that look at many (KEYS, SCAN, DBSIZE); reading only. */
  public final Keyspace keyspace() {
    return keyspace;
  }
}
