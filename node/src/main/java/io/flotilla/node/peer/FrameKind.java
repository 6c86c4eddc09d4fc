package io.flotilla.node.peer;

/**
 * What a frame between nodes is, by the number that stands in it. A kind that the receiver does not
 * know is skipped, so a newer node may send it to an older one.
 *
 * @param number 1 to 255; never given to another kind
 * @param name for people
 */
public record FrameKind(int number, String name) {
  static final FrameKind HELLO = new FrameKind(1, "HELLO");
  static final FrameKind WELCOME = new FrameKind(2, "WELCOME");
  static final FrameKind REFUSED = new FrameKind(3, "REFUSED");
  static final FrameKind PING = new FrameKind(4, "PING");
  static final FrameKind PONG = new FrameKind(5, "PONG");

  /** A confirmation round's question. */
  public static final FrameKind CONFIRM = new FrameKind(16, "CONFIRM");

  /** Its answer. */
  public static final FrameKind CONFIRMED = new FrameKind(17, "CONFIRMED");

  /** A replica's question for a read index. */
  public static final FrameKind INDEX_ASK = new FrameKind(18, "INDEX_ASK");

  /** Its answer. */
  public static final FrameKind INDEX_ANSWER = new FrameKind(19, "INDEX_ANSWER");

  /** Who leads a group, as the sender knows. */
  public static final FrameKind LEADER_HINT = new FrameKind(20, "LEADER_HINT");

  /** A question of {@link PeerCalls}. */
  public static final FrameKind ASK = new FrameKind(32, "ASK");

  /** Its answer. */
  public static final FrameKind ANSWER = new FrameKind(33, "ANSWER");

  /** A message for subscribers on other nodes. */
  public static final FrameKind PUBLISH = new FrameKind(48, "PUBLISH");

  public FrameKind {
    if (number < 1 || number > 255) {
      throw new IllegalArgumentException("a kind's number is 1 to 255, not " + number);
    }
  }
}
