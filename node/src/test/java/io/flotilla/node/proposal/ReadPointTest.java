package io.flotilla.node.proposal;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.node.proposal.ShardLog.Voters;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The order of a read point's questions, with a pause before each of them: in the pause the leader
 * of term 1 (commit index 10) falls behind a leader of term 2 who has acknowledged index 12. No
 * point taken around that moment may claim term 2 for read index 11, which every voter would vouch
 * for.
 */
final class ReadPointTest {
  private static final NodeId SELF = new NodeId("1".repeat(40));
  private static final Voters VOTERS =
      new Voters(Set.of(SELF, new NodeId("2".repeat(40)), new NodeId("3".repeat(40))), Set.of());

  /** A division that is deposed, in Ratis' order, in the pause before its nth getter. */
  private static final class Falling implements ShardLog {
    private final int fallsBefore;
    private final boolean wholly;
    private int asked;
    private boolean leads = true;
    private long term = 1;
    private long committed = 10;
    private LogPosition applied = new LogPosition(1, 10);

    Falling(int fallsBefore, boolean wholly) {
      this.fallsBefore = fallsBefore;
      this.wholly = wholly;
    }

    private void pause() {
      if (++asked == fallsBefore) {
        leads = false;
        if (wholly) {
          term = 2;
          committed = 11;
          applied = new LogPosition(2, 11);
        }
      }
    }

    @Override
    public GroupId group() {
      return new GroupId(new UUID(0, 1));
    }

    @Override
    public NodeId self() {
      return SELF;
    }

    @Override
    public void propose(Proposal proposal) {
      throw new AssertionError("a read does not write");
    }

    @Override
    public long currentTerm() {
      pause();
      return term;
    }

    @Override
    public boolean isLeaderReady() {
      pause();
      return leads;
    }

    @Override
    public boolean isLeader() {
      return leads;
    }

    @Override
    public long committedIndex() {
      pause();
      return committed;
    }

    @Override
    public LogPosition lastApplied() {
      pause();
      return applied;
    }

    @Override
    public @Nullable LeaderHint leader() {
      return null;
    }

    @Override
    public Voters voters() {
      pause();
      return VOTERS;
    }

    @Override
    public int followersHolding(long index) {
      return 0;
    }

    @Override
    public void stepDown(String reason) {
      throw new AssertionError("a read deposes nobody");
    }
  }

  /** A point of term 2 would be vouched for by all; one of term 1 by nobody who knows term 2. */
  private static boolean wouldServeStale(ReadPoint taken) {
    return taken instanceof ReadPoint.Point p && p.term() == 2 && p.readIndex() < 12;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
  void noPauseMakesAPointOfTheNewTermWithTheOldReadIndex(int fallsBefore) {
    assertThat(wouldServeStale(ReadPoint.take(new Falling(fallsBefore, true)))).isFalse();
    assertThat(wouldServeStale(ReadPoint.take(new Falling(fallsBefore, false)))).isFalse();
  }

  @Test
  void askingForReadinessBeforeTheTermWouldServeStale() {
    Function<ShardLog, ReadPoint> unsound =
        log -> {
          boolean ready = log.isLeaderReady();
          long term = log.currentTerm();
          boolean ownTerm = log.lastApplied().term() == term;
          long index = log.committedIndex();
          Voters voters = log.voters();
          return ready && ownTerm && log.currentTerm() == term
              ? new ReadPoint.Point(term, index, voters)
              : new ReadPoint.None(new Failure.NotLeader(null));
        };
    assertThat(wouldServeStale(unsound.apply(new Falling(2, true)))).isTrue();
  }

  @Test
  void aSteadyLeaderGivesItsTermItsCommitIndexAndItsVoters() {
    assertThat(ReadPoint.take(new Falling(0, true))).isEqualTo(new ReadPoint.Point(1, 10, VOTERS));
  }

  @Test
  void aDeposedLeaderIsNotTheLeader() {
    assertThat(ReadPoint.take(new Falling(1, true)))
        .isEqualTo(new ReadPoint.None(new Failure.NotLeader(null)));
  }
}
