package io.flotilla.statemachine.commands.strings;

import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Family;
import java.util.List;

/** The string commands. */
public final class Strings {
  /** All of them. */
  public static final Family FAMILY =
      Family.of(
          "string",
          AclCategory.STRING,
          List.of(
              SetValue.rows(),
              GetValue.rows(),
              ManyValues.rows(),
              Counters.rows(),
              Substrings.rows(),
              CommonSubsequence.rows()));

  private Strings() {}
}
