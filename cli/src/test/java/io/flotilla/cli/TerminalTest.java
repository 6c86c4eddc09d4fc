package io.flotilla.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Colours and width are taken from what the terminal and the user say. */
final class TerminalTest {
  @Test
  void sttySaysRowsThenColumns() {
    assertThat(Terminal.of(Map.of("TERM", "xterm"), "24 132\n")).isEqualTo(new Terminal(true, 132));
  }

  @Test
  void noColorIsRespectedUnlessItIsEmpty() {
    assertThat(Terminal.of(Map.of("NO_COLOR", "1"), "24 80").colours()).isFalse();
    assertThat(Terminal.of(Map.of("NO_COLOR", ""), "24 80").colours()).isTrue();
  }

  @Test
  void aDumbTerminalHasNoColours() {
    assertThat(Terminal.of(Map.of("TERM", "dumb"), "24 80").colours()).isFalse();
  }

  @Test
  void columnsOfTheUserComeFirstAndAnUnknownWidthIsAnyWidth() {
    assertThat(Terminal.of(Map.of("COLUMNS", "60"), "24 80").width()).isEqualTo(60);
    assertThat(Terminal.of(Map.of(), "").width()).isZero();
    assertThat(Terminal.of(Map.of("COLUMNS", "many"), "24 80").width()).isEqualTo(80);
  }
}
