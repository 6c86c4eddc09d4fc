package io.flotilla.statemachine.command;

import io.flotilla.statemachine.bytes.Ascii;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All commands by name. Looked up by the client's bytes in any case, without making a string of
 * them.
 *
 * <p>A double registration, a subcommand without its container, or a row without a summary refuses
 * to start: the table is checked whole when it is made.
 */
public final class CommandTable {
  private final Map<String, Command> byName = new TreeMap<>();
  private final Entry[] buckets;

  /** The letters of a name that {@link #letters} holds. */
  private static final int LETTERS = Long.BYTES;

  private record Entry(String upperCaseName, long letters, Command command, @Nullable Entry next) {
    boolean isCalled(byte[] name, long itsLetters) {
      return letters == itsLetters
          && upperCaseName.length() == name.length
          && (name.length <= LETTERS || Ascii.spells(name, upperCaseName));
    }
  }

  /** A table of these families. */
  public CommandTable(List<Family> families) {
    Map<String, Row> rows = new TreeMap<>();
    for (Family family : families) {
      for (Row row : family.rows()) {
        if (!row.missing().isEmpty()) {
          throw new IllegalStateException("command " + row.fullName() + " has no " + row.missing());
        }
        if (rows.put(row.fullName(), row) != null) {
          throw new IllegalStateException("command " + row.fullName() + " is registered twice");
        }
      }
    }
    Map<String, Map<String, Command>> children = new TreeMap<>();
    rows.forEach((name, row) -> {
      int bar = name.indexOf('|');
      if (bar >= 0) {
        if (!rows.containsKey(name.substring(0, bar))) {
          throw new IllegalStateException("subcommand " + name + " has no container");
        }
        children
            .computeIfAbsent(name.substring(0, bar), container -> new TreeMap<>())
            .put(name.substring(bar + 1), new Command(row, Map.of()));
      }
    });
    rows.forEach((name, row) -> {
      if (name.indexOf('|') < 0) {
        byName.put(name, new Command(row, children.getOrDefault(name, Map.of())));
      }
    });
    buckets = new Entry[Integer.highestOneBit(Math.max(16, byName.size())) * 4];
    byName.forEach((name, command) -> {
      String upper = name.toUpperCase(Locale.ROOT);
      long letters = letters(Ascii.bytes(upper));
      int bucket = bucket(letters);
      buckets[bucket] = new Entry(upper, letters, command, buckets[bucket]);
    });
  }

  /** The command or container of this name in any case, or null. */
  public @Nullable Command find(byte[] name) {
    long letters = letters(name);
    for (Entry entry = buckets[bucket(letters)]; entry != null; entry = entry.next) {
      if (entry.isCalled(name, letters)) {
        return entry.command;
      }
    }
    return null;
  }

  /**
   * The command that these arguments call: the subcommand where the first argument is a container's
   * name and the second one of its subcommands; the container itself where the second is missing or
   * unknown; null where the first is unknown.
   */
  public @Nullable Command find(byte[][] argv) {
    Command command = find(argv[0]);
    if (command == null || argv.length < 2 || command.subcommands().isEmpty()) {
      return command;
    }
    Command subcommand = command.subcommands().get(Ascii.text(argv[1]).toLowerCase(Locale.ROOT));
    return subcommand == null ? command : subcommand;
  }

  /** All commands in the order of their names, subcommands within their containers. */
  public Collection<Command> commands() {
    return byName.values();
  }

  /** All commands and subcommands, containers included. */
  public List<Command> all() {
    List<Command> all = new ArrayList<>();
    for (Command command : byName.values()) {
      all.add(command);
      all.addAll(command.subcommands().values());
    }
    return all;
  }

  /** The first letters of a name in upper case: all of it, for most names. */
  private static long letters(byte[] name) {
    long letters = 0;
    for (int i = 0; i < name.length && i < LETTERS; i++) {
      letters = (letters << Byte.SIZE) | Ascii.upper(name[i]);
    }
    return letters;
  }

  private int bucket(long letters) {
    return (int) ((letters * 0x9e3779b97f4a7c15L) >>> 40) & (buckets.length - 1);
  }
}
