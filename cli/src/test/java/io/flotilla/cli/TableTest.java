package io.flotilla.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** A table is for eyes: aligned, never wrapped, and coloured only where colours are seen. */
final class TableTest {
  private static Table table() {
    return new Table()
        .column("NAME", 0)
        .number("KEYS", 1)
        .column("ADDRESS", 2)
        .row("n1", 7, "127.0.0.1:7000")
        .row(new Table.Cell("node-two", Style.GOOD), 123456, "-");
  }

  @Test
  void columnsAreAsWideAsTheirWidestCellAndNumbersStandToTheRight() {
    assertThat(table().render(Terminal.PLAIN))
        .isEqualTo(
            """
            NAME        KEYS  ADDRESS
            n1             7  127.0.0.1:7000
            node-two  123456  -
            """);
  }

  @Test
  void aNarrowTerminalLosesTheLeastImportantColumnsAndSaysWhich() {
    assertThat(table().render(new Terminal(false, 20)))
        .isEqualTo(
            """
            NAME        KEYS
            n1             7
            node-two  123456
            (too narrow for: ADDRESS)
            """);
  }

  @Test
  void theNamingColumnStaysHoweverNarrowTheTerminalIs() {
    assertThat(table().render(new Terminal(false, 3)))
        .isEqualTo(
            """
            NAME
            n1
            node-two
            (too narrow for: KEYS, ADDRESS)
            """);
  }

  @Test
  void coloursDoNotShiftColumns() {
    String coloured = table().render(new Terminal(true, 0));
    assertThat(coloured).contains("\u001b[32mnode-two\u001b[0m  123456");
    assertThat(coloured.replaceAll("\u001b\\[\\d+m", "")).isEqualTo(table().render(Terminal.PLAIN));
  }

  @Test
  void aRowWithAnotherNumberOfCellsIsOurMistake() {
    assertThatThrownBy(() -> new Table().column("A", 0).row("x", "y"))
        .hasMessageContaining("2 cells in a table of 1 columns");
  }
}
