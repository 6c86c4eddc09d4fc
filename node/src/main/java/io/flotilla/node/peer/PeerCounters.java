package io.flotilla.node.peer;

import java.util.concurrent.atomic.LongAdder;

/** What went over the peer connections of this node since it started; only grows. Any thread. */
public final class PeerCounters {
  private final LongAdder framesOut = new LongAdder();
  private final LongAdder framesIn = new LongAdder();
  private final LongAdder bytesOut = new LongAdder();
  private final LongAdder bytesIn = new LongAdder();
  private final LongAdder framesDropped = new LongAdder();
  private final LongAdder framesUnknown = new LongAdder();
  private final LongAdder connects = new LongAdder();
  private final LongAdder disconnects = new LongAdder();
  private final LongAdder refusals = new LongAdder();

  void sent(int bytes) {
    framesOut.increment();
    bytesOut.add(bytes);
  }

  void received(int bytes) {
    framesIn.increment();
    bytesIn.add(bytes);
  }

  void dropped() {
    framesDropped.increment();
  }

  void unknown() {
    framesUnknown.increment();
  }

  void connected() {
    connects.increment();
  }

  void disconnected() {
    disconnects.increment();
  }

  void refused() {
    refusals.increment();
  }

  /** Frames sent, all kinds. */
  public long framesOut() {
    return framesOut.sum();
  }

  /** Frames received, all kinds. */
  public long framesIn() {
    return framesIn.sum();
  }

  /** Bytes of frames sent. */
  public long bytesOut() {
    return bytesOut.sum();
  }

  /** Bytes of frames received. */
  public long bytesIn() {
    return bytesIn.sum();
  }

  /** Frames that were not sent: no connection, or too much unsent. */
  public long framesDropped() {
    return framesDropped.sum();
  }

  /** Frames of a kind that nobody here takes in. */
  public long framesUnknown() {
    return framesUnknown.sum();
  }

  /** Connections to peers that have come up. */
  public long connects() {
    return connects.sum();
  }

  /** Connections to peers that were lost. */
  public long disconnects() {
    return disconnects.sum();
  }

  /** Handshakes that were refused, here or there. */
  public long refusals() {
    return refusals.sum();
  }
}
