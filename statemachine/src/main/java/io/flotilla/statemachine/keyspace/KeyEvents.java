package io.flotilla.statemachine.keyspace;

/** Hears what happens to keys, in the order in which it happens, on the shard's loop. */
@FunctionalInterface
public interface KeyEvents {
  /** Hears nothing. */
  KeyEvents DEAF = (eventClass, event, key) -> {};

  /** Something happened to a key. */
  void happened(EventClass eventClass, String event, byte[] key);
}
