package io.flotilla.chaos.nemesis;

import io.flotilla.chaos.cluster.Cluster;
import io.flotilla.chaos.witness.LogRecords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A node that does not get what the others write, and whether they could still send it as entries:
 * seen from their log files.
 */
final class HeldBack {
  private static final Pattern FIRST = Pattern.compile("log_(?:inprogress_)?(\\d+)(?:-\\d+)?");

  private final Cluster cluster;
  private final int node;

  /** The last entry that it has of each group. */
  private final Map<String, Long> has;

  HeldBack(Cluster cluster, int node) {
    this.cluster = cluster;
    this.node = node;
    this.has = logs(node, false);
  }

  /** How many groups the node has. */
  int groups() {
    return has.size();
  }

  /** In how many groups no other node's log reaches back to what the node has. */
  int lacking() {
    Map<String, Long> others = new TreeMap<>();
    for (int other = 0; other < cluster.nodes(); other++) {
      if (other != node) {
        logs(other, true).forEach((group, first) -> others.merge(group, first, Math::min));
      }
    }
    int lacking = 0;
    for (Map.Entry<String, Long> each : has.entrySet()) {
      lacking += others.getOrDefault(each.getKey(), 0L) > each.getValue() + 1 ? 1 : 0;
    }
    return lacking;
  }

  /** Of each group the first entry in a node's log files, or the last. */
  private Map<String, Long> logs(int of, boolean first) {
    Map<String, Long> found = new TreeMap<>();
    try (Stream<Path> files = Files.walk(cluster.dataOf(of))) {
      for (Path file : files.toList()) {
        Matcher name = FIRST.matcher(file.getFileName().toString());
        Path current = file.getParent();
        Path group = current == null ? null : current.getParent();
        if (!name.matches() || group == null) {
          continue;
        }
        String key = group.getFileName().toString();
        if (first) {
          found.merge(key, Long.parseLong(name.group(1)), Math::min);
        } else {
          List<LogRecords.Place> places = LogRecords.places(Files.readAllBytes(file));
          if (!places.isEmpty()) {
            found.merge(key, places.getLast().entry().index(), Math::max);
          }
        }
      }
    } catch (IOException | UncheckedIOException e) {
      // Files come and go while it looks; the next look may see more.
      return found;
    }
    return found;
  }
}
