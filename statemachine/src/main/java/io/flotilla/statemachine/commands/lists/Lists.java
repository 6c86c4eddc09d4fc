package io.flotilla.statemachine.commands.lists;

import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Family;
import java.util.List;

/** The list commands that do not block. */
public final class Lists {
  /** All of them. */
  public static final Family FAMILY =
      Family.of(
          "list",
          AclCategory.LIST,
          List.of(Pushes.rows(), Pops.rows(), Moves.rows(), ByIndex.rows(), ByElement.rows()));

  private Lists() {}
}
