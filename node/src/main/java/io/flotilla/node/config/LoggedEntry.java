package io.flotilla.node.config;

import java.util.UUID;

/**
 * One entry of one group's log, as in {@code 0b31…/7/123456}: group, term and index. Raft has at
 * most one entry for the three, so nothing else can be meant.
 */
public record LoggedEntry(UUID group, long term, long index) {
  static LoggedEntry parse(String text) {
    String[] parts = text.strip().split("/", -1);
    try {
      if (parts.length == 3) {
        LoggedEntry entry =
            new LoggedEntry(
                UUID.fromString(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2]));
        if (entry.term >= 0 && entry.index >= 0) {
          return entry;
        }
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "\"" + text + "\" is not group/term/index, as the node's log names an entry");
  }

  @Override
  public String toString() {
    return group + "/" + term + "/" + index;
  }
}
