package io.flotilla.statemachine.transcripts;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.Command.Body;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Why: a command that is in the table and in no transcript answers something that nobody has ever
 * compared with a real Redis. A new row therefore fails here until a transcript calls it.
 */
final class ExercisedCommandsTest {
  private static final Path TRANSCRIPTS = Path.of("src/test/resources/transcripts");

  /**
   * Commands that no transcript can call, each with the reason. What the node answers, MULTI and
   * EXEC among it, is held by its own {@code ExercisedNodeCommandsTest}.
   */
  private static final Map<String, String> ELSEWHERE =
      Map.of("watch", "what a machine answers is for the session, which tells OK: SessionTest");

  @Test
  void everyDataCommandIsInATranscript() throws IOException {
    CommandTable table = new CommandTable(Families.ALL);
    Set<String> called = new TreeSet<>();
    try (Stream<Path> files = Files.walk(TRANSCRIPTS)) {
      files
          .filter(file -> file.toString().endsWith(".txt"))
          .flatMap(file -> Transcript.read(file).commandLines().stream())
          .map(table::find)
          .filter(command -> command != null)
          .forEach(command -> called.add(command.fullName()));
    }
    Set<String> uncalled = new TreeSet<>();
    for (Command command : table.all()) {
      boolean isOfTheMachine =
          !(command.body() instanceof Body.Node || command.body() instanceof Body.Container);
      if (isOfTheMachine && !called.contains(command.fullName())) {
        uncalled.add(command.fullName());
      }
    }

    assertThat(uncalled)
        .as("data commands in no transcript, but for those that are named here with a reason")
        .containsExactlyInAnyOrderElementsOf(ELSEWHERE.keySet());
  }
}
