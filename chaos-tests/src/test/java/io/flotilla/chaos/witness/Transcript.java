package io.flotilla.chaos.witness;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * All that the clients of a run have said. Reads of which nothing was learnt are left out: nobody
 * can judge them. Any thread.
 */
public final class Transcript {
  private final ConcurrentLinkedQueue<Spoken> all = new ConcurrentLinkedQueue<>();

  /** To be called when it has ended, whatever came of it. */
  public void add(Spoken spoken) {
    if (spoken.isAnswered() || spoken.isWrite()) {
      all.add(spoken);
    }
  }

  /** In no order. */
  public List<Spoken> all() {
    return List.copyOf(all);
  }
}
