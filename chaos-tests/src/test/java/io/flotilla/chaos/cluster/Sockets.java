package io.flotilla.chaos.cluster;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Whose the connections on this machine are, as Linux tells it in {@code /proc}.
 *
 * <p>One look shows all connections of all processes asked about, and serves everybody who asked
 * before it began: a cluster that has lost its connections makes hundreds of new ones, and a look
 * for each was seen to take so long that callers gave up before they were known, called again, and
 * never got through. Any thread.
 */
final class Sockets {
  private static final List<Path> TABLES =
      List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));
  private static final int LOCAL = 1;
  private static final int REMOTE = 2;
  private static final int INODE = 9;
  private static final int HEX = 16;

  /** What is known of the process at the other end. */
  sealed interface Owner {
    /** One of those asked about. */
    record Known(int number) implements Owner {}

    /** Somebody else. */
    record Other() implements Owner {}

    /** The connection is gone, or not there yet. */
    record Gone() implements Owner {}
  }

  private record Ports(int local, int remote) {}

  private final Map<Integer, Long> pids;
  private Map<Ports, Owner> seen = Map.of();
  private long seenNanos = System.nanoTime();

  /**
   * Nothing has been looked at yet.
   *
   * @param pids process ids, by the number under which they are known; may change
   */
  Sockets(Map<Integer, Long> pids) {
    this.pids = pids;
  }

  /**
   * Who holds the connection from this local port to that one.
   *
   * @param sinceNanos a look that began later than this will do
   */
  Owner ownerOf(int fromPort, int toPort, long sinceNanos) throws IOException {
    synchronized (this) {
      if (seenNanos - sinceNanos < 0) {
        long began = System.nanoTime();
        seen = look();
        seenNanos = began;
      }
      return seen.getOrDefault(new Ports(fromPort, toPort), new Owner.Gone());
    }
  }

  private Map<Ports, Owner> look() throws IOException {
    Map<String, Owner> owners = new HashMap<>();
    pids.forEach((number, pid) -> addSockets(pid, new Owner.Known(number), owners));
    Map<Ports, Owner> all = new HashMap<>();
    for (Path table : TABLES) {
      if (!Files.exists(table)) {
        continue;
      }
      for (String line : Files.readAllLines(table)) {
        String[] fields = line.trim().split("\\s+", -1);
        if (fields.length > INODE && !fields[INODE].equals("0")) {
          OptionalInt local = portIn(fields[LOCAL]);
          OptionalInt remote = portIn(fields[REMOTE]);
          if (local.isPresent() && remote.isPresent()) {
            all.put(
                new Ports(local.getAsInt(), remote.getAsInt()),
                owners.getOrDefault("socket:[" + fields[INODE] + "]", new Owner.Other()));
          }
        }
      }
    }
    return all;
  }

  private static OptionalInt portIn(String address) {
    int colon = address.lastIndexOf(':');
    try {
      return colon < 0
          ? OptionalInt.empty()
          : OptionalInt.of(Integer.parseInt(address.substring(colon + 1), HEX));
    } catch (NumberFormatException e) {
      return OptionalInt.empty(); // the table's headline
    }
  }

  private static void addSockets(long pid, Owner owner, Map<String, Owner> owners) {
    try (DirectoryStream<Path> descriptors =
        Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
      for (Path descriptor : descriptors) {
        addSocket(descriptor, owner, owners);
      }
    } catch (IOException e) {
      return; // the process has ended
    }
  }

  private static void addSocket(Path descriptor, Owner owner, Map<String, Owner> owners) {
    try {
      String link = Files.readSymbolicLink(descriptor).toString();
      if (link.startsWith("socket:")) {
        owners.put(link, owner);
      }
    } catch (IOException e) {
      return; // closed meanwhile
    }
  }
}
