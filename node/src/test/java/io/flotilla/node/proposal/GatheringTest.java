package io.flotilla.node.proposal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * When a batch leaves: a lone client must never pay for company, and a crowd that waits for its
 * replies must come to travel together.
 */
final class GatheringTest {
  private static final long LINGER = 500;

  private long now = 1_000_000;
  private final Gathering gathering = new Gathering(LINGER, now);

  private static List<Gathering.Mark> crowd(int size) {
    List<Gathering.Mark> crowd = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      crowd.add(new Gathering.Mark());
    }
    return crowd;
  }

  private void travel(List<Gathering.Mark> who) {
    who.forEach(gathering::join);
    gathering.answered(gathering.left(), now);
  }

  @Test
  void aLoneConnectionNeverWaits() {
    List<Gathering.Mark> one = crowd(1);
    for (int i = 0; i < 10; i++) {
      gathering.join(one.getFirst());
      assertThat(gathering.waitNanos(now)).isLessThanOrEqualTo(0);
      travel(one);
      now += 10;
    }
  }

  @Test
  void aCrowdLeavesAsSoonAsAllAreThere() {
    List<Gathering.Mark> fifty = crowd(50);
    travel(fifty);
    now += 100;
    fifty.subList(0, 49).forEach(gathering::join);
    assertThat(gathering.waitNanos(now)).isEqualTo(LINGER - 100);
    gathering.join(fifty.get(49));
    assertThat(gathering.waitNanos(now)).isLessThanOrEqualTo(0);
  }

  @Test
  void whoSendsManyCommandsIsStillOne() {
    List<Gathering.Mark> two = crowd(2);
    travel(two);
    for (int i = 0; i < 100; i++) {
      gathering.join(two.getFirst());
    }
    assertThat(gathering.waitNanos(now)).isPositive();
  }

  @Test
  void theLingerEndsAndIsNotPaidAgainForThoseWhoDidNotCome() {
    List<Gathering.Mark> fifty = crowd(50);
    travel(fifty);
    List<Gathering.Mark> stayed = fifty.subList(0, 30);
    stayed.forEach(gathering::join);
    now += LINGER;
    assertThat(gathering.waitNanos(now)).isLessThanOrEqualTo(0);
    travel(stayed);
    stayed.forEach(gathering::join);
    assertThat(gathering.waitNanos(now)).isLessThanOrEqualTo(0);
  }

  @Test
  void oneCommandAtATimeRoundAPoolOfConnectionsNeverWaits() {
    for (Gathering.Mark each : crowd(10)) {
      gathering.join(each);
      assertThat(gathering.waitNanos(now)).isLessThanOrEqualTo(0);
      gathering.answered(gathering.left(), now);
    }
  }

  @Test
  void aLoneConnectionThatDoesNotAwaitItsRepliesNeverWaits() {
    Gathering.Mark one = new Gathering.Mark();
    gathering.join(one);
    int underWay = gathering.left();
    for (int i = 0; i < 10; i++) {
      gathering.join(one);
      gathering.answered(underWay, now);
      assertThat(gathering.waitNanos(now)).isLessThanOrEqualTo(0);
      underWay = gathering.left();
    }
  }

  @Test
  void afterAPauseNobodyLingers() {
    List<Gathering.Mark> fifty = crowd(50);
    travel(fifty);
    now += 10 * LINGER;
    gathering.join(fifty.getFirst());
    assertThat(gathering.waitNanos(now)).isLessThanOrEqualTo(0);
  }

  @Test
  void twoHalvesThatTakeTurnsComeTogether() {
    List<Gathering.Mark> all = crowd(50);
    all.subList(0, 25).forEach(gathering::join);
    int first = gathering.left();
    all.subList(25, 50).forEach(gathering::join);
    gathering.answered(first, now);
    assertThat(gathering.waitNanos(now)).as("the other half is waited for").isPositive();
    all.subList(0, 25).forEach(gathering::join);
    assertThat(gathering.waitNanos(now)).isLessThanOrEqualTo(0);
  }

  /**
   * Seen on two cores: writing fifty replies took longer than the linger, so that every second
   * batch left with one command in it and all others waited for a round that was of no use to them.
   */
  @Test
  void aCrowdThatIsStillBeingServedOrKeepsComingIsWaitedFor() {
    List<Gathering.Mark> fifty = crowd(50);
    travel(fifty);
    now += 2 * LINGER;
    gathering.stirred(now); // the replies are written
    gathering.join(fifty.getFirst());
    assertThat(gathering.waitNanos(now)).isPositive();
    for (Gathering.Mark each : fifty.subList(1, 49)) {
      now += LINGER / 25;
      gathering.join(each);
      gathering.stirred(now);
      assertThat(gathering.waitNanos(now)).isPositive();
    }
    gathering.join(fifty.getLast());
    assertThat(gathering.waitNanos(now)).isLessThanOrEqualTo(0);
  }

  @Test
  void theFewerAreMissingTheSoonerTheyAreLeftBehind() {
    List<Gathering.Mark> fifty = crowd(50);
    travel(fifty);
    now += LINGER;
    fifty.subList(0, 10).forEach(gathering::join);
    gathering.stirred(now);
    long manyMissing = gathering.waitNanos(now);
    fifty.subList(10, 48).forEach(gathering::join);
    assertThat(gathering.waitNanos(now)).isPositive().isLessThan(manyMissing);
  }

  @Test
  void nobodyIsWaitedForWithoutEnd() {
    List<Gathering.Mark> two = crowd(2);
    travel(two);
    gathering.join(two.getFirst());
    long waited = 0;
    while (gathering.waitNanos(now) > 0) {
      now += LINGER / 10;
      waited += LINGER / 10;
      gathering.stirred(now);
      assertThat(waited).isLessThan(20 * LINGER);
    }
  }
}
