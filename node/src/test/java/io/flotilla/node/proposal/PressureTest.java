package io.flotilla.node.proposal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The tap closes above the high mark, opens below the low one, and refuses above the maximum. */
final class PressureTest {
  private final AtomicInteger relieved = new AtomicInteger();
  private final Pressure pressure = new Pressure(100, 200, 300, relieved::incrementAndGet);

  @Test
  void closesAboveTheHighMarkAndOpensAtTheLowOne() {
    assertThat(pressure.tryHold(200)).isTrue();
    assertThat(pressure.isPressed()).isFalse();
    assertThat(pressure.tryHold(1)).isTrue();
    assertThat(pressure.isPressed()).isTrue();
    pressure.release(100);
    assertThat(pressure.isPressed()).as("between the marks nothing changes").isTrue();
    pressure.release(1);
    assertThat(pressure.isPressed()).isFalse();
    assertThat(relieved).hasValue(1);
  }

  @Test
  void refusesAboveTheMaximumAndHoldsNothingOfIt() {
    assertThat(pressure.tryHold(250)).isTrue();
    assertThat(pressure.tryHold(51)).isFalse();
    assertThat(pressure.bytes()).isEqualTo(250);
    assertThat(pressure.tryHold(50)).isTrue();
  }

  @Test
  void isNeverLeftPressedWhenAllIsReleased() throws InterruptedException {
    int threads = 4;
    CountDownLatch done = new CountDownLatch(threads);
    for (int t = 0; t < threads; t++) {
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            for (int i = 0; i < 20_000; i++) {
              if (pressure.tryHold(70)) {
                pressure.release(70);
              }
            }
            done.countDown();
          });
    }
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(pressure.bytes()).isZero();
    assertThat(pressure.isPressed()).isFalse();
  }
}
