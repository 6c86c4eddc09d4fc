package io.flotilla.chaos.check;

import io.flotilla.chaos.history.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;

/**
 * Histories that are legal by the way they are made: the operations are done one after another on
 * the model, at instants ten apart, and each interval is widened around its instant. Some answers
 * get lost, of operations that took effect at some later time and of such that never did.
 */
final class LegalHistories {
  private static final long APART = 10;

  /** Widths of intervals: up to about four operations at once. */
  private static final int WIDEST = 25;

  private LegalHistories() {}

  static <S, A, R> List<Operation<A, R>> make(
      Model<S, A, R> model,
      Function<Random, A> actions,
      int operations,
      double lost,
      Random random) {
    List<Operation<A, R>> history = new ArrayList<>();
    Map<Integer, Long> freeFrom = new HashMap<>();
    int lostOnes = 0;
    S state = model.initial();
    for (int i = 0; i < operations; i++) {
      long instant = (i + 10) * APART;
      long invoked = instant - random.nextInt(WIDEST);
      long ended = instant + random.nextInt(WIDEST);
      A action = actions.apply(random);
      boolean isLost = random.nextDouble() < lost;
      if (isLost && random.nextBoolean()) {
        history.add(Operation.info(10_000 + lostOnes++, invoked, action, "never happened"));
        continue;
      }
      Model.Step<S, R> step = model.step(state, action);
      state = step.state();
      if (isLost) {
        long earlier = Math.max(0, invoked - random.nextInt(200));
        history.add(Operation.info(10_000 + lostOnes++, earlier, action, "happened"));
        continue;
      }
      int process = 0;
      while (freeFrom.getOrDefault(process, 0L) > invoked) {
        process++;
      }
      freeFrom.put(process, ended);
      history.add(Operation.ok(process, invoked, ended, action, step.result()));
    }
    return history;
  }
}
