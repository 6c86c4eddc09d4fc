package io.flotilla.statemachine.commands;

import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.command.Flag;
import io.flotilla.statemachine.command.KeySpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What COMMAND and COMMAND DOCS of Redis 7.2 tell of each command, as a line each, and our own
 * commands in the same notation: for the tests of both halves' tables.
 */
public final class CommandFacts {
  /** Newer than the facts: hash fields with deadlines are of Redis 7.4. */
  private static final String NEWER = "7.4.0";

  /**
   * Our own flags, which Redis has as rules of their own instead: it refuses WATCH within MULTI by
   * its name.
   */
  private static final Map<String, Flag> OURS = Map.of("watch", Flag.NO_MULTI);

  private CommandFacts() {}

  /** The facts by the command's full name. */
  public static Map<String, String> redis72() {
    Map<String, String> facts = new TreeMap<>();
    try (InputStream in = CommandFacts.class.getResourceAsStream("/commands/redis-7.2.txt")) {
      if (in == null) {
        throw new IllegalStateException("the facts are not among the test's resources");
      }
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .forEach(line -> facts.put(line.substring(0, line.indexOf(' ')), line));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (facts.size() < 300) {
      throw new IllegalStateException("only " + facts.size() + " facts were read");
    }
    return facts;
  }

  /** Where a table tells something else than Redis does, or of what Redis does not have. */
  public static List<String> differences(CommandTable table) {
    Map<String, String> facts = redis72();
    List<String> differences = new ArrayList<>();
    for (Command command : table.all()) {
      String expected = facts.get(command.fullName());
      String ours = line(command);
      if (expected == null) {
        if (!command.since().equals(NEWER)) {
          differences.add("Redis 7.2 has no command " + command.fullName());
        }
      } else if (!expected.equals(ours)) {
        differences.add("%nRedis: %s%nours:  %s".formatted(expected, ours));
      }
    }
    return differences;
  }

  private static String line(Command command) {
    String line =
        String.join(
            " | ",
            command.fullName(),
            command.group(),
            command.since(),
            String.valueOf(command.arity()),
            command.flags().stream()
                .filter(flag -> flag != OURS.get(command.fullName()))
                .map(Flag::redisName)
                .sorted()
                .collect(Collectors.joining(",")),
            Arrays.stream(command.legacyKeyRange())
                .mapToObj(String::valueOf)
                .collect(Collectors.joining(",")),
            command.categories().stream()
                .map(AclCategory::redisName)
                .sorted()
                .collect(Collectors.joining(",")),
            String.join(",", command.tips()),
            command.keySpecs().stream().map(CommandFacts::spec).collect(Collectors.joining("; ")));
    return line.stripTrailing();
  }

  private static String spec(KeySpec spec) {
    String begin =
        switch (spec.begin()) {
          case KeySpec.Begin.Index index -> "index:" + index.place();
          case KeySpec.Begin.Keyword keyword -> "keyword:" + keyword.word() + ":" + keyword.from();
          case KeySpec.Begin.Unknown unknown -> "unknown";
        };
    String find =
        switch (spec.find()) {
          case KeySpec.Find.Range range ->
              "range:" + range.last() + ":" + range.step() + ":" + range.limit();
          case KeySpec.Find.Number number ->
              "keynum:" + number.count() + ":" + number.first() + ":" + number.step();
          case KeySpec.Find.Unknown unknown -> "unknown";
        };
    return begin
        + " "
        + find
        + " "
        + spec.flags().stream()
            .map(CommandFacts::redisName)
            .sorted()
            .collect(Collectors.joining(","));
  }

  /** Redis writes RW, RO, OW and RM in capitals. */
  private static String redisName(KeySpec.KeyFlag flag) {
    return flag.name().length() == 2 ? flag.name() : flag.name().toLowerCase(Locale.ROOT);
  }
}
