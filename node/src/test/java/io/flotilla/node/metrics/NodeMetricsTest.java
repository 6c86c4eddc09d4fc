package io.flotilla.node.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/** A counter goes on counting when the collector has been by: the registry holds it weakly. */
final class NodeMetricsTest {
  @Test
  void aCounterSurvivesTheCollector() {
    try (NodeMetrics metrics = new NodeMetrics()) {
      LongAdder seen = new LongAdder();
      metrics.counter("flotilla.test.seen", "Things seen.", seen::sum);
      seen.add(3);
      WeakReference<Object> garbage = new WeakReference<>(new Object());
      for (int i = 0; i < 100 && garbage.get() != null; i++) {
        System.gc();
      }
      assertThat(metrics.scrape()).contains("flotilla_test_seen_total 3.0");
    }
  }
}
