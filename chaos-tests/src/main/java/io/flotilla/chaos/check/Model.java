package io.flotilla.chaos.check;

/**
 * What a thing does when it is used by one client at a time: the sequential specification against
 * which a concurrent history is judged.
 *
 * <p>States are immutable, with {@code equals} and {@code hashCode}. {@link #step} answers for
 * every action in every state, so that an operation of unknown outcome, whose answer nobody has
 * seen, can be tried at every place.
 *
 * @param <S> states
 * @param <A> actions
 * @param <R> results
 */
public interface Model<S, A, R> {
  /** Before anything happened. */
  S initial();

  /** What an action does in a state, and what it answers. */
  Step<S, R> step(S state, A action);

  /** Whether an action may change a state: one of unknown outcome that cannot is left out. */
  boolean changes(A action);

  /** A state and the answer that came with it. */
  record Step<S, R>(S state, R result) {}
}
