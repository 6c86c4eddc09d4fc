package io.flotilla.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * The checker against histories that are legal by the way they are made, and against trying every
 * order. The seed of a failing history is jqwik's argument.
 */
final class LinearizabilityPropertiesTest {
  private static final Duration BUDGET = Duration.ofSeconds(20);
  private static final int SMALL = 7;
  private static final int LARGE = 300;

  /** Where an open push went shows only when it is popped, so a long queue means a long search. */
  private static final int LARGE_QUEUE = 80;

  private static final Register REGISTER = new Register(0);
  private static final Counter COUNTER = new Counter();
  private static final GrowingSet SET = new GrowingSet();
  private static final Fifo QUEUE = new Fifo();

  private static Register.Action registerAction(Random random) {
    String key = "k" + random.nextInt(2);
    return switch (random.nextInt(4)) {
      case 0 -> new Register.Write(key, random.nextInt(3));
      case 1 -> new Register.CompareAndSet(key, random.nextInt(3), random.nextInt(3));
      default -> new Register.Read(key);
    };
  }

  private static Counter.Action counterAction(Random random) {
    return new Counter.Action("k", random.nextInt(3));
  }

  private static GrowingSet.Action setAction(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> new GrowingSet.Add("k", random.nextInt(4));
      case 1 -> new GrowingSet.Remove("k", random.nextInt(4));
      default -> new GrowingSet.Read("k");
    };
  }

  private static Fifo.Action queueAction(Random random) {
    return random.nextBoolean() ? new Fifo.Push("k", random.nextInt(1000)) : new Fifo.Pop("k");
  }

  @Property(tries = 25)
  void legalHistoriesPass(@ForAll long seed) {
    assertLegal(REGISTER, LinearizabilityPropertiesTest::registerAction, LARGE, seed);
    assertLegal(COUNTER, LinearizabilityPropertiesTest::counterAction, LARGE, seed);
    assertLegal(SET, LinearizabilityPropertiesTest::setAction, LARGE, seed);
    assertLegal(QUEUE, LinearizabilityPropertiesTest::queueAction, LARGE_QUEUE, seed);
  }

  private static <S, A, R> void assertLegal(
      Model<S, A, R> model, Function<Random, A> actions, int operations, long seed) {
    List<Operation<A, R>> history =
        LegalHistories.make(model, actions, operations, 0.02, new Random(seed));
    assertThat(Linearizability.check(model, history, BUDGET))
        .as("%s", model)
        .isEqualTo(new Verdict.Linearizable());
  }

  @Property(tries = 1500)
  void smallHistoriesAreJudgedAsByTryingEveryOrder(@ForAll long seed) {
    Random random = new Random(seed);
    switch (random.nextInt(4)) {
      case 0 ->
          compare(
              REGISTER,
              LinearizabilityPropertiesTest::registerAction,
              r -> (long) r.nextInt(3),
              random);
      case 1 ->
          compare(
              COUNTER,
              LinearizabilityPropertiesTest::counterAction,
              r -> (long) r.nextInt(5),
              random);
      case 2 ->
          compare(
              SET,
              LinearizabilityPropertiesTest::setAction,
              r -> GrowingSet.Members.of(r.nextInt(4)),
              random);
      default ->
          compare(
              QUEUE,
              LinearizabilityPropertiesTest::queueAction,
              r -> (long) r.nextInt(4) - 1,
              random);
    }
  }

  /** A legal history, and the same with one answer changed. */
  private static <S, A, R> void compare(
      Model<S, A, R> model,
      Function<Random, A> actions,
      Function<Random, R> results,
      Random random) {
    List<Operation<A, R>> legal = LegalHistories.make(model, actions, SMALL, 0.25, random);
    assertThat(BruteForce.isLinearizable(model, legal)).as("%s", legal).isTrue();
    List<Operation<A, R>> changed = withOneAnswerChanged(legal, results, random);
    assertThat(Linearizability.check(model, legal, BUDGET).passes()).as("%s", legal).isTrue();
    assertThat(Linearizability.check(model, changed, BUDGET).passes())
        .as("%s", changed)
        .isEqualTo(BruteForce.isLinearizable(model, changed));
  }

  private static <A, R> List<Operation<A, R>> withOneAnswerChanged(
      List<Operation<A, R>> history, Function<Random, R> results, Random random) {
    List<Operation<A, R>> changed = new ArrayList<>(history);
    int place = random.nextInt(changed.size());
    Operation<A, R> old = changed.get(place);
    if (old.ending() instanceof Ending.Ok<R>) {
      changed.set(
          place,
          Operation.ok(
              old.process(),
              old.invokedNanos(),
              old.endedNanos(),
              old.action(),
              results.apply(random)));
    }
    return changed;
  }

  /** Both verdicts must occur, else the comparison above would show little. */
  @Example
  void changedAnswersAreOftenIllegalAndSometimesNot() {
    int illegal = 0;
    int tries = 400;
    for (int seed = 0; seed < tries; seed++) {
      Random random = new Random(seed);
      List<Operation<Register.Action, Long>> legal =
          LegalHistories.make(
              REGISTER, LinearizabilityPropertiesTest::registerAction, SMALL, 0.25, random);
      if (!BruteForce.isLinearizable(
          REGISTER, withOneAnswerChanged(legal, r -> (long) r.nextInt(3), random))) {
        illegal++;
      }
    }
    assertThat(illegal).isBetween(tries / 20, tries - tries / 20);
  }

  /** Few values, so that what was lost is often read all the same, from another write too. */
  private static List<Operation<Register.Action, Long>> withLostWrites(long seed) {
    Random random = new Random(seed);
    Function<Random, Register.Action> readsAndWrites =
        r -> r.nextBoolean() ? new Register.Read("k") : new Register.Write("k", r.nextInt(5));
    return withOneAnswerChanged(
        LegalHistories.make(REGISTER, readsAndWrites, SMALL, 0.4, random),
        r -> (long) r.nextInt(5),
        random);
  }

  @Property(tries = 3000)
  void writesThatNobodySawDoNotMatter(@ForAll long seed) {
    List<Operation<Register.Action, Long>> history = withLostWrites(seed);
    boolean isLinearizable = BruteForce.isLinearizable(REGISTER, history);
    List<Operation<Register.Action, Long>> seen = Register.withoutUnseen(history);
    assertThat(BruteForce.isLinearizable(REGISTER, seen))
        .as("%s", history)
        .isEqualTo(isLinearizable);
    assertThat(Linearizability.check(REGISTER, seen, BUDGET).passes())
        .as("%s", history)
        .isEqualTo(isLinearizable);
  }

  /** All four must occur, else the property above would show little. */
  @Example
  void lostWritesAreOftenUnseenAndOftenNotInLegalHistoriesAndInOthers() {
    int[] counts = new int[4];
    int tries = 1000;
    for (int seed = 0; seed < tries; seed++) {
      List<Operation<Register.Action, Long>> history = withLostWrites(seed);
      boolean anyUnseen = Register.withoutUnseen(history).size() < history.size();
      counts[(anyUnseen ? 2 : 0) + (BruteForce.isLinearizable(REGISTER, history) ? 1 : 0)]++;
    }
    for (int count : counts) {
      assertThat(count).isGreaterThan(tries / 50);
    }
  }

  @Example
  void onlyLostWritesAreLeftOutAndOnlyIfTheirValueWasNotRead() {
    Operation<Register.Action, Long> seen =
        Operation.info(1, 10, new Register.Write("k", 1), "timeout");
    Operation<Register.Action, Long> unseen =
        Operation.info(2, 10, new Register.Write("k", 2), "timeout");
    Operation<Register.Action, Long> acknowledged =
        Operation.ok(3, 10, 20, new Register.Write("k", 3), 3L);
    Operation<Register.Action, Long> read = Operation.ok(4, 30, 40, new Register.Read("k"), 1L);
    assertThat(Register.withoutUnseen(List.of(seen, unseen, acknowledged, read)))
        .containsExactly(seen, acknowledged, read);
  }

  /** One that was not done has seen something too, so what it was put between would matter. */
  @Example
  void historiesWithCompareAndSetAreNotThinnedOut() {
    List<Operation<Register.Action, Long>> history =
        List.of(Operation.ok(1, 10, 20, new Register.CompareAndSet("k", 0, 1), 1L));
    assertThatThrownBy(() -> Register.withoutUnseen(history))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Property(tries = 300)
  void theVerdictIsTheSameInPartsAndAtAnyTime(@ForAll long seed) {
    Random random = new Random(seed);
    List<Operation<Register.Action, Long>> history = new ArrayList<>();
    for (String key : List.of("a", "b")) {
      List<Operation<Register.Action, Long>> part =
          LegalHistories.make(REGISTER, r -> renamed(registerAction(r), key), 12, 0.1, random);
      history.addAll(withOneAnswerChanged(part, r -> (long) r.nextInt(3), random));
    }
    boolean whole = Linearizability.check(new Registers(), history, BUDGET).passes();
    assertThat(Linearizability.checkParts(REGISTER, history, Register.Action::key, BUDGET).passes())
        .isEqualTo(whole);
    List<Operation<Register.Action, Long>> later =
        history.stream().map(o -> o.shifted(1_000_000_007L)).toList();
    assertThat(Linearizability.check(new Registers(), later, BUDGET).passes()).isEqualTo(whole);
  }

  private static Register.Action renamed(Register.Action action, String key) {
    return switch (action) {
      case Register.Read read -> new Register.Read(key);
      case Register.Write write -> new Register.Write(key, write.value());
      case Register.CompareAndSet cas ->
          new Register.CompareAndSet(key, cas.expected(), cas.value());
    };
  }

  /** Two registers as one thing. */
  private record Registers() implements Model<Map<String, Long>, Register.Action, Long> {
    @Override
    public Map<String, Long> initial() {
      return Map.of("a", 0L, "b", 0L);
    }

    @Override
    public Step<Map<String, Long>, Long> step(Map<String, Long> state, Register.Action action) {
      Step<Long, Long> one = REGISTER.step(state.getOrDefault(action.key(), 0L), action);
      Map<String, Long> after = new HashMap<>(state);
      after.put(action.key(), one.state());
      return new Step<>(Map.copyOf(after), one.result());
    }

    @Override
    public boolean changes(Register.Action action) {
      return REGISTER.changes(action);
    }
  }
}
