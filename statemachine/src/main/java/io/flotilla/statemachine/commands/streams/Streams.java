package io.flotilla.statemachine.commands.streams;

import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Family;
import java.util.List;

/** The stream commands; those that block answer only where they need not wait. */
public final class Streams {
  /** All of them. */
  public static final Family FAMILY =
      Family.of(
          "stream",
          AclCategory.STREAM,
          List.of(
              Entries.rows(),
              Ranges.rows(),
              Reads.rows(),
              Groups.rows(),
              Claims.rows(),
              Inspection.rows()));

  private Streams() {}
}
