package io.flotilla.statemachine.commands.keys;

import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Family;
import java.util.List;

/** The commands on keys of any type, Redis's group {@code generic}. */
public final class Keys {
  /** All of them that a shard answers. */
  public static final Family FAMILY =
      Family.of(
          "generic",
          AclCategory.KEYSPACE,
          List.of(
              Existence.rows(),
              Deadlines.rows(),
              Renames.rows(),
              Listings.rows(),
              Scan.rows(),
              Encodings.rows(),
              Sort.rows()));

  private Keys() {}
}
