package io.flotilla.bench;

import java.io.IOException;
import java.time.Duration;

/**
 * How many lookups of a server found a key and how many did not, since it started, as INFO tells. A
 * GET that finds nothing is cheaper, so a rate of such GETs is not comparable.
 */
record Lookups(long hits, long misses) {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final double MISSED_AT_MOST_PERCENT = 1;

  /** Of the server at a target's port; of a cluster that is one node, which stands for all. */
  static Lookups of(Target target) {
    try (RespConnection connection = new RespConnection(target.port(), PATIENCE)) {
      return parse(connection.call("INFO", "stats"));
    } catch (IOException e) {
      throw new BenchException(target.name() + " does not tell its lookups: " + e, e);
    }
  }

  static Lookups parse(String info) {
    return new Lookups(number(info, "keyspace_hits:"), number(info, "keyspace_misses:"));
  }

  private static long number(String info, String name) {
    return info.lines()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> Long.parseLong(line.substring(name.length()).strip()))
        .findFirst()
        .orElseThrow(() -> new BenchException("INFO stats has no " + name + " " + info));
  }

  /** Whether between this look and a later one hardly a key was missing. */
  boolean foundUntil(Lookups later) {
    long missed = later.misses - misses;
    long all = missed + later.hits - hits;
    return missed * 100.0 <= all * MISSED_AT_MOST_PERCENT;
  }
}
