package io.flotilla.chaos.check;

import static io.flotilla.chaos.history.Operation.fail;
import static io.flotilla.chaos.history.Operation.info;
import static io.flotilla.chaos.history.Operation.ok;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.chaos.check.GrowingSet.Members;
import io.flotilla.chaos.history.Operation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The linear checkers: each of their complaints can be provoked, and what is legal passes. */
final class WorkloadChecksTest {
  private static final Operation<GrowingSet.Action, Members> ADDED =
      ok(0, 0, 10, new GrowingSet.Add("s", 7), Members.of(7));

  private static Operation<GrowingSet.Action, Members> read(long call, long ret, long... elements) {
    return ok(1, call, ret, new GrowingSet.Read("s"), Members.of(elements));
  }

  @Test
  void aSetKeepsWhatWasAddedOrSeen() {
    assertThat(SetDurability.check(List.of(ADDED, read(5, 20), read(30, 40, 7)))).isEmpty();
    assertThat(SetDurability.check(List.of(ADDED, read(20, 30))))
        .singleElement()
        .asString()
        .contains("does not have it");
    Operation<GrowingSet.Action, Members> open = info(0, 0, new GrowingSet.Add("s", 7), "timeout");
    assertThat(SetDurability.check(List.of(open, read(20, 30), read(40, 50, 7)))).isEmpty();
    assertThat(SetDurability.check(List.of(open, read(20, 30, 7), read(40, 50))))
        .as("it was seen")
        .hasSize(1);
  }

  @Test
  void aSetInventsNothing() {
    assertThat(SetDurability.check(List.of(read(20, 30, 9))))
        .singleElement()
        .asString()
        .contains("nobody ever added 9");
    assertThat(
            SetDurability.check(
                List.of(fail(0, 0, 10, new GrowingSet.Add("s", 7), "MOVED"), read(20, 30, 7))))
        .singleElement()
        .asString()
        .contains("said not to be added");
    assertThat(
            SetDurability.check(
                List.of(read(0, 5, 7), ok(0, 20, 30, new GrowingSet.Add("s", 7), Members.of(7)))))
        .singleElement()
        .asString()
        .contains("before it was added");
    assertThat(SetDurability.check(List.of(ok(0, 0, 10, new GrowingSet.Add("s", 7), Members.NONE))))
        .singleElement()
        .asString()
        .contains("was there before");
  }

  private static final Operation<Fifo.Action, Long> PUSHED =
      ok(0, 0, 10, new Fifo.Push("q", 7), 1L);

  private static Operation<Fifo.Action, Long> popped(long call, long value) {
    return ok(1, call, call + 5, new Fifo.Pop("q"), value);
  }

  @Test
  void aQueueDeliversEachValueOnce() {
    assertThat(QueueDelivery.check(List.of(PUSHED, popped(20, 7), popped(30, Fifo.NOTHING))))
        .isEmpty();
    assertThat(QueueDelivery.check(List.of(PUSHED, popped(20, 7), popped(30, 7))))
        .singleElement()
        .asString()
        .contains("2 times");
    assertThat(QueueDelivery.check(List.of(PUSHED, popped(30, Fifo.NOTHING))))
        .singleElement()
        .asString()
        .contains("never delivered");
    assertThat(
            QueueDelivery.check(
                List.of(
                    PUSHED, info(2, 15, new Fifo.Pop("q"), "timeout"), popped(30, Fifo.NOTHING))))
        .as("the pop of unknown outcome may have taken it")
        .isEmpty();
    assertThat(QueueDelivery.check(List.of(popped(20, 8))))
        .singleElement()
        .asString()
        .contains("nobody ever pushed 8");
    assertThat(
            QueueDelivery.check(
                List.of(fail(0, 0, 10, new Fifo.Push("q", 7), "MOVED"), popped(20, 7))))
        .singleElement()
        .asString()
        .contains("said not to be pushed");
  }

