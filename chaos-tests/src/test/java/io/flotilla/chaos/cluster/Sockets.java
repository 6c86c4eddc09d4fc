package io.flotilla.chaos.cluster;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Whose a connection on this machine is, as Linux tells it in {@code /proc}. */
final class Sockets {
  private static final List<Path> TABLES =
      List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));
  private static final int LOCAL = 1;
  private static final int REMOTE = 2;
  private static final int INODE = 9;
  private static final int HEX = 16;

  private Sockets() {}

  /** What is known of the process at the other end. */
  sealed interface Owner {
    /** One of those asked about. */
    record Known(int number) implements Owner {}

    /** Somebody else. */
    record Other() implements Owner {}

    /** The connection is gone, or not there yet. */
    record Gone() implements Owner {}
  }

  /**
   * Who holds the connection from this local port to that one.
   *
   * @param pids process ids, by the number under which they are known
   */
  static Owner ownerOf(int fromPort, int toPort, Map<Integer, Long> pids) throws IOException {
    String inode = inode(fromPort, toPort);
    if (inode == null) {
      return new Owner.Gone();
    }
    String link = "socket:[" + inode + "]";
    for (Map.Entry<Integer, Long> each : pids.entrySet()) {
      if (holds(each.getValue(), link)) {
        return new Owner.Known(each.getKey());
      }
    }
    return new Owner.Other();
  }

  private static @Nullable String inode(int fromPort, int toPort) throws IOException {
    for (Path table : TABLES) {
      if (!Files.exists(table)) {
        continue;
      }
      for (String line : Files.readAllLines(table)) {
        String[] fields = line.trim().split("\\s+", -1);
        if (fields.length > INODE
            && portIn(fields[LOCAL]).orElse(-1) == fromPort
            && portIn(fields[REMOTE]).orElse(-1) == toPort
            && !fields[INODE].equals("0")) {
          return fields[INODE];
        }
      }
    }
    return null;
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

  private static boolean holds(long pid, String link) {
    try (DirectoryStream<Path> descriptors =
        Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
      for (Path descriptor : descriptors) {
        if (isLinkTo(descriptor, link)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false; // the process has ended
    }
  }

  private static boolean isLinkTo(Path descriptor, String link) {
    try {
      return Files.readSymbolicLink(descriptor).toString().equals(link);
    } catch (IOException e) {
      return false; // closed meanwhile
    }
  }
}
