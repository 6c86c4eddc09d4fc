package io.flotilla.chaos.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The network between nodes, where it can be cut. Nothing is refused or closed by a cut: bytes
 * stand still, as behind a firewall that drops packets, and go on when it is healed.
 */
public interface NodeNetwork {
  /** From one node to another. */
  record Direction(int from, int to) {
    /** Both directions between two. */
    public static List<Direction> both(int one, int other) {
      return List.of(new Direction(one, other), new Direction(other, one));
    }

    /** Both directions between each of these and each of the others. */
    public static List<Direction> around(Collection<Integer> these, int nodes) {
      List<Direction> all = new ArrayList<>();
      for (int one : these) {
        for (int other = 0; other < nodes; other++) {
          if (!these.contains(other)) {
            all.addAll(both(one, other));
          }
        }
      }
      return all;
    }
  }

  /** Nothing goes in these directions any more. */
  void cut(Collection<Direction> directions);

  /** Messages between nodes take longer; told in words. */
  String slowDown(Duration each);

  /**
   * Every message takes up to this much longer, and so many of a thousand break the connection on
   * which they go: what they carry is lost, with all that is under way there. Between two processes
   * that speak TCP this is what lost packets come to, in the end. Told in words.
   */
  default String lose(int ofThousand, Duration upTo) {
    return slowDown(upTo);
  }

  /** Everything goes everywhere again. */
  void heal();
}
