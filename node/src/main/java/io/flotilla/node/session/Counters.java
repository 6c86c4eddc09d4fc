package io.flotilla.node.session;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What all sessions together have done since the start, or since CONFIG RESETSTAT. Any thread. */
public final class Counters {
  /** More distinct error codes than this come from no honest use; Redis's number. */
  private static final int MAX_ERROR_CODES = 128;

  public final LongAdder connections = new LongAdder();
  public final LongAdder rejectedConnections = new LongAdder();
  public final LongAdder commands = new LongAdder();
  public final LongAdder errorReplies = new LongAdder();
  public final LongAdder bytesIn = new LongAdder();
  public final LongAdder bytesOut = new LongAdder();
  public final LongAdder outputLimitDisconnections = new LongAdder();

  /** Commands that came back undone and waited for their shard's leader. */
  public final LongAdder parked = new LongAdder();

  /** Those of them that heard CLUSTERDOWN in the end. */
  public final LongAdder parkedInVain = new LongAdder();

  private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();

  void error(String code) {
    errorReplies.increment();
    LongAdder counter = errors.get(code);
    if (counter == null && errors.size() < MAX_ERROR_CODES) {
      counter = errors.computeIfAbsent(code, key -> new LongAdder());
    }
    if (counter != null) {
      counter.increment();
    }
  }

  /** How often each error code was answered, by code. */
  public Map<String, Long> errors() {
    Map<String, Long> counts = new TreeMap<>();
    errors.forEach((code, counter) -> counts.put(code, counter.sum()));
    return counts;
  }

  /** Sets all to zero. */
  public void reset() {
    for (LongAdder counter :
        new LongAdder[] {
          connections,
          rejectedConnections,
          commands,
          errorReplies,
          bytesIn,
          bytesOut,
          outputLimitDisconnections,
          parked,
          parkedInVain
        }) {
      counter.reset();
    }
    errors.clear();
  }
}
