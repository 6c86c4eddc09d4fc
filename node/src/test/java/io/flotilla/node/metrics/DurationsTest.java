package io.flotilla.node.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where a duration is counted, and what Prometheus is told of it. */
final class DurationsTest {
  @Test
  void aDurationIsCountedInTheFirstBucketThatIsLongEnough() {
    for (int i = 0; i < Durations.BUCKETS - 1; i++) {
      long upper = Durations.upperNanos(i);
      assertThat(Durations.bucket(upper)).as("%s ns", upper).isEqualTo(i);
      assertThat(Durations.bucket(upper + 1)).as("%s ns", upper + 1).isEqualTo(i + 1);
    }
    assertThat(Durations.bucket(0)).isZero();
    assertThat(Durations.bucket(Long.MAX_VALUE)).isEqualTo(Durations.BUCKETS - 1);
  }

  @Test
  void whatWasRecordedIsCountedSummedAndForgotten() {
    Durations durations = new Durations();
    durations.record(1_000);
    durations.record(2_000_000);
    durations.record(2_000_001);
    assertThat(durations.count()).isEqualTo(3);
    assertThat(durations.sumNanos()).isEqualTo(4_001_001);
    assertThat(durations.count(0)).isEqualTo(1);
    assertThat(durations.count(Durations.bucket(2_000_000))).isEqualTo(2);
    durations.reset();
    assertThat(durations.count()).isZero();
    assertThat(durations.sumNanos()).isZero();
  }

  @Test
  void theMetricsPageShowsThemAsOneHistogramPerLabel() {
    try (NodeMetrics metrics = new NodeMetrics()) {
      Durations gets = new Durations();
      Durations sets = new Durations();
      Durations more = new Durations();
      metrics.durations(
          "flotilla_test_seconds",
          "Seconds of tests.",
          "family",
          Map.of("read", List.of(gets), "write", List.of(sets, more)));
      gets.record(1_000_000);
      sets.record(3_000_000);
      more.record(5_000_000_000L);
      String page = metrics.scrape();
      assertThat(page)
          .contains("# TYPE flotilla_test_seconds histogram")
          .contains("flotilla_test_seconds_count{family=\"read\"} 1")
          .contains("flotilla_test_seconds_count{family=\"write\"} 2")
          .contains("flotilla_test_seconds_sum{family=\"write\"} 5.003")
          .contains("flotilla_test_seconds_bucket{family=\"write\",le=\"0.004194304\"} 1")
          .contains("flotilla_test_seconds_bucket{family=\"write\",le=\"+Inf\"} 2");
    }
  }
}
