package io.flotilla.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A median is one of the measurements, the lower of two in the middle. */
final class SampleTest {
  private static Sample at(double rate) {
    return new Sample(rate, 1, 2, 3);
  }

  @Test
  void medianOfOddAndEvenNumbers() {
    assertThat(Sample.median(List.of(at(3), at(1), at(2)))).isEqualTo(at(2));
    assertThat(Sample.median(List.of(at(4), at(1), at(3), at(2)))).isEqualTo(at(2));
    assertThat(Report.median(List.of(0.3, 0.1, 0.2))).isEqualTo(0.2);
    assertThatThrownBy(() -> Sample.median(List.of())).isInstanceOf(BenchException.class);
  }

  @Test
  void slotsAreThoseOfRedis() {
    assertThat(Slots.of("foo")).isEqualTo(12_182);
    assertThat(Slots.of(FailoverBenchmark.keyOfSlot(5_460))).isEqualTo(5_460);
  }
}
