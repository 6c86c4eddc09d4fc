package io.flotilla.chaos.check;

import static io.flotilla.chaos.history.Operation.fail;
import static io.flotilla.chaos.history.Operation.info;
import static io.flotilla.chaos.history.Operation.ok;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.chaos.history.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Histories whose verdicts are known, from the tests of Porcupine and Knossos and from the rules
 * for operations of unknown outcome. Were a checker wrong, it would be wrong on one of these.
 */
final class LinearizabilityVerdictsTest {
  private static final Duration BUDGET = Duration.ofSeconds(20);
  private static final Register REGISTER = new Register(0);

  private static Operation<Register.Action, Long> put(int p, long call, long ret, long value) {
    return ok(p, call, ret, new Register.Write("x", value), value);
  }

  private static Operation<Register.Action, Long> get(int p, long call, long ret, long value) {
    return ok(p, call, ret, new Register.Read("x"), value);
  }

  private static Operation<Register.Action, Long> openPut(int p, long call, long value) {
    return info(p, call, new Register.Write("x", value), "timeout");
  }

  private static Operation<Counter.Action, Long> increment(int p, long call, long ret, long reply) {
    return ok(p, call, ret, new Counter.Action("x", 1), reply);
  }

  @SafeVarargs
  @SuppressWarnings("varargs") // it is only read
  private static Verdict register(Operation<Register.Action, Long>... history) {
    return Linearizability.check(REGISTER, Arrays.stream(history).toList(), BUDGET);
  }

  @SafeVarargs
  @SuppressWarnings("varargs") // it is only read
  private static Verdict counter(Operation<Counter.Action, Long>... history) {
    return Linearizability.check(new Counter(), Arrays.stream(history).toList(), BUDGET);
  }

  private static void assertLinearizable(Verdict verdict) {
    assertThat(verdict).isEqualTo(new Verdict.Linearizable());
  }

  private static void assertNot(Verdict verdict) {
    assertThat(verdict).isInstanceOf(Verdict.Illegal.class);
  }

  @Test
  void number1OverlappingReadsMaySeeTheOldAndTheNewValue() {
    assertLinearizable(register(put(0, 0, 100, 100), get(1, 25, 75, 100), get(2, 30, 60, 0)));
  }

  @Test
  void number2TheOldValueIsGoneOnceTheNewOneWasSeen() {
    assertNot(register(put(0, 0, 100, 200), get(1, 10, 30, 200), get(2, 40, 90, 0)));
  }

  @Test
  void number3OperationsWithoutDurationAreConcurrentWithTheirInstant() {
    assertLinearizable(
        register(put(0, 0, 100, 100), get(1, 25, 75, 100), get(2, 30, 30, 0), get(3, 30, 30, 0)));
  }

  @Test
  void number4OperationsWithoutDurationStillHappen() {
    assertNot(
        register(put(0, 0, 100, 200), get(1, 10, 10, 200), get(3, 10, 10, 200), get(2, 40, 90, 0)));
  }

  @Test
  void number5AValueThatNobodyWroteIsNotRead() {
    assertNot(register(put(0, 0, 10, 0), get(1, 20, 40, 3), put(2, 30, 50, 4)));
  }

  @Test
  void number6AValueWhoseWriteFailedIsNotRead() {
    assertNot(
        register(
            get(1, 0, 30, 3), fail(2, 10, 20, new Register.Write("x", 3), "MOVED 1 127.0.0.1:1")));
  }

  @Test
  void number7AValueWhoseWriteIsUnknownMayBeRead() {
    assertLinearizable(register(get(1, 0, 30, 3), openPut(2, 10, 3)));
  }

  @Test
  void number8ReadsOfTwoValuesThatNobodyWroteBesideCrashedOnes() {
    assertNot(
        register(
            put(4, 0, 10, 2),
            info(6, 20, new Register.Read("x"), "crashed"),
            put(1, 30, 40, 4),
            get(14, 50, 60, 4),
            put(9, 70, 80, 0),
            get(19, 90, 110, 0),
            openPut(20, 100, 1),
            get(22, 120, 150, 3),
            get(21, 130, 140, 2)));
  }

