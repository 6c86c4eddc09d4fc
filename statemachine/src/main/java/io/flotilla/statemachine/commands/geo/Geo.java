package io.flotilla.statemachine.commands.geo;

import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Family;
import java.util.List;

/** The geo commands. */
public final class Geo {
  /** All of them. */
  public static final Family FAMILY =
      Family.of("geo", AclCategory.GEO, List.of(Positions.rows(), Searches.rows()));

  private Geo() {}
}
