package io.flotilla.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.witness.Transcript;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Turns of actors. They once hung on the identity of objects, so that one run in twenty-seven of
 * three clients did nothing but read for some seconds, and a short one for all its time.
 */
final class ActorTest {
  private static final Actor.Tally NOBODY =
      new Actor.Tally() {
        @Override
        public void ended(Ending<?> ending, long tookNanos) {}

        @Override
        public void unexpected(String what) {}
      };

  @Test
  void atAnyMomentOneOfThreeOnlyReadsAndEachHasItsTurn() {
    List<Actor> actors =
        IntStream.range(0, 3)
            .mapToObj(number -> new Actor(number, client(), new Random(number), NOBODY))
            .toList();
    int[] turns = new int[3];
    for (long second = -30; second < 30; second++) {
      long now = Duration.ofSeconds(second).toNanos();
      List<Integer> readers =
          IntStream.range(0, 3).filter(i -> actors.get(i).onlyReads(now)).boxed().toList();
      assertThat(readers).as("those who only read at second %d", second).hasSize(1);
      turns[readers.getFirst()]++;
    }
    assertThat(turns).as("seconds of each").doesNotContain(0);
  }

  private static RawClient client() {
    return new RawClient(
        List.of(InetSocketAddress.createUnresolved("unused", 1)),
        Duration.ofSeconds(1),
        new Random(1),
        new Transcript());
  }
}
