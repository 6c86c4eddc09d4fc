package io.flotilla.node.session;

/**
 * Why a session does not go on with its next request, which it keeps: at most one, since nothing is
 * decoded behind it.
 *
 * <pre>
 *   (none) ──▶ InTurn   ── the earlier replies are there ──────────▶ (none)
 *          ──▶ Parked   ── a new view or leader; or the deadline ──▶ (none)
 *          ──▶ Paused   ── CLIENT UNPAUSE; or its time is over ────▶ (none)
 * </pre>
 *
 * <p>At the end of a hold the request is looked at from the beginning, so it may run into another
 * one.
 */
sealed interface Hold {
  /** The request. */
  Held request();

  /**
   * Waits for the replies before it, because it observes, changes or emits what they may still
   * change.
   */
  record InTurn(Held request) implements Hold {}

  /** Waits for the shard of its keys to have a leader that this node knows of. */
  record Parked(Held request) implements Hold {}

  /** Waits for the end of CLIENT PAUSE. */
  record Paused(Held request) implements Hold {}

  /**
   * A request that waits.
   *
   * @param sinceNanos when it was taken up
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Held(byte[][] argv, long cost, boolean muted, long sinceNanos) {}
}
