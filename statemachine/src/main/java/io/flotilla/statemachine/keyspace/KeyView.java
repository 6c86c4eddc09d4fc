package io.flotilla.statemachine.keyspace;

import io.flotilla.statemachine.datatypes.Value;

/** Visits one live key. */
@FunctionalInterface
public interface KeyView {
  /** Visits a key; the value must be neither changed nor kept. Returns whether to go on. */
  boolean visit(byte[] key, Value value, long deadlineMillis);
}
