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
              Sort.rows(),
              Dumps.rows()));

  /** Commands on all keys of a shard that Redis's documentation puts among the server's. */
  public static final Family SERVER =
      Family.of(
          "server", AclCategory.KEYSPACE, List.of(WholeShard.serverRows(), Dumps.serverRows()));

  /** MEMORY, and what of it needs a shard's keys; the rest is the node's. */
  public static final Family MEMORY = Family.of("server", List.of(MemoryUsage.rows()));

  /** CLUSTER, and those of its subcommands that need a shard's keys; the others are the node's. */
  public static final Family CLUSTER = Family.of("cluster", List.of(WholeShard.clusterRows()));

  private Keys() {}
}
