package io.flotilla.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Durations as people write and read them. */
final class DurationTextTest {
  @ParameterizedTest
  @CsvSource({"500ms,PT0.5S", "10s,PT10S", "10,PT10S", "2m,PT2M", "1H,PT1H"})
  void isReadWithItsUnitAndInSecondsWithout(String text, Duration expected) {
    assertThat(DurationText.parse(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "s", "-1s", "1.5s", "1d", "0", "0ms", "9999999999s"})
  void refusesWhatIsNone(String text) {
    assertThatThrownBy(() -> DurationText.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"" + text + "\"");
  }

  @Test
  void isShownInTwoUnits() {
    assertThat(DurationText.ofSeconds(7)).isEqualTo("7s");
    assertThat(DurationText.ofSeconds(67)).isEqualTo("1m 7s");
    assertThat(DurationText.ofSeconds(3_600 + 120)).isEqualTo("1h 2m");
    assertThat(DurationText.ofSeconds(93_784)).isEqualTo("1d 2h");
  }
}
