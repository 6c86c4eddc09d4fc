package io.flotilla.chaos.history;

/**
 * How an operation ended, as far as its client can know: there are three cases and no fourth.
 *
 * <p>The middle one must never be guessed. A wrong {@link Fail} gives a false alarm, a wrong {@link
 * Info} only weakens the judgement; so a timeout, a reset, an end of stream or an error that may
 * have come after the log took the operation are all {@link Info}.
 */
public sealed interface Ending<R> {
  /** It was done, and this is its answer. */
  record Ok<R>(R result) implements Ending<R> {}

  /** It was certainly not done, and never will be. */
  record Fail<R>(String why) implements Ending<R> {}

  /** It may have been done, may be done at any later time, or never. */
  record Info<R>(String why) implements Ending<R> {}
}
