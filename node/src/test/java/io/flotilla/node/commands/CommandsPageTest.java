package io.flotilla.node.commands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.session.RespClient;
import io.flotilla.node.session.TestNode;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.CommandFacts;
import io.flotilla.statemachine.commands.Families;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Who moves an application here reads the page of commands, so it must be true and whole. */
final class CommandsPageTest {
  private static final Path PAGE = Path.of("..", "docs", "reference", "commands.md");
  private static final Path NOTES = Path.of("..", "docs", "reference", "commands-notes.txt");
  private static final CommandTable TABLE = NodeCommands.table(Families.ALL);

  private static String page() throws IOException {
    try (TestNode node = TestNode.leading(1);
        RespClient client = node.connect()) {
      return new CommandsPage(TABLE, Files.readAllLines(NOTES), client::call).markdown();
    }
  }

  /** Run with -Dreference.write=true to write the page anew. */
  @Test
  void thePageIsTrue() throws IOException {
    if (Boolean.getBoolean("reference.write")) {
      Files.writeString(PAGE, page(), StandardCharsets.UTF_8);
    }
    assertThat(Files.readString(PAGE)).isEqualTo(page());
  }

  @Test
  void everyCommandHasOneRow() throws IOException {
    String page = page();
    for (String name : CommandFacts.redis72().keySet()) {
      String row = "\n| " + name.toUpperCase(Locale.ROOT).replace('|', ' ') + " | ";
      boolean isContainer =
          CommandFacts.redis72().keySet().stream().anyMatch(each -> each.startsWith(name + "|"));
      int rows = page.split(java.util.regex.Pattern.quote(row), -1).length - 1;
      assertThat(rows).as(name).isEqualTo(isContainer && !name.equals("command") ? 0 : 1);
    }
    assertThat(page).contains("\n| HEXPIRE | ");
  }

  @Test
  void aNoteOnWhatIsNotThereIsNotTaken() {
    List<String> unknown = List.of("nosuch | differs | somehow");
    assertThatThrownBy(() -> new CommandsPage(TABLE, unknown, line -> ""))
        .hasMessageContaining("nosuch");
    List<String> twice = List.of("get | differs | somehow", "get, set | differs | so");
    assertThatThrownBy(() -> new CommandsPage(TABLE, twice, line -> ""))
        .hasMessageContaining("two notes on get");
    List<String> silent = List.of("get | differs | ");
    assertThatThrownBy(() -> new CommandsPage(TABLE, silent, line -> ""))
        .hasMessageContaining("says nothing");
  }
}
