package io.flotilla.statemachine.datatypes;

import org.jspecify.annotations.Nullable;

/**
 * A consumer of a {@link StreamGroup}: its name, when it was here, and the ids of its pending
 * entries.
 */
public final class StreamConsumer {
  /** It never was given an entry. */
  public static final long NEVER = -1;

  final byte[] name;

  /** Its place in the group's list; not visible to anybody. */
  final int number;

  final IdRecords pending;
  long seenMillis;
  long activeMillis = NEVER;

  StreamConsumer(byte[] name, int number, IdRecords pending) {
    this.name = name;
    this.number = number;
    this.pending = pending;
  }

  /** The name, never to be changed. */
  public byte[] name() {
    return name;
  }

  /** When it last asked for entries, Unix milliseconds. */
  public long seenMillis() {
    return seenMillis;
  }

  /** When it last was given entries, Unix milliseconds, or {@link #NEVER}. */
  public long activeMillis() {
    return activeMillis;
  }

  /** It asks for entries. */
  public void seen(long nowMillis) {
    seenMillis = nowMillis;
  }

  /** It is given entries. */
  public void active(long nowMillis) {
    activeMillis = nowMillis;
  }

  /** The number of its pending entries. */
  public long pendingCount() {
    return pending.size();
  }

  /** The id of its first pending entry that is no earlier than this one; null if there is none. */
  public @Nullable StreamId pendingFrom(StreamId from) {
    long location = pending.atLeast(from);
    return location == IdRecords.NOWHERE ? null : pending.id(location);
  }

  StreamConsumer copy() {
    StreamConsumer copy = new StreamConsumer(name, number, pending.copy());
    copy.seenMillis = seenMillis;
    copy.activeMillis = activeMillis;
    return copy;
  }
}
