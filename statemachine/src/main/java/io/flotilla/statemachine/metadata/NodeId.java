package io.flotilla.statemachine.metadata;

/**
 * A node's name for life: 40 lower-case hexadecimal digits, as Redis Cluster has them. Never
 * reused: a node that lost its data comes back under a new one.
 */
public record NodeId(String hex) implements Comparable<NodeId> {
  public NodeId {
    if (!hex.matches("[0-9a-f]{40}")) {
      throw new IllegalArgumentException(
          "a node id is 40 lower-case hexadecimal digits, not \"" + hex + "\"");
    }
  }

  @Override
  public int compareTo(NodeId other) {
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
