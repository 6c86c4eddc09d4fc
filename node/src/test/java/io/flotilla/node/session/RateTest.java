package io.flotilla.node.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Why: a rate that is off, or that jumps when counters are reset, wakes somebody for nothing. */
class RateTest {
  private final Rate rate = new Rate();
  private long nanos = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(2); // it may wrap, as nanoTime may

  private void tell(long count) {
    rate.tell(count, nanos);
    nanos += TimeUnit.SECONDS.toNanos(1);
  }

  @Test
  void isNothingBeforeTheSecondLook() {
    assertThat(rate.perSecond()).isZero();
    tell(1000);
    assertThat(rate.perSecond()).isZero();
  }

  @Test
  void isOfTheLastThreeSeconds() {
    tell(0);
    tell(100);
    assertThat(rate.perSecond()).isEqualTo(100);
    tell(500);
    tell(600);
    assertThat(rate.perSecond()).isEqualTo(200);
    tell(600);
    tell(600);
    assertThat(rate.perSecond()).isEqualTo(33);
    tell(600);
    assertThat(rate.perSecond()).isZero();
  }

  @Test
  void beginsAnewWithItsCount() {
    tell(5000);
    tell(6000);
    tell(10);
    assertThat(rate.perSecond()).isZero();
    tell(60);
    assertThat(rate.perSecond()).isEqualTo(50);
  }
}
