package io.flotilla.node.proposal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Stamps must neither run back, nor stand still, nor leap, whatever the wall clock does. */
final class LeaderClockTest {
  private static final long MILLI = 1_000_000;

  private long nanos = 77;
  private long wall = 1_000_000;
  private final List<Long> alarms = new ArrayList<>();
  private final LeaderClock clock = new LeaderClock(() -> nanos, () -> wall, alarms::add);

  private void pass(long millis) {
    nanos += millis * MILLI;
    wall += millis;
  }

  @Test
  void startsAtTheWallClockIfMachineTimeIsEarlier() {
    clock.elected(500_000);
    assertThat(clock.nowMillis()).isEqualTo(1_000_000);
    pass(250);
    assertThat(clock.nowMillis()).isEqualTo(1_000_250);
    assertThat(alarms).isEmpty();
  }

  @Test
  void startsAtMachineTimeIfTheWallClockIsEarlier() {
    clock.elected(1_000_900);
    assertThat(clock.nowMillis()).isEqualTo(1_000_900);
    pass(1000);
    assertThat(clock.nowMillis()).as("a tenth slower than the wall clock").isEqualTo(1_001_800);
    for (int i = 0; i < 20; i++) {
      pass(1000);
      clock.nowMillis();
    }
    assertThat(clock.nowMillis()).as("both have met").isEqualTo(wall);
  }

  @Test
  void aWallClockThatLeapsForwardIsFollowedByATenthAndAlarmedOnce() {
    clock.elected(0);
    wall += 3_600_000;
    pass(10_000);
    assertThat(clock.nowMillis()).isEqualTo(1_011_000);
    pass(10_000);
    assertThat(clock.nowMillis()).isEqualTo(1_022_000);
    assertThat(alarms).hasSize(1).allMatch(ahead -> ahead < -3_500_000);
  }

  @Test
  void aWallClockThatIsSetBackDoesNotStopTime() {
    clock.elected(0);
    wall -= 3_600_000;
    pass(10_000);
    assertThat(clock.nowMillis()).isEqualTo(1_009_000);
    assertThat(alarms).hasSize(1).allMatch(ahead -> ahead > 3_500_000);
  }

  @Test
  void machineTimeFarAheadOfTheWallClockIsAlarmedAtElection() {
    clock.elected(1_000_000 + LeaderClock.ALARM_APART_MILLIS + 1);
    assertThat(alarms).containsExactly(LeaderClock.ALARM_APART_MILLIS + 1);
  }

  @Property(tries = 300)
  void advancesBetweenNineAndElevenTenthsOfNanoTime(
      @ForAll @Size(min = 1, max = 60) List<@LongRange(min = 0, max = 3_000_000_000L) Long> steps,
      @ForAll @LongRange(min = -10_000_000, max = 10_000_000) long wallJump) {
    clock.elected(0);
    long begin = clock.nowMillis();
    long beginNanos = nanos;
    long last = begin;
    wall += wallJump;
    for (long step : steps) {
      nanos += step;
      long now = clock.nowMillis();
      assertThat(now).isGreaterThanOrEqualTo(last);
      last = now;
    }
    long elapsed = nanos - beginNanos;
    assertThat((last - begin + 1) * MILLI).isGreaterThanOrEqualTo(elapsed - elapsed / 10);
    assertThat((last - begin - 1) * MILLI).isLessThanOrEqualTo(elapsed + elapsed / 10);
  }
}