  @Test
  void number11AnUnknownWriteMayTakeEffectBetweenTwoReads() {
    assertLinearizable(
        register(openPut(0, 0, 1), get(1, 10, 20, 0), get(1, 30, 40, 1), get(1, 50, 60, 1)));
  }

  @Test
  void number12AnUnknownWriteThatTookEffectDoesNotGoAway() {
    assertNot(register(openPut(0, 0, 1), get(1, 10, 20, 1), get(1, 30, 40, 0)));
  }

  @Test
  void number13AnUnknownWriteHappensOnce() {
    assertNot(
        register(
            openPut(0, 0, 1),
            openPut(1, 0, 2),
            get(2, 10, 20, 1),
            get(2, 30, 40, 2),
            get(2, 50, 60, 1)));
  }

  @Test
  void number14TwoIncrementsAreNotToldTheSame() {
    assertNot(counter(increment(0, 0, 10, 1), increment(1, 0, 10, 1)));
  }

  @Test
  void number15AnUnknownIncrementExplainsASkippedNumberAndNothingElseDoes() {
    assertLinearizable(
        counter(info(0, 0, new Counter.Action("x", 1), "EOF"), increment(1, 10, 20, 2)));
    assertNot(counter(increment(1, 10, 20, 2)));
    assertNot(
        counter(
            info(0, 30, new Counter.Action("x", 1), "invoked too late"), increment(1, 10, 20, 2)));
  }

  @Test
  void aQueueGivesEachValueOnceAndInOrder() {
    Operation<Fifo.Action, Long> one = ok(0, 0, 10, new Fifo.Push("q", 7), 1L);
    Operation<Fifo.Action, Long> two = ok(0, 20, 30, new Fifo.Push("q", 8), 2L);
    assertLinearizable(
        Linearizability.check(
            new Fifo(),
            List.of(
                one,
                two,
                ok(1, 40, 50, new Fifo.Pop("q"), 7L),
                ok(1, 60, 70, new Fifo.Pop("q"), 8L),
                ok(1, 80, 90, new Fifo.Pop("q"), Fifo.NOTHING)),
            BUDGET));
    assertNot(
        Linearizability.check(
            new Fifo(), List.of(one, two, ok(1, 40, 50, new Fifo.Pop("q"), 8L)), BUDGET));
    assertNot(
        Linearizability.check(
            new Fifo(),
            List.of(
                one, ok(1, 40, 50, new Fifo.Pop("q"), 7L), ok(2, 40, 50, new Fifo.Pop("q"), 7L)),
            BUDGET));
  }

  @Test
  void aSetHoldsWhatWasAddedAndNotRemoved() {
    Operation<GrowingSet.Action, GrowingSet.Members> add =
        ok(0, 0, 10, new GrowingSet.Add("s", 7), GrowingSet.Members.of(7));
    assertLinearizable(
        Linearizability.check(
            new GrowingSet(),
            List.of(add, ok(1, 20, 30, new GrowingSet.Read("s"), GrowingSet.Members.of(7))),
            BUDGET));
    assertNot(
        Linearizability.check(
            new GrowingSet(),
            List.of(add, ok(1, 20, 30, new GrowingSet.Read("s"), GrowingSet.Members.NONE)),
            BUDGET));
  }

  @Test
  void aSearchThatIsGivenUpIsNoPass() {
    // Fourteen writes at once, and reads that no order explains: the search would take for ever.
    List<Operation<Register.Action, Long>> history = new ArrayList<>();
    for (int p = 0; p < 24; p++) {
      history.add(put(p, 0, 1000, p));
    }
    for (int i = 0; i < 24; i++) {
      history.add(get(100, 10 + 20 * i, 20 + 20 * i, (i * 7) % 24));
    }
    history.add(get(100, 900, 910, 99));
    Verdict verdict = Linearizability.check(REGISTER, history, Duration.ofMillis(20));
    assertThat(verdict).isInstanceOf(Verdict.Unknown.class);
    assertThat(verdict.passes()).isFalse();
  }

  @Test
  void anExplanationTellsWhatCannotFollow() {
    Verdict verdict = register(put(0, 0, 10, 5), get(1, 20, 30, 4));
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Illegal.class,
            illegal ->
                assertThat(illegal.explanation())
                    .contains("1 of 2 operations can be ordered")
                    .contains("nothing explains process 1 [20, 30]"));
  }
}
