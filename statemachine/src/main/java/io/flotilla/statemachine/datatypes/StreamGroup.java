package io.flotilla.statemachine.datatypes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A consumer group of a stream: how far it has read, its consumers, and the entries that were
 * delivered and are not acknowledged.
 *
 * <pre>
 *   pending       id → delivered(8) deliveries(8) consumer's number(4)     {@link IdRecords}
 *   consumers     name → {@link StreamConsumer}, in the order of names, each with
 *     pending     the ids that are its own                                 {@link IdRecords}
 * </pre>
 *
 * <p>A pending entry takes some 55 bytes in both lists together, where Redis spends an allocation
 * and two paths of a radix tree. Consumers are numbered within the group so that the list of the
 * group needs four bytes to name one; a number is used again when its consumer is gone, and nobody
 * sees it: snapshots count consumers by their names' order.
 *
 * <p>Invariant: an id is in the group's list with a consumer's number if and only if it is in that
 * consumer's own.
 */
public final class StreamGroup {
  /** How many entries the group has read is not known. */
  public static final long UNKNOWN = -1;

  static final int PAYLOAD_BYTES = 20;

  private static final byte[] NO_PAYLOAD = {};
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] name;
  private final IdRecords pending;
  private final TreeMap<byte[], StreamConsumer> consumers = new TreeMap<>(Arrays::compareUnsigned);

  /** By number; null where a consumer is gone. */
  private final List<@Nullable StreamConsumer> byNumber = new ArrayList<>();

  /** The numbers of consumers that are gone. */
  private final ArrayDeque<Integer> free = new ArrayDeque<>();

  private StreamId lastId;
  private long entriesRead;

  StreamGroup(byte[] name, StreamId lastId, long entriesRead) {
    this(name, lastId, entriesRead, new IdRecords(PAYLOAD_BYTES));
  }

  private StreamGroup(byte[] name, StreamId lastId, long entriesRead, IdRecords pending) {
    this.name = name;
    this.lastId = lastId;
    this.entriesRead = entriesRead;
    this.pending = pending;
  }

  /** The name, never to be changed. */
  public byte[] name() {
    return name;
  }

  /** The id of the last entry that was delivered. */
  public StreamId lastId() {
    return lastId;
  }

  /** How many entries of all that the stream ever had were read; {@link #UNKNOWN} if unknown. */
  public long entriesRead() {
    return entriesRead;
  }

  /** The group has read so far. */
  public void hasRead(StreamId id, long entries) {
    lastId = id;
    entriesRead = entries;
  }

  // ---------------------------------------------------------------- consumers

  /** The consumers in the order of their names. */
  public Collection<StreamConsumer> consumers() {
    return consumers.values();
  }

  /** The consumer of this name, or null. */
  public @Nullable StreamConsumer consumer(byte[] ofName) {
    return consumers.get(ofName);
  }

  /** A new consumer, whose name is not taken. */
  public StreamConsumer addConsumer(byte[] ofName, long nowMillis) {
    Integer used = free.poll();
    int number = used == null ? byNumber.size() : used;
    if (used == null) {
      byNumber.add(null);
    }
    StreamConsumer consumer = new StreamConsumer(ofName, number, new IdRecords(0));
    consumer.seen(nowMillis);
    byNumber.set(number, consumer);
    consumers.put(ofName, consumer);
    return consumer;
  }

  /** Removes a consumer with its pending entries. */
  public void remove(StreamConsumer consumer) {
    IdRecords ids = consumer.pending;
    for (long at = ids.first(); at != IdRecords.NOWHERE; at = ids.next(at)) {
      pending.remove(ids.id(at));
    }
    consumers.remove(consumer.name);
    byNumber.set(consumer.number, null);
    free.add(consumer.number);
  }

  private StreamConsumer numbered(int number) {
    StreamConsumer consumer = byNumber.get(number);
    if (consumer == null) {
      throw new AssertionError("a pending entry belongs to consumer " + number + ", who is gone");
    }
    return consumer;
  }

  // ---------------------------------------------------------------- pending entries

  /** The number of pending entries. */
  public long pendingCount() {
    return pending.size();
  }

  /** The pending entry of this id, or null. */
  public @Nullable PendingEntry pending(StreamId id) {
    return at(pending.find(id));
  }

  /** The first pending entry whose id is no earlier than this one, or null. */
  public @Nullable PendingEntry pendingFrom(StreamId from) {
    return at(pending.atLeast(from));
  }

  /** The last pending entry, or null. */
  public @Nullable PendingEntry lastPending() {
    return at(pending.last());
  }

  private @Nullable PendingEntry at(long location) {
    if (location == IdRecords.NOWHERE) {
      return null;
    }
    Leaf leaf = pending.leaf(location);
    int payload = pending.payloadAt(leaf, location);
    return new PendingEntry(
        pending.id(location),
        (long) LONG.get(leaf.array, payload),
        (long) LONG.get(leaf.array, payload + 8),
        numbered((int) INT.get(leaf.array, payload + 16)));
  }

  /** An entry is pending from now on, and with this consumer, whoever had it before. */
  public void pend(StreamId id, long deliveredMillis, long deliveries, StreamConsumer consumer) {
    PendingEntry before = pending(id);
    if (before == null || before.consumer().number != consumer.number) {
      if (before != null) {
        before.consumer().pending.remove(id);
      }
      consumer.pending.put(id, NO_PAYLOAD);
    }
    byte[] payload = new byte[PAYLOAD_BYTES];
    LONG.set(payload, 0, deliveredMillis);
    LONG.set(payload, 8, deliveries);
    INT.set(payload, 16, consumer.number);
    pending.put(id, payload);
  }

  /** An entry is not pending any more; whether it was. */
  public boolean settle(StreamId id) {
    PendingEntry before = pending(id);
    if (before == null) {
      return false;
    }
    before.consumer().pending.remove(id);
    return pending.remove(id);
  }

  // ---------------------------------------------------------------- as part of a stream

  /** The list of all pending entries. */
  IdRecords records() {
    return pending;
  }

  /** The rank of each consumer, by its number. */
  int[] ranks() {
    int[] ranks = new int[byNumber.size()];
    int rank = 0;
    for (StreamConsumer consumer : consumers.values()) {
      ranks[consumer.number] = rank++;
    }
    return ranks;
  }

  /** The number of the consumer in a record's payload. */
  static int consumerNumber(byte[] array, int payloadAt) {
    return (int) INT.get(array, payloadAt + 16);
  }

  StreamGroup copy() {
    StreamGroup copy = new StreamGroup(name, lastId, entriesRead, pending.copy());
    for (StreamConsumer consumer : byNumber) {
      StreamConsumer copied = consumer == null ? null : consumer.copy();
      copy.byNumber.add(copied);
      if (copied != null) {
        copy.consumers.put(copied.name, copied);
      }
    }
    copy.free.addAll(free);
    return copy;
  }

  /** Checks the invariants; for tests. */
  void validate() {
    pending.validate();
    long owned = 0;
    for (StreamConsumer consumer : consumers.values()) {
      IdRecords ids = consumer.pending;
      ids.validate();
      owned += ids.size();
      LeafSequence.check(numbered(consumer.number).equals(consumer), "a number is another's");
      for (long at = ids.first(); at != IdRecords.NOWHERE; at = ids.next(at)) {
        PendingEntry entry = pending(ids.id(at));
        LeafSequence.check(
            entry != null && entry.consumer().equals(consumer), "a consumer's id is not its own");
      }
    }
    LeafSequence.check(owned == pending.size(), "an id has no consumer");
  }
}
