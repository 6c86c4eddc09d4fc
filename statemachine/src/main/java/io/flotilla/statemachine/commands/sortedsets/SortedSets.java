package io.flotilla.statemachine.commands.sortedsets;

import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Family;
import java.util.List;

/** The sorted set commands that do not block. */
public final class SortedSets {
  /** All of them. */
  public static final Family FAMILY =
      Family.of(
          "sorted-set",
          AclCategory.SORTEDSET,
          List.of(
              SortedSetAdd.rows(),
              Members.rows(),
              Ranges.rows(),
              RangeCounts.rows(),
              Pops.rows(),
              RandomMembers.rows(),
              Combinations.rows()));

  private SortedSets() {}
}
