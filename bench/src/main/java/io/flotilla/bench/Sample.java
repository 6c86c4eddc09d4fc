package io.flotilla.bench;

import java.util.Comparator;
import java.util.List;

/**
 * One measurement.
 *
 * @param perSecond commands per second
 * @param p50Millis median latency, of a command or of its pipeline
 * @param p99Millis its 99th percentile
 * @param maxMillis its worst
 * @param stolenPercent how much of the machine's processor time others had meanwhile
 */
record Sample(
    double perSecond, double p50Millis, double p99Millis, double maxMillis, double stolenPercent) {
  /** One whose machine is not known to have been disturbed. */
  Sample(double perSecond, double p50Millis, double p99Millis, double maxMillis) {
    this(perSecond, p50Millis, p99Millis, maxMillis, 0);
  }

  /** The same, measured while others had so much of the machine. */
  Sample whileStolen(double percent) {
    return new Sample(perSecond, p50Millis, p99Millis, maxMillis, percent);
  }

  /** The median by rate: one real measurement, not a mixture. Of an even number the lower one. */
  static Sample median(List<Sample> samples) {
    return samples.stream()
        .sorted(Comparator.comparingDouble(Sample::perSecond))
        .skip((samples.size() - 1) / 2)
        .findFirst()
        .orElseThrow(() -> new BenchException("nothing was measured"));
  }
}
