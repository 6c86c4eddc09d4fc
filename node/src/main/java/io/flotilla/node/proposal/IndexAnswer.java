package io.flotilla.node.proposal;

/**
 * The leader's answer to an {@link IndexAsk}.
 *
 * @param incarnation the question's, given back
 * @param number the question's, given back
 * @param index a read index that a round confirmed after the question had arrived; {@link #REFUSED}
 *     if this node cannot say
 */
public record IndexAnswer(long incarnation, long number, long index) {
  /** This node does not lead, or could not confirm that it does. */
  public static final long REFUSED = -1;
}
