package io.flotilla.chaos.workload;

import io.flotilla.chaos.history.Operation;
import java.util.List;

/**
 * One kind of use of a cluster, with its judgement.
 *
 * <p>Several actors call {@link #step} at once. After the run, when everything has been healed and
 * no actor is at work any more, one actor calls {@link #finish}, and then {@link #judge} tells what
 * was wrong. Keys begin with the run's name, so that a run never meets what another one has left.
 */
public interface Workload {
  /** As in {@code --workloads}. */
  String name();

  /** How many clients it has where there are so many nodes. */
  default int clients(int nodes) {
    return 2;
  }

  /** What must be there before the run; calls until it is. */
  default void begin(Actor actor) {}

  /** One operation, or a few that belong together. */
  void step(Actor actor);

  /**
   * Reads what must be read in the end, up to the first that cannot be read: where a shard does not
   * serve, each of its keys would be waited for.
   *
   * @return whether all of it could be read
   */
  default boolean finish(Actor actor) {
    return true;
  }

  /** All that is wrong; empty if all is well. */
  List<String> judge();

  /** What is worth telling of it beside violations; empty if nothing is. */
  default String told() {
    return "";
  }

  /** All that was asked. */
  List<? extends Operation<?, ?>> operations();
}
