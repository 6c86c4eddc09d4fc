package io.flotilla.chaos.check;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.Operation;
import java.util.ArrayList;
import java.util.List;

/** Tries every order of a few operations: the dumb twin of {@link Linearizability}. */
final class BruteForce {
  private BruteForce() {}

  static <S, A, R> boolean isLinearizable(Model<S, A, R> model, List<Operation<A, R>> history) {
    List<Operation<A, R>> left = new ArrayList<>(history);
    left.removeIf(o -> o.ending() instanceof Ending.Fail<R>);
    return canBeOrdered(model, model.initial(), left);
  }

  private static <S, A, R> boolean canBeOrdered(
      Model<S, A, R> model, S state, List<Operation<A, R>> left) {
    if (left.stream().noneMatch(o -> o.ending() instanceof Ending.Ok<R>)) {
      return true;
    }
    for (Operation<A, R> next : left) {
      boolean mayBeNext = left.stream().noneMatch(o -> o.endedNanos() < next.invokedNanos());
      Model.Step<S, R> step = model.step(state, next.action());
      boolean explained =
          !(next.ending() instanceof Ending.Ok<R> ok) || ok.result().equals(step.result());
      if (mayBeNext && explained) {
        List<Operation<A, R>> rest = new ArrayList<>(left);
        rest.remove(next);
        if (canBeOrdered(model, step.state(), rest)) {
          return true;
        }
      }
    }
    return false;
  }
}
