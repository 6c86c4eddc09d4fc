package io.flotilla.node.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;

/**
 * The node's numbers for Prometheus.
 *
 * <p>Counters live where things happen, as plain adders; a scrape reads them. Only what needs a
 * distribution is recorded here. Names have dots in the code and underscores on the page, as
 * Micrometer does it.
 */
public final class NodeMetrics implements AutoCloseable {
  /**
   * What is counted: the registry itself holds it weakly, and would show 0 once it is collected.
   */
  private final Queue<LongSupplier> counted = new ConcurrentLinkedQueue<>();

  /** The first bucket of {@link Durations} that is shown by itself: up to 65 µs. */
  private static final int FIRST_SHOWN = 6;

  /**
   * The last one that is: up to 8.6 s. Finer or longer is not what anybody looks for on this page.
   */
  private static final int LAST_SHOWN = 23;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics gc = new JvmGcMetrics();

  public NodeMetrics() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    gc.bindTo(registry);
  }

  /** A number that goes up and down. */
  public void gauge(String name, String help, LongSupplier value, String... tags) {
    Gauge.builder(name, value, LongSupplier::getAsLong)
        .description(help)
        .tags(Tags.of(tags))
        .strongReference(true)
        .register(registry);
  }

  /** A number that only grows. */
  public void counter(String name, String help, LongSupplier value, String... tags) {
    counted.add(value);
    FunctionCounter.builder(name, value, LongSupplier::getAsLong)
        .description(help)
        .tags(Tags.of(tags))
        .register(registry);
  }

  /**
   * Histograms of seconds, one for each value of a label, each over several {@link Durations}.
   *
   * @param name in Prometheus' own notation, ending in {@code _seconds}
   */
  public void durations(
      String name, String help, String label, Map<String, List<Durations>> byLabel) {
    registry
        .getPrometheusRegistry()
        .register(() -> {
          HistogramSnapshot.Builder histogram = HistogramSnapshot.builder().name(name).help(help);
          byLabel.forEach((value, each) ->
              histogram.dataPoint(
                  HistogramSnapshot.HistogramDataPointSnapshot.builder()
                      .labels(Labels.of(label, value))
                      .classicHistogramBuckets(buckets(each))
                      .sum(each.stream().mapToLong(Durations::sumNanos).sum() / 1e9)
                      .build()));
          return histogram.build();
        });
  }

  private static ClassicHistogramBuckets buckets(List<Durations> all) {
    double[] bounds = new double[LAST_SHOWN - FIRST_SHOWN + 2];
    long[] counts = new long[bounds.length];
    for (int i = 0; i < Durations.BUCKETS; i++) {
      int at = Math.clamp(i - FIRST_SHOWN, 0, bounds.length - 1);
      bounds[at] = i > LAST_SHOWN ? Double.POSITIVE_INFINITY : Durations.upperNanos(i) / 1e9;
      for (Durations each : all) {
        counts[at] += each.count(i);
      }
    }
    return ClassicHistogramBuckets.of(bounds, counts);
  }

  /** All of them, as Prometheus reads them. */
  public String scrape() {
    return registry.scrape();
  }

  @Override
  public void close() {
    gc.close();
    registry.close();
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "metrics, %d meters", registry.getMeters().size());
  }
}
