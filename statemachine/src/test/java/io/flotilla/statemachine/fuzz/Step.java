package io.flotilla.statemachine.fuzz;

import java.util.List;

/**
 * What both sides are told, and how their answers are compared. A test case is a list of steps.
 *
 * @param kind how the lines are said
 * @param lines the commands in it, at least one but for those that have none
 */
record Step(Kind kind, List<Line> lines) {
  /** How a step is said and compared. */
  enum Kind {
    /** One command, whose replies must be the same. */
    SAY,
    /** Commands between MULTI and EXEC. */
    TRANSACTION,
    /**
     * A command that answers by chance: the same kind and number of elements, each of them there,
     * and what only one side popped goes on the other too.
     */
    CHANCE,
    /** A cursor's way from 0 to its end: the same elements, in whatever order. */
    WALK,
    /** DUMP and RESTORE: both sides restore what the real one dumped. */
    FROM_THEIRS,
    /** DUMP and RESTORE: both sides restore what ours dumped. */
    FROM_OURS,
    /** A command that gives a short life, and time until it is over. */
    DOOM,
    /** Ours goes on from its own snapshot. */
    REBIRTH,
    /** All keys and values are compared. */
    LOOK
  }

  static final Step REBIRTH = new Step(Kind.REBIRTH, List.of());
  static final Step LOOK = new Step(Kind.LOOK, List.of());

  static Step say(Line line) {
    return new Step(Kind.SAY, List.of(line));
  }

  /** The same with other lines. */
  Step with(List<Line> others) {
    return new Step(kind, others);
  }

  /** Whether it may be said before the answer to the one before it has come. */
  boolean isPipelined() {
    return kind == Kind.SAY || kind == Kind.TRANSACTION;
  }

  /** The bytes of its arguments, and their number: what is made small. */
  long weight() {
    long weight = 1;
    for (Line line : lines) {
      for (byte[] argument : line.argv()) {
        weight += 1 + argument.length;
      }
    }
    return weight;
  }

  @Override
  public String toString() {
    return lines.isEmpty() ? kind.toString() : kind + " " + lines;
  }
}
