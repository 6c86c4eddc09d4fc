package io.flotilla.node.commands;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.Command.Body;
import io.flotilla.statemachine.commands.Families;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Why: as for the data's commands ({@code ExercisedCommandsTest}), a command of the node that no
 * test sends may answer anything.
 *
 * <p>The node's commands stand in no transcripts, as their replies are made of ids, ports and
 * clocks. So this looks into the tests' sources for a text that begins with the command, which is
 * how they send it: it shows that somebody has written the command down, not that it was judged.
 */
class ExercisedNodeCommandsTest {
  private static final Path TESTS = Path.of("src/test/java/io/flotilla/node");

  @Test
  void everyCommandOfTheNodeIsSentByATest() throws IOException {
    String tests;
    try (Stream<Path> files = Files.walk(TESTS)) {
      tests =
          files
              .filter(file -> file.toString().endsWith("Test.java"))
              .map(ExercisedNodeCommandsTest::read)
              .collect(Collectors.joining("\n"));
    }
    Set<String> unsent = new TreeSet<>();
    for (Command command : NodeCommands.table(Families.ALL).all()) {
      String words = command.fullName().replace('|', ' ').toUpperCase(Locale.ROOT);
      if (command.body() instanceof Body.Node
          && !Pattern.compile('"' + Pattern.quote(words) + "[ \"]").matcher(tests).find()) {
        unsent.add(words);
      }
    }

    assertThat(unsent).as("commands of the node that no test sends").isEmpty();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
