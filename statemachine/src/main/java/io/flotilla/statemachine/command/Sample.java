package io.flotilla.statemachine.command;

import io.flotilla.statemachine.reply.Reply;
import java.util.BitSet;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Ranks drawn by dice: what HRANDFIELD, SRANDMEMBER, ZRANDMEMBER and SPOP choose their elements by.
 *
 * <p>A collection has a canonical order, so a rank means the same element on every replica.
 */
public final class Sample {
  /**
   * The most elements that a command with a negative count answers. Redis would write until the
   * client's output buffer is over its limit; here the reply is built whole, and within MULTI on
   * every replica.
   */
  public static final long MAX_REPEATED = 1 << 20;

  /** Up to this size a bit for each rank is cheaper than a set of the drawn ones. */
  private static final long BITS = 1 << 26;

  private Sample() {}

  /** The count at this place; a negative one asks for elements that may repeat. */
  public static long count(Arguments arguments, int place) {
    return arguments.integer(place, -Long.MAX_VALUE, Long.MAX_VALUE);
  }

  /** {@code count} ranks below {@code size}, each drawn from all; at most {@link #MAX_REPEATED}. */
  public static long[] repeated(long size, long count, Dice dice) {
    if (count > MAX_REPEATED) {
      throw new CommandException(new Reply.Error("ERR value is out of range"));
    }
    long[] ranks = new long[(int) count];
    for (int i = 0; i < ranks.length; i++) {
      ranks[i] = dice.below(size);
    }
    return ranks;
  }

  /**
   * {@code count} different ranks below {@code size}, in ascending order; every choice is equally
   * likely. Source: Floyd's sampling, in Bentley's "Programming pearls: a sample of brilliance",
   * 1987.
   */
  public static long[] distinct(long size, long count, Dice dice) {
    if (size <= BITS) {
      BitSet drawn = new BitSet((int) size);
      for (int top = (int) (size - count); top < size; top++) {
        int rank = (int) dice.below(top + 1L);
        drawn.set(drawn.get(rank) ? top : rank);
      }
      return drawn.stream().asLongStream().toArray();
    }
    SortedSet<Long> drawn = new TreeSet<>();
    for (long top = size - count; top < size; top++) {
      long rank = dice.below(top + 1);
      drawn.add(drawn.contains(rank) ? top : rank);
    }
    return drawn.stream().mapToLong(Long::longValue).toArray();
  }
}
