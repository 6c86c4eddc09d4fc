package io.flotilla.node.commands;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.session.TestNode;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.CommandFacts;
import io.flotilla.statemachine.commands.Families;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The whole table, as clients are told of it, against the facts of Redis 7.2. The families of the
 * data are held to them where they are; what the node answers itself is, here.
 */
final class CommandTableTest {
  private static final CommandTable TABLE = NodeCommands.table(Families.ALL);

  @Test
  void everyCommandIsAsRedisTellsOfIt() {
    assertThat(TABLE.all()).hasSizeGreaterThan(280);
    assertThat(CommandFacts.differences(TABLE)).isEmpty();
  }

  @Test
  void everyCommandSaysWhatItDoesAndWhatItCosts() {
    List<String> silent = new ArrayList<>();
    for (Command command : TABLE.all()) {
      if (!command.summary().endsWith(".") || command.complexity().isEmpty()) {
        silent.add(command.fullName());
      }
    }
    assertThat(silent).isEmpty();
  }

  /** A command of Redis is in the table, or is refused in words that say why. */
  @Test
  void whatIsNotInTheTableIsRefusedInClearWords() {
    List<String> unclear = new ArrayList<>();
    try (TestNode node = TestNode.leading(1);
        var client = node.connect()) {
      for (String name : CommandFacts.redis72().keySet()) {
        if (TABLE.all().stream().noneMatch(command -> command.fullName().equals(name))) {
          String reply = client.call(name.replace('|', ' '));
          if (!reply.contains("makes no sense on Flotilla: ")
              && !reply.contains("this version of Flotilla does not have ")) {
            unclear.add(name + " -> " + reply);
          }
        }
      }
    }
    assertThat(unclear).isEmpty();
  }
}
