package io.flotilla.statemachine.commands;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import org.junit.jupiter.api.Test;

/**
 * The table against the facts of Redis 7.2: clients route by arity, flags and key specifications,
 * and rules of access are written by categories, so a wrong word here sends a command to the wrong
 * node or lets the wrong user run it. What the node answers itself is held to the same by a test of
 * the node.
 */
class CommandFactsTest {
  private static final CommandTable TABLE = new CommandTable(Families.ALL);

  @Test
  void everyCommandIsAsRedisTellsOfIt() {
    assertThat(TABLE.all()).hasSizeGreaterThan(150);
    assertThat(CommandFacts.differences(TABLE)).isEmpty();
  }

  @Test
  void everyCommandSaysWhatItDoesAndWhatItCosts() {
    for (Command command : TABLE.all()) {
      assertThat(command.summary()).as(command.fullName()).endsWith(".");
      assertThat(command.complexity()).as(command.fullName()).isNotEmpty();
    }
  }
}
