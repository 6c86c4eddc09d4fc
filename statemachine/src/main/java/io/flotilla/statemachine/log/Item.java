package io.flotilla.statemachine.log;

import io.flotilla.statemachine.command.Command;
import java.util.List;

/** One client's request within a batch. The arrays are never changed. */
public sealed interface Item {
  /** A command. */
  @SuppressWarnings("ArrayRecordComponent") // compared by identity on purpose: never used as a key
  record Single(byte[][] argv) implements Item {}

  /** An EXEC: all of its commands or, where a watched key has changed, none. */
  record Transaction(List<Watched> watched, List<byte[][]> commands) implements Item {}

  /**
   * A read that stands among the writes of its connection. Only the leader's batch in memory has
   * it: it is not in the log, and changes nothing.
   */
  @SuppressWarnings("ArrayRecordComponent")
  record LocalRead(Command command, byte[][] argv) implements Item {}

  /**
   * A key that the transaction depends on.
   *
   * @param key the key
   * @param version what {@code Keyspace.versionOf} answered when it was watched
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Watched(byte[] key, long version) {}
}
