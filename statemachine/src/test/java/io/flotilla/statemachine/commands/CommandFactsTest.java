package io.flotilla.statemachine.commands;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.command.Flag;
import io.flotilla.statemachine.command.KeySpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/**
 * The table against the facts of Redis 7.2: clients route by arity, flags and key specifications,
 * and rules of access are written by categories, so a wrong word here sends a command to the wrong
 * node or lets the wrong user run it.
 */
class CommandFactsTest {
  private static final Path FACTS = Path.of("src/test/resources/commands/redis-7.2.txt");
  private static final CommandTable TABLE = new CommandTable(Families.ALL);

  /** Newer than the facts: hash fields with deadlines are of Redis 7.4. */
  private static final String NEWER = "7.4.0";

  @Test
  void everyCommandIsAsRedisTellsOfIt() throws IOException {
    Map<String, String> facts = facts();
    List<String> differences = new ArrayList<>();
    for (Command command : TABLE.all()) {
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
    assertThat(differences).isEmpty();
  }

  /** Information, not a judgement: what is not there yet, or answered by the node. */
  @Test
  void commandsThatNoShardAnswersAreTold(TestReporter reporter) throws IOException {
    Map<String, Set<String>> missing = new TreeMap<>();
    Set<String> ours = TABLE.all().stream().map(Command::fullName).collect(Collectors.toSet());
    facts()
        .forEach((name, fact) -> {
          if (!ours.contains(name)) {
            missing
                .computeIfAbsent(fact.split(" [|] ?", -1)[1], group -> new TreeSet<>())
                .add(name);
          }
        });
    missing.forEach((group, names) -> reporter.publishEntry(group, String.join(" ", names)));
    assertThat(ours).hasSizeGreaterThan(50);
  }

  @Test
  void everyCommandSaysWhatItDoesAndWhatItCosts() {
    for (Command command : TABLE.all()) {
      assertThat(command.summary()).as(command.fullName()).endsWith(".");
      assertThat(command.complexity()).as(command.fullName()).isNotEmpty();
    }
  }

  private static Map<String, String> facts() throws IOException {
    Map<String, String> facts = new TreeMap<>();
    for (String line : Files.readAllLines(FACTS)) {
      if (!line.startsWith("#")) {
        facts.put(line.substring(0, line.indexOf(' ')), line);
      }
    }
    assertThat(facts).hasSizeGreaterThan(300);
    return facts;
  }

  /**
   * A command in the notation of the facts. Our WATCH has the flag no_multi besides, by which the
   * session refuses it within MULTI; Redis does so by its name.
   */
  private static String line(Command command) {
    String line =
        String.join(
            " | ",
            command.fullName(),
            command.group(),
            command.since(),
            String.valueOf(command.arity()),
            command.flags().stream()
                .filter(flag -> !(flag == Flag.NO_MULTI && command.fullName().equals("watch")))
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
            command.keySpecs().stream()
                .map(CommandFactsTest::spec)
                .collect(Collectors.joining("; ")));
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
            .map(CommandFactsTest::redisName)
            .sorted()
            .collect(Collectors.joining(","));
  }

  /** Redis writes RW, RO, OW and RM in capitals. */
  private static String redisName(KeySpec.KeyFlag flag) {
    return flag.name().length() == 2 ? flag.name() : flag.name().toLowerCase(Locale.ROOT);
  }
}
