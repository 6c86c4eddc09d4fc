package io.flotilla.statemachine.metadata;

/**
 * The bounds of the metadata; every replica must hold the same, so they are constants of the
 * feature level, not settings.
 */
public final class MetadataLimits {
  private MetadataLimits() {}

  /** Redis Cluster's number of slots. */
  public static final int SLOTS = 16384;

  /**
   * Redis Cluster's own recommendation for the size of a cluster; every view is built over all
   * nodes.
   */
  public static final int MAX_NODES = 1000;

  /**
   * As many shards as nodes can lead one each; also keeps shard numbers in 16 bits with room to
   * spare.
   */
  public static final int MAX_SHARDS = 1000;

  /**
   * Voters of one shard: each more costs a copy and slows the majority; five survive two failures.
   */
  public static final int MAX_REPLICAS = 7;

  /**
   * Voters of the metadata group (ARCHITECTURE §8: three to five); one more stands while a voter is
   * replaced.
   */
  public static final int MAX_METADATA_VOTERS = 6;

  /** Bytes of a node's, user's, library's or setting's name: shown in tables and log lines. */
  public static final int MAX_NAME_BYTES = 128;

  /** Bytes of a setting's value or a user's rules: both are copied into every view. */
  public static final int MAX_VALUE_BYTES = 64 * 1024;

  /**
   * Bytes of one function library: Redis libraries are source text of a few KiB; the log's entry
   * limit is 4 MiB.
   */
  public static final int MAX_LIBRARY_BYTES = 1024 * 1024;

  /**
   * Settings, users and libraries each: far above use, far below what would make a snapshot long.
   */
  public static final int MAX_OBJECTS = 10_000;

  /** Migrations under way at once: each is driven by itself, and each batch of slots is one. */
  public static final int MAX_MIGRATIONS = 1000;

  /**
   * How many ids of ended migrations are remembered to refuse their reuse; ids are random, so age
   * protects the rest.
   */
  public static final int MAX_ENDED_MIGRATIONS = 4096;

  /** Bytes of a migration's id. */
  public static final int MAX_MIGRATION_ID_BYTES = 64;
}
