package io.flotilla.statemachine.commands.keys;

import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.ScanOptions;

/**
 * Where a SCAN goes on: a slot, and within it a prefix of the keys' hashes.
 *
 * <pre>
 *   cursor = 1 + (slot &lt;&lt; 39 | prefix)          0: the beginning, and the end
 *             53 bits: 14 of slot, 39 of prefix
 * </pre>
 *
 * <p>It names a place in an order that depends on the keys alone, so it means the same to every
 * replica, before and after a failover, a restart or a move of the slot; and it fits the 53 bits of
 * clients that keep numbers as doubles. All keys of one prefix come in one reply.
 *
 * @param slot 0 to 16383, or {@link HashSlot#COUNT} behind the last
 * @param prefix the top 39 bits of the first hash to look at
 */
public record ScanCursor(int slot, long prefix) {
  /** The bits of a hash that a cursor holds. */
  static final int PREFIX_BITS = 39;

  /** Behind the last slot: there is nothing more. */
  public static final ScanCursor END = new ScanCursor(HashSlot.COUNT, 0);

  /** The beginning of a slot, or {@link #END}. */
  public static ScanCursor of(int slot) {
    return slot >= HashSlot.COUNT ? END : new ScanCursor(slot, 0);
  }

  /** The cursor behind all keys whose hash has the same prefix as this one. */
  static ScanCursor behind(int slot, long hash) {
    long next = (hash >>> (Long.SIZE - PREFIX_BITS)) + 1;
    return next >>> PREFIX_BITS == 0 ? new ScanCursor(slot, next) : of(slot + 1);
  }

  /** The lowest hash from which to look, unsigned. */
  long fromHash() {
    return prefix << (Long.SIZE - PREFIX_BITS);
  }

  /** The number that a client sees: 0 at the end. */
  public long number() {
    return slot == HashSlot.COUNT ? 0 : 1 + ((long) slot << PREFIX_BITS | prefix);
  }

  /**
   * The cursor that a client sent, at this place: {@code 0} is the beginning. A number beyond all
   * slots, which no server gave out, is the end; what is no number ends the command.
   */
  public static ScanCursor at(Arguments arguments, int place) {
    long number = ScanOptions.cursor(arguments, place);
    if (number == 0) {
      return of(0);
    }
    long bits = number - 1;
    long slot = bits >>> PREFIX_BITS;
    return slot >= HashSlot.COUNT
        ? END
        : new ScanCursor((int) slot, bits & ((1L << PREFIX_BITS) - 1));
  }
}
