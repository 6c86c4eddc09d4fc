package io.flotilla.statemachine.commands.hashes;

import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Family;
import java.util.List;

/** The hash commands. */
public final class Hashes {
  /** All of them. */
  public static final Family FAMILY =
      Family.of(
          "hash",
          AclCategory.HASH,
          List.of(
              SetFields.rows(),
              GetFields.rows(),
              WholeHash.rows(),
              FieldCounters.rows(),
              RandomFields.rows(),
              FieldDeadlines.rows()));

  private Hashes() {}
}
