package io.flotilla.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What redis-benchmark prints is read column by column, and errors are no figures. */
final class RedisBenchmarkTest {
  private static final String OUTPUT =
      """
      "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
      "SET","55555.56","2.868","0.088","1.023","10.767","10.935","10.991"
      """;

  @Test
  void aLineOfCsvIsASample() {
    assertThat(RedisBenchmark.parse("SET", OUTPUT))
        .isEqualTo(new Sample(55_555.56, 1.023, 10.935, 10.991));
  }

  @Test
  void anErrorOfTheServerIsNoFigure() {
    assertThatThrownBy(
            () -> RedisBenchmark.parse("SET", "Error from server: MOVED 1 127.0.0.1:7\n" + OUTPUT))
        .hasMessageContaining("MOVED 1");
  }

  @Test
  void silenceIsNoFigure() {
    assertThatThrownBy(() -> RedisBenchmark.parse("GET", OUTPUT))
        .hasMessageContaining("said nothing of GET");
  }
}
