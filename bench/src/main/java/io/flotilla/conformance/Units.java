package io.flotilla.conformance;

import java.util.List;

/**
 * The files of the suite that judge an external server; the others start servers of their own, or
 * are about what such a server does not have.
 */
final class Units {
  private Units() {}

  /** Those with most tests first. */
  static final List<String> ALL =
      List.of(
          "unit/type/zset",
          "unit/type/list",
          "unit/type/set",
          "unit/type/string",
          "unit/type/hash",
          "unit/type/stream",
          "unit/type/stream-cgroups",
          "unit/geo",
          "unit/expire",
          "unit/bitops",
          "unit/introspection-2",
          "unit/keyspace",
          "unit/multi",
          "integration/redis-cli",
          "unit/introspection",
          "unit/type/incr",
          "unit/protocol",
          "unit/sort",
          "unit/hyperloglog",
          "unit/scan",
          "unit/bitfield",
          "unit/other",
          "unit/pause",
          "unit/type/list-3",
          "unit/dump",
          "unit/slowlog",
          "unit/lazyfree",
          "unit/info-command",
          "unit/quit",
          "unit/type/list-2",
          "unit/querybuf",
          "unit/scripting",
          "unit/functions",
          "unit/tracking",
          "unit/pubsub");

  /** Those that take seconds: what a build can afford each time. */
  static final List<String> FAST =
      List.of(
          "unit/type/list",
          "unit/type/string",
          "unit/type/hash",
          "unit/type/incr",
          "unit/type/stream-cgroups",
          "unit/expire",
          "unit/bitops",
          "unit/bitfield",
          "unit/introspection-2",
          "unit/introspection",
          "unit/keyspace",
          "unit/multi",
          "unit/protocol",
          "integration/redis-cli",
          "unit/other",
          "unit/pause",
          "unit/slowlog",
          "unit/info-command",
          "unit/quit");

  /** Those about keys, which say something of a cluster whose keys are on several shards. */
  static final List<String> KEYS =
      List.of(
          "unit/type/string",
          "unit/type/incr",
          "unit/type/list",
          "unit/type/set",
          "unit/type/hash",
          "unit/type/zset",
          "unit/expire",
          "unit/bitops",
          "unit/bitfield",
          "unit/geo",
          "unit/hyperloglog",
          "unit/keyspace");
}
