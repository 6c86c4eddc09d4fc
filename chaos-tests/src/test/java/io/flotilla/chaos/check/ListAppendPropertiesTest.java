package io.flotilla.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.chaos.check.Transaction.Answer;
import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.Operation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * The list-append checker against histories that are legal by the way they are made, and against
 * trying every order. Where each list is read in the end and every outcome is known, the two must
 * agree; where outcomes are open, the checker may know less but never complain of what is legal.
 */
final class ListAppendPropertiesTest {
  private static final Lists LISTS = new Lists();
  private static final List<String> KEYS = List.of("x", "y");

  /** The lists as one thing, for generating and for trying every order. */
  private record Lists() implements Model<Map<String, List<Long>>, Transaction, Answer> {
    @Override
    public Map<String, List<Long>> initial() {
      return Map.of();
    }

    @Override
    public Step<Map<String, List<Long>>, Answer> step(
        Map<String, List<Long>> state, Transaction transaction) {
      Map<String, List<Long>> after = new HashMap<>(state);
      List<List<Long>> reads = new ArrayList<>();
      for (Transaction.Step step : transaction.steps()) {
        List<Long> now = after.getOrDefault(step.key(), List.of());
        switch (step) {
          case Transaction.Read read -> reads.add(now);
          case Transaction.Append append -> {
            List<Long> longer = new ArrayList<>(now);
            longer.add(append.value());
            after.put(append.key(), List.copyOf(longer));
          }
        }
      }
      return new Step<>(Map.copyOf(after), new Answer(List.copyOf(reads)));
    }

    @Override
    public boolean changes(Transaction transaction) {
      return transaction.steps().stream().anyMatch(Transaction.Append.class::isInstance);
    }
  }

  /** Transactions of one to four steps; each value is appended once. */
  private static Function<Random, Transaction> transactions(List<String> keys) {
    long[] next = {1};
    return random -> {
      List<Transaction.Step> steps = new ArrayList<>();
      for (int i = random.nextInt(4); i >= 0; i--) {
        String key = keys.get(random.nextInt(keys.size()));
        steps.add(
            random.nextBoolean()
                ? new Transaction.Append(key, next[0]++)
                : new Transaction.Read(key));
      }
      return new Transaction(List.copyOf(steps), false);
    };
  }

  private static List<Operation<Transaction, Answer>> legal(
      List<String> keys, int operations, double lost, Random random) {
    List<Operation<Transaction, Answer>> history =
        LegalHistories.make(LISTS, transactions(keys), operations, lost, random);
    // A last read of each key: what happened in the end is what the model makes of all that did.
    Map<String, List<Long>> state = LISTS.initial();
    for (Operation<Transaction, Answer> operation : history) {
      boolean never =
          operation.ending() instanceof Ending.Info<Answer> i && i.why().equals("never happened");
      state = never ? state : LISTS.step(state, operation.action()).state();
    }
    long end = (operations + 100) * 10L;
    for (String key : keys) {
      history.add(
          Operation.ok(
              20_000,
              end,
              end + 1,
              Transaction.lastRead(key),
              new Answer(List.of(state.getOrDefault(key, List.of())))));
      end += 10;
    }
    return history;
  }

  @Property(tries = 100)
  void legalHistoriesPass(@ForAll long seed) {
    List<Operation<Transaction, Answer>> history =
        legal(List.of("a", "b", "c", "d", "e"), 400, 0.05, new Random(seed));
    assertThat(ListAppend.check(history)).isEmpty();
  }

  @Property(tries = 2000)
  void smallHistoriesAreJudgedAsByTryingEveryOrder(@ForAll long seed) {
    Random random = new Random(seed);
    List<Operation<Transaction, Answer>> changed =
        withOneReadChanged(legal(KEYS, 6, 0, random), random);
    assertThat(ListAppend.check(changed).isEmpty())
        .as("%s", changed)
        .isEqualTo(BruteForce.isLinearizable(LISTS, changed));
  }

  @Property(tries = 1000)
  void whatTheCheckerRefutesWithOpenOutcomesNoOrderExplains(@ForAll long seed) {
    Random random = new Random(seed);
    List<Operation<Transaction, Answer>> changed =
        withOneReadChanged(legal(KEYS, 6, 0.3, random), random);
    List<Anomaly> anomalies = ListAppend.check(changed);
    if (!anomalies.isEmpty()) {
      assertThat(BruteForce.isLinearizable(LISTS, changed))
          .as("%s in %s", anomalies, changed)
          .isFalse();
    }
  }

  /** One read loses its end, or shows two values in the other order, or one that is elsewhere. */
  private static List<Operation<Transaction, Answer>> withOneReadChanged(
      List<Operation<Transaction, Answer>> history, Random random) {
    List<Operation<Transaction, Answer>> changed = new ArrayList<>(history);
    int place = random.nextInt(changed.size());
    Operation<Transaction, Answer> old = changed.get(place);
    if (old.ending() instanceof Ending.Ok<Answer> ok && !ok.result().reads().isEmpty()) {
      List<List<Long>> reads = new ArrayList<>(ok.result().reads());
      int which = random.nextInt(reads.size());
      List<Long> read = new ArrayList<>(reads.get(which));
      if (read.size() > 1 && random.nextBoolean()) {
        Collections.swap(read, 0, read.size() - 1);
      } else if (!read.isEmpty()) {
        read.removeLast();
      } else {
        read.add(1L + random.nextInt(4));
      }
      reads.set(which, List.copyOf(read));
      changed.set(
          place,
          Operation.ok(
              old.process(),
              old.invokedNanos(),
              old.endedNanos(),
              old.action(),
              new Answer(List.copyOf(reads))));
    }
    return changed;
  }

  /** Both verdicts must occur, else the comparisons above would show little. */
  @Example
  void changedReadsAreOftenIllegalAndSometimesNot() {
    int illegal = 0;
    int tries = 400;
    for (int seed = 0; seed < tries; seed++) {
      Random random = new Random(seed);
      if (!ListAppend.check(withOneReadChanged(legal(KEYS, 6, 0, random), random)).isEmpty()) {
        illegal++;
      }
    }
    assertThat(illegal).isBetween(tries / 20, tries - tries / 20);
  }

  @Property(tries = 200)
  void theVerdictIsTheSameAtAnyTime(@ForAll long seed) {
    Random random = new Random(seed);
    List<Operation<Transaction, Answer>> history =
        withOneReadChanged(legal(KEYS, 30, 0.05, random), random);
    assertThat(ListAppend.check(history.stream().map(o -> o.shifted(1_000_000_007L)).toList()))
        .isEqualTo(ListAppend.check(history));
  }

  /** Keys that never meet in a transaction can be judged apart, but for real time among them. */
  @Property(tries = 200)
  void keysThatNeverMeetAreJudgedAlikeApartAndTogether(@ForAll long seed) {
    Random random = new Random(seed);
    List<Operation<Transaction, Answer>> one =
        withOneReadChanged(legal(List.of("x"), 20, 0.05, random), random);
    List<Operation<Transaction, Answer>> other =
        legal(List.of("y"), 20, 0.05, random).stream()
            .map(o ->
                new Operation<>(
                    o.process() + 50_000, o.action(), o.ending(), o.invokedNanos(), o.endedNanos()))
            .toList();
    List<Operation<Transaction, Answer>> both = new ArrayList<>(one);
    both.addAll(other);
    assertThat(ListAppend.check(both).isEmpty()).isEqualTo(ListAppend.check(one).isEmpty());
  }
}
