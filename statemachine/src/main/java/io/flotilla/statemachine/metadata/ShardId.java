package io.flotilla.statemachine.metadata;

/**
 * A shard's name for life: 40 lower-case hexadecimal digits, as {@code CLUSTER MYSHARDID} shows it.
 * Never reused.
 */
public record ShardId(String hex) implements Comparable<ShardId> {
  public ShardId {
    if (!hex.matches("[0-9a-f]{40}")) {
      throw new IllegalArgumentException(
          "a shard id is 40 lower-case hexadecimal digits, not \"" + hex + "\"");
    }
  }

  @Override
  public int compareTo(ShardId other) {
    return hex.compareTo(other.hex);
  }

  /** The first eight digits, enough for people and logs. */
  public String brief() {
    return hex.substring(0, 8);
  }

  @Override
  public String toString() {
    return hex;
  }
}
