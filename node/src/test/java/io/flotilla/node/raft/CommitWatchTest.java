package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.metadata.NodeId;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/**
 * Why: by these times a leader is made to step down, and operators are told that a shard takes no
 * writes. A leader under load always has entries that wait; only that none is committed is a sign.
 */
final class CommitWatchTest {
  private final CommitWatch watch = new CommitWatch();

  private void at(long millis, long committed, long held, long last) {
    watch.look(committed, held, last, Duration.ofMillis(millis).toNanos());
  }

  private long waits(long millis) {
    return watch.waitsMillis(Duration.ofMillis(millis).toNanos());
  }

  private long withholds(long millis) {
    return watch.withholdsMillis(Duration.ofMillis(millis).toNanos());
  }

  @Test
  void nothingWaitsWhereAllIsCommitted() {
    at(0, 7, 7, 7);
    at(9_000, 7, 7, 7);
    assertThat(waits(9_000)).isZero();
    assertThat(withholds(9_000)).isZero();
  }

  @Test
  void aLeaderUnderLoadIsNeverLateThoughSomeEntryAlwaysWaits() {
    for (int i = 0; i < 100; i++) {
      at(100L * i, 10 + i, 11 + i, 12 + i);
      assertThat(waits(100L * i)).isZero();
      assertThat(withholds(100L * i)).isZero();
    }
  }

  @Test
  void withoutAMajorityEntriesWaitAndNothingIsWithheld() {
    at(0, 7, 7, 7);
    at(1_000, 7, 7, 8);
    at(4_000, 7, 7, 9);
    assertThat(waits(4_500)).as("since the first of them").isEqualTo(3_500);
    assertThat(withholds(4_500)).isZero();
    at(5_000, 9, 9, 10);
    assertThat(waits(5_100)).as("some were committed").isEqualTo(100);
  }

  @Test
  void whatAMajorityHoldsIsWithheldFromTheFirstLookOn() {
    at(0, 7, 7, 8);
    at(1_000, 7, 8, 8);
    at(3_100, 7, 8, 8);
    assertThat(withholds(3_100)).isEqualTo(2_100);
    assertThat(waits(3_100)).isEqualTo(3_100);
    at(3_200, 8, 8, 8);
    assertThat(withholds(3_200)).isZero();
  }

  /**
   * Entries of an earlier leader are committed by this one's first only, which comes behind them.
   */
  @Test
  void aFollowerThatCatchesUpIsGivenItsTime() {
    for (int i = 0; i < 100; i++) {
      at(1_000L * i, 7, 8 + i, 500);
      assertThat(withholds(1_000L * i)).isZero();
    }
  }

  @Property
  void moreThanHalfHoldTheIndexAndNoHigherOne(
      @ForAll @Size(min = 1, max = 7) List<@LongRange(min = -1, max = 9) Long> indexes,
      @ForAll @IntRange(max = 3) int strangers) {
    Map<NodeId, Long> all = new HashMap<>();
    for (int i = 0; i < indexes.size(); i++) {
      all.put(node(i), indexes.get(i));
    }
    Set<NodeId> voters = Set.copyOf(all.keySet());
    for (int i = 0; i < strangers; i++) {
      all.put(node(100 + i), 1_000L);
    }
    long held = CommitWatch.heldByMajority(voters, all);
    assertThat(2 * holding(voters, all, held)).isGreaterThan(voters.size());
    assertThat(2 * holding(voters, all, held + 1)).isLessThanOrEqualTo(voters.size());
  }

  @Test
  void whoIsNotKnownHoldsNothing() {
    Set<NodeId> voters = Set.of(node(1), node(2), node(3));
    assertThat(CommitWatch.heldByMajority(voters, Map.of(node(1), 5L))).isEqualTo(-1);
    assertThat(CommitWatch.heldByMajority(voters, Map.of(node(1), 5L, node(3), 4L))).isEqualTo(4);
    assertThat(CommitWatch.heldByMajority(Set.of(), Map.of(node(1), 5L))).isEqualTo(-1);
  }

  private static long holding(Set<NodeId> voters, Map<NodeId, Long> indexes, long index) {
    return voters.stream().filter(v -> indexes.getOrDefault(v, -1L) >= index).count();
  }

  private static NodeId node(int number) {
    return new NodeId(String.format("%040x", number));
  }
}
