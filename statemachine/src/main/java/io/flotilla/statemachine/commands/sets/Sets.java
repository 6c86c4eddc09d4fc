package io.flotilla.statemachine.commands.sets;

import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Family;
import java.util.List;

/** The set commands. */
public final class Sets {
  /** All of them. */
  public static final Family FAMILY =
      Family.of(
          "set",
          AclCategory.SET,
          List.of(Members.rows(), RandomMembers.rows(), Intersections.rows(), Unions.rows()));

  private Sets() {}
}
