package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.ReplicaWatch.Sight;
import io.flotilla.node.proposal.GroupId;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Why: an orchestrator goes by readiness when it sends clients somewhere or restarts the next node;
 * a node that says "ready" without a leader to serve by gets clients that it cannot serve, and one
 * that says the contrary during every election is taken out for nothing.
 */
final class ReplicaWatchTest {
  private final ReplicaWatch watch = new ReplicaWatch(Duration.ofSeconds(1));

  private static Sight sight(int number, boolean led, boolean caughtUp) {
    return new Sight(new GroupId(new UUID(0, number)), "shard " + number, led, caughtUp, 0);
  }

  private static Sight waiting(int number, long millis) {
    Sight served = served(number);
    return new Sight(served.group(), served.name(), true, true, millis);
  }

  private static Sight served(int number) {
    return sight(number, true, true);
  }

  private static Sight leaderless(int number) {
    return sight(number, false, true);
  }

  private String at(long millis, Sight... sights) {
    return watch.look(List.of(sights), Duration.ofMillis(millis).toNanos());
  }

  @Test
  void anElectionKeepsNobodyFromBeingReady() {
    assertThat(at(0, served(1), served(2))).isEmpty();
    assertThat(at(100, leaderless(1), served(2))).isEmpty();
    assertThat(at(5_000, leaderless(1), served(2))).isEmpty();
    assertThat(at(5_100, served(1), served(2))).isEmpty();
    assertThat(at(10_000, leaderless(1), served(2))).as("the next election").isEmpty();
  }

  @Test
  void aLeaderThatIsMissingForLongIsNamedUntilThereIsOneAgain() {
    assertThat(at(0, served(1), served(2))).isEmpty();
    assertThat(at(7_000, leaderless(1), served(2)))
        .isEqualTo("knows no leader of shard 1 (for 7 s)");
    assertThat(at(9_000, leaderless(1), leaderless(2)))
        .as("missing since it was last known")
        .isEqualTo("knows no leader of shard 1 (for 9 s)");
    assertThat(at(9_100, served(1), served(2))).isEmpty();
  }

  @Test
  void aReplicaThatHasNotCaughtUpSinceItsStartIsNamedAtOnceAndOnlyThen() {
    assertThat(at(0, sight(1, false, false), served(2)))
        .isEqualTo("has not caught up with shard 1");
    assertThat(at(1_000, sight(1, true, false), served(2)))
        .isEqualTo("has not caught up with shard 1");
    assertThat(at(1_100, served(1), served(2))).isEmpty();
    assertThat(at(1_200, sight(1, true, false), served(2))).as("a lag, later").isEmpty();
  }

  @Test
  void whatAReplicaHadAppliedWithoutALeaderIsNotCaughtUp() {
    assertThat(at(0, leaderless(1))).isEqualTo("has not caught up with shard 1");
    assertThat(at(6_000, leaderless(1))).isEqualTo("knows no leader of shard 1 (for 6 s)");
    assertThat(at(6_100, sight(1, true, false))).isEqualTo("has not caught up with shard 1");
    assertThat(at(6_200, served(1))).isEmpty();
  }

  @Test
  void bothReasonsAreToldAndOfManyReplicasAFew() {
    Sight[] all = IntStream.rangeClosed(1, 5).mapToObj(n -> leaderless(n)).toArray(Sight[]::new);
    assertThat(at(0, all)).isEqualTo("has not caught up with shard 1, shard 2, shard 3 and 2 more");
    all[0] = served(1);
    all[1] = sight(2, true, false);
    assertThat(at(6_000, all))
        .isEqualTo(
            "knows no leader of shard 3 (for 6 s), shard 4 (for 6 s), shard 5 (for 6 s);"
                + " has not caught up with shard 2");
  }

  /** Seen in a chaos run: a leader took writes and committed none, and its node said "ready". */
  @Test
  void aLeaderThatCommitsNothingIsNamedWhileEntriesWait() {
    assertThat(at(0, served(1), waiting(2, 5_000))).isEmpty();
    assertThat(at(100, served(1), waiting(2, 5_100)))
        .isEqualTo("commits nothing of shard 2 (for 5 s)");
    assertThat(at(3_000, leaderless(1), waiting(2, 8_000)))
        .isEqualTo("commits nothing of shard 2 (for 8 s)");
    assertThat(at(7_100, leaderless(1), waiting(2, 12_000)))
        .isEqualTo("knows no leader of shard 1 (for 7 s); commits nothing of shard 2 (for 12 s)");
    assertThat(at(7_200, served(1), served(2))).isEmpty();
  }

  @Test
  void aReplicaThatHasGoneIsForgotten() {
    assertThat(at(0, served(1), served(2))).isEmpty();
    assertThat(at(9_000, leaderless(1), served(2))).isNotEmpty();
    assertThat(at(9_100, served(2))).isEmpty();
    assertThat(at(9_200, leaderless(1), served(2)))
        .as("made anew")
        .isEqualTo("has not caught up with shard 1");
  }

  @Test
  void longElectionsAreGivenTheirTime() {
    ReplicaWatch slow = new ReplicaWatch(Duration.ofSeconds(10));
    assertThat(slow.look(List.of(served(1)), 0)).isEmpty();
    assertThat(slow.look(List.of(leaderless(1)), Duration.ofSeconds(20).toNanos())).isEmpty();
    assertThat(slow.look(List.of(leaderless(1)), Duration.ofSeconds(21).toNanos()))
        .isEqualTo("knows no leader of shard 1 (for 21 s)");
  }
}