  private static final Duration LIFE = Duration.ofNanos(1000);
  private static final Duration SLACK = Duration.ofNanos(100);
  private static final Operation<Expiry.Action, Boolean> SET =
      ok(0, 0, 50, new Expiry.Set("k", LIFE), true);

  private static Operation<Expiry.Action, Boolean> look(long call, long ret, boolean there) {
    return ok(1, call, ret, new Expiry.Look("k"), there);
  }

  private static List<String> expiry(Operation<Expiry.Action, Boolean> look) {
    return Expiry.check(List.of(SET, look), SLACK);
  }

  @Test
  void aKeyLivesAsLongAsItMustAndNoLonger() {
    assertThat(expiry(look(60, 70, true))).isEmpty();
    assertThat(expiry(look(20, 70, false))).as("concurrent with its set").isEmpty();
    assertThat(expiry(look(60, 70, false))).singleElement().asString().contains("gone");
    assertThat(expiry(look(950, 960, false))).as("within the slack").isEmpty();
    assertThat(expiry(look(1149, 1160, true))).as("within the slack").isEmpty();
    assertThat(expiry(look(1151, 1160, true))).singleElement().asString().contains("still there");
    assertThat(Expiry.check(List.of(SET, look(950, 960, false), look(970, 980, true)), SLACK))
        .singleElement()
        .asString()
        .contains("there again");
    assertThat(
            Expiry.check(
                List.of(fail(0, 0, 50, new Expiry.Set("k", LIFE), "MOVED"), look(60, 70, true)),
                SLACK))
        .singleElement()
        .asString()
        .contains("its set failed");
    assertThat(
            Expiry.check(
                List.of(info(0, 0, new Expiry.Set("k", LIFE), "EOF"), look(5000, 6000, true)),
                SLACK))
        .as("it may have been set at any time")
        .isEmpty();
  }

  private static final PubSubDelivery.Message FIRST = new PubSubDelivery.Message("c", 1, 1);
  private static final PubSubDelivery.Message SECOND = new PubSubDelivery.Message("c", 1, 2);
  private static final PubSubDelivery.Message OF_ANOTHER = new PubSubDelivery.Message("c", 2, 1);
  private static final PubSubDelivery.Message REFUSED = new PubSubDelivery.Message("c", 3, 1);
  private static final List<Operation<PubSubDelivery.Message, Long>> PUBLISHED =
      List.of(
          ok(0, 10, 20, FIRST, 1L),
          ok(0, 30, 40, SECOND, 1L),
          info(1, 30, OF_ANOTHER, "timeout"),
          fail(2, 30, 40, REFUSED, "CLUSTERDOWN"));

  private static PubSubDelivery.Subscription heard(PubSubDelivery.Message... messages) {
    return new PubSubDelivery.Subscription("c", 25, 100, List.of(messages));
  }

  @Test
  void messagesMayBeLostButNothingElse() {
    assertThat(PubSubDelivery.check(PUBLISHED, List.of(heard(), heard(FIRST, OF_ANOTHER, SECOND))))
        .isEmpty();
    for (var wrong :
        Map.of(
                "heard twice", heard(FIRST, FIRST),
                "behind", heard(SECOND, FIRST),
                "nobody ever published", heard(new PubSubDelivery.Message("c", 9, 9)),
                "said not to be published", heard(REFUSED))
            .entrySet()) {
      assertThat(PubSubDelivery.check(PUBLISHED, List.of(wrong.getValue())))
          .singleElement()
          .asString()
          .contains(wrong.getKey());
    }
    assertThat(
            PubSubDelivery.check(
                PUBLISHED,
                List.of(new PubSubDelivery.Subscription("other", 25, 100, List.of(FIRST)))))
        .singleElement()
        .asString()
        .contains("on channel other");
  }

  /** Expected is what was acknowledged while a subscription stood: of two, the second message. */
  @Test
  void deliveriesAreCountedWhereTheyCouldHaveBeen() {
    assertThat(PubSubDelivery.statistics(PUBLISHED, List.of(heard(FIRST, SECOND), heard())))
        .isEqualTo(new PubSubDelivery.Statistics(2, 2, 1));
  }
}
