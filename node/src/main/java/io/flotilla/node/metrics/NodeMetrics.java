package io.flotilla.node.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Locale;
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

  /**
   * Latencies from 100 µs to 10 s: finer than the target on one side, longer than any deadline's
   * typical value on the other.
   */
  private static final Duration[] BUCKETS = {
    Duration.ofNanos(100_000),
    Duration.ofNanos(250_000),
    Duration.ofNanos(500_000),
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10)
  };

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

  /** Durations, with a histogram. */
  public Timer timer(String name, String help, String... tags) {
    return Timer.builder(name)
        .description(help)
        .tags(Tags.of(tags))
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
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
