package io.flotilla.node.loading;

import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.datatypes.PendingEntry;
import io.flotilla.statemachine.datatypes.SetValue;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.datatypes.StreamConsumer;
import io.flotilla.statemachine.datatypes.StreamGroup;
import io.flotilla.statemachine.datatypes.StreamId;
import io.flotilla.statemachine.datatypes.StreamValue;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The content of a value in 32 bytes, the same however it is encoded and wherever it was made: by
 * RESTORE, by commands, or out of a file.
 *
 * <p>Elements that have an order of their own are digested in it; members and fields have none that
 * means anything, so their digests are added up. When a stream's consumers were last seen is no
 * content: it cannot be told to a stream that is put together from commands.
 */
final class Fingerprint {
  private final MessageDigest digest = sha256();
  private final MessageDigest one = sha256();
  private long sum;
  private long otherSum;
  private long count;

  private Fingerprint() {}

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** The fingerprint of a value. */
  static byte[] of(Value value) {
    return new Fingerprint().digest(value);
  }

  private byte[] digest(Value value) {
    add(digest, Work.word(value.type().toString()));
    switch (value) {
      case StringValue string -> digest.update(string.array(), 0, string.length());
      case ListValue list -> list.forEach(element -> add(digest, element));
      case SetValue set ->
          set.forEach(member -> {
            add(one, member);
            anyOrder();
          });
      case SortedSetValue set ->
          set.forEach((member, score) -> {
            add(one, member);
            add(one, score == 0 ? 0 : Double.doubleToLongBits(score));
            anyOrder();
          });
      case HashValue hash ->
          hash.forEach((field, content) -> {
            add(one, field);
            add(one, content);
            add(one, hash.deadlineMillis(field));
            anyOrder();
          });
      case StreamValue stream -> stream(stream);
    }
    add(digest, count);
    add(digest, sum);
    add(digest, otherSum);
    return digest.digest();
  }

  private void anyOrder() {
    ByteBuffer bytes = ByteBuffer.wrap(one.digest());
    sum += bytes.getLong();
    otherSum += bytes.getLong();
    count++;
  }

  private void stream(StreamValue stream) {
    add(digest, stream.lastId());
    add(digest, stream.maxDeletedId());
    add(digest, stream.entriesAdded());
    stream.range(
        StreamId.MIN,
        StreamId.MAX,
        (id, fieldsAndValues) -> {
          add(digest, id);
          add(digest, fieldsAndValues.length);
          for (byte[] each : fieldsAndValues) {
            add(digest, each);
          }
          return true;
        });
    for (StreamGroup group : stream.groups()) {
      group(group);
    }
  }

  private void group(StreamGroup group) {
    add(one, group.name());
    add(one, group.lastId());
    add(one, group.entriesRead());
    anyOrder();
    for (StreamConsumer consumer : group.consumers()) {
      add(one, group.name());
      add(one, consumer.name());
      anyOrder();
    }
    PendingEntry entry = group.pendingFrom(StreamId.MIN);
    while (entry != null) {
      add(one, group.name());
      add(one, entry.consumer().name());
      add(one, entry.id());
      add(one, entry.deliveredMillis());
      add(one, entry.deliveries());
      anyOrder();
      StreamId next = entry.id().next();
      entry = next == null ? null : group.pendingFrom(next);
    }
  }

  private static void add(MessageDigest to, StreamId id) {
    add(to, id.ms());
    add(to, id.seq());
  }

  private static void add(MessageDigest to, long number) {
    to.update(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
  }

  private static void add(MessageDigest to, byte[] bytes) {
    add(to, bytes.length);
    to.update(bytes);
  }
}
