package io.flotilla.node.proposal;

import java.util.function.LongSupplier;

/**
 * The time that a leader stamps on its entries (ARCHITECTURE §2, Time).
 *
 * <p>All expiry of a shard follows the stamps of its entries, so the stamps must neither run
 * backwards (a key seen as gone would come back) nor leap (keys would be gone too soon). At
 * election the clock starts at the later of machine time and wall clock; from then on it advances
 * with {@code nanoTime}, a tenth faster or slower while it is apart from the wall clock, so an
 * operator's correction of the wall clock is followed, but never in a leap and never by standing
 * still. Rejected: following the wall clock with a floor at machine time, which stands still for an
 * hour when somebody sets the clock back by one.
 *
 * <p>Invariant: between two elections the answers of {@link #nowMillis} never decrease, and while
 * {@code nanoTime} advances by n they advance by at least 9n/10 and at most 11n/10.
 *
 * <p>Any thread. Sources of time are given, so tests advance them.
 */
final class LeaderClock {
  /** The clock runs at most one part in this many faster or slower than {@code nanoTime}. */
  static final long SLEW = 10;

  /**
   * How far apart stamps and wall clock may be before somebody is told: well above what NTP leaves
   * behind, well below what a user would notice in a TTL of a minute.
   */
  static final long ALARM_APART_MILLIS = 5_000;

  private static final long NANOS_PER_MILLI = 1_000_000;

  /** Caps the arithmetic, in nanoseconds, far from overflow: thirty years. */
  private static final long MOST_APART_MILLIS = 1_000_000_000_000L;

  /** Hears of clocks that an operator should look at; called under the clock's lock, so brief. */
  interface Alarm {
    /**
     * Leader time and wall clock are apart by more than the bound.
     *
     * @param aheadMillis leader time minus wall clock
     */
    void apart(long aheadMillis);
  }

  private final LongSupplier nanoTime;
  private final LongSupplier wallMillis;
  private final Alarm alarm;

  private long millis;
  private long nanosOfMilli;
  private long lastNanos;
  private boolean alarmed;

  LeaderClock(LongSupplier nanoTime, LongSupplier wallMillis, Alarm alarm) {
    this.nanoTime = nanoTime;
    this.wallMillis = wallMillis;
    this.alarm = alarm;
    this.lastNanos = nanoTime.getAsLong();
    this.millis = wallMillis.getAsLong();
  }

  /** Starts a term: from now on time is at least machine time. */
  synchronized void elected(long machineTimeMillis) {
    long wall = wallMillis.getAsLong();
    lastNanos = nanoTime.getAsLong();
    millis = Math.max(machineTimeMillis, wall);
    nanosOfMilli = 0;
    alarmed = false;
    watch(wall);
  }

  /** Leader time, in milliseconds since the epoch. Of use only while this replica leads. */
  synchronized long nowMillis() {
    long nanos = nanoTime.getAsLong();
    long wall = wallMillis.getAsLong();
    long elapsed = Math.max(0, nanos - lastNanos);
    lastNanos = nanos;
    long mostSlew = elapsed / SLEW;
    long apartMillis = Math.clamp(wall - millis, -MOST_APART_MILLIS, MOST_APART_MILLIS);
    long behindNanos = apartMillis * NANOS_PER_MILLI - nanosOfMilli - elapsed;
    nanosOfMilli += elapsed + Math.clamp(behindNanos, -mostSlew, mostSlew);
    millis += nanosOfMilli / NANOS_PER_MILLI;
    nanosOfMilli %= NANOS_PER_MILLI;
    watch(wall);
    return millis;
  }

  /** Tells once when time and wall clock go apart, and again only after they have met. */
  private void watch(long wall) {
    long ahead = millis - wall;
    if (Math.abs(ahead) <= ALARM_APART_MILLIS) {
      alarmed = false;
    } else if (!alarmed) {
      alarmed = true;
      alarm.apart(ahead);
    }
  }
}
