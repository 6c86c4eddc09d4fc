package io.flotilla.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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

  /** Run by the test below, on a terminal. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] args) {
      System.out.println("detected " + Terminal.detect(Map.of("TERM", "xterm")));
    }
  }

  /** The width was asked of the wrong end, so no terminal had one, and no bar was ever drawn. */
  @Test
  void aRealTerminalIsAskedForItsWidth() throws Exception {
    Path script = Path.of("/usr/bin/script");
    assumeTrue(Files.isExecutable(script), "there is no script(1), which makes a terminal");
    Process terminal =
        new ProcessBuilder(
                script.toString(),
                "-qec",
                "stty cols 97; '%s' -XX:TieredStopAtLevel=1 -cp '%s' '%s'"
                    .formatted(
                        Path.of(System.getProperty("java.home"), "bin", "java"),
                        System.getProperty("java.class.path"),
                        Probe.class.getName()),
                "/dev/null")
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectErrorStream(true)
            .start();
    String said = new String(terminal.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(said).contains("detected " + new Terminal(true, 97));
    assertThat(terminal.waitFor()).isZero();
  }
}
