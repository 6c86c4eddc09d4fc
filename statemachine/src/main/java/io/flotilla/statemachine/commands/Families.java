package io.flotilla.statemachine.commands;

import io.flotilla.statemachine.command.Family;
import io.flotilla.statemachine.commands.bitmaps.Bitmaps;
import io.flotilla.statemachine.commands.geo.Geo;
import io.flotilla.statemachine.commands.hashes.Hashes;
import io.flotilla.statemachine.commands.hyperloglogs.HyperLogLogs;
import io.flotilla.statemachine.commands.keys.Keys;
import io.flotilla.statemachine.commands.lists.Lists;
import io.flotilla.statemachine.commands.sets.Sets;
import io.flotilla.statemachine.commands.sortedsets.SortedSets;
import io.flotilla.statemachine.commands.streams.Streams;
import io.flotilla.statemachine.commands.strings.Strings;
import io.flotilla.statemachine.commands.transactions.Transactions;
import java.util.List;

/**
 * Every family that a shard's machine answers. The node adds its own (connection, server, cluster)
 * to make the whole table.
 */
public final class Families {
  /** All of them, one line each. */
  public static final List<Family> ALL =
      List.of(
          Bitmaps.FAMILY,
          Geo.FAMILY,
          Hashes.FAMILY,
          HyperLogLogs.FAMILY,
          Keys.FAMILY,
          Keys.SERVER,
          Keys.MEMORY,
          Keys.CLUSTER,
          Lists.FAMILY,
          Sets.FAMILY,
          SortedSets.FAMILY,
          Streams.FAMILY,
          Strings.FAMILY,
          Transactions.FAMILY);

  private Families() {}
}
