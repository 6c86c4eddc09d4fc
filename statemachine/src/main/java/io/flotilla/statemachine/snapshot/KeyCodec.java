package io.flotilla.statemachine.snapshot;

import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.bytes.ByteSource;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.expiry.Expirable;
import io.flotilla.statemachine.keyspace.Keyspace;

/**
 * A key with its deadline, version and value as bytes: {@code key deadline+1:varint version:signed
 * value}.
 */
final class KeyCodec {
  private KeyCodec() {}

  static void encode(byte[] key, Value value, long deadlineMillis, long version, ByteSink sink) {
    sink.block(key).varint(deadlineMillis - Expirable.NEVER).signed(version);
    ValueCodec.encode(value, sink);
  }

  /** What stands before the value's elements. */
  static byte[] head(byte[] key, Value value, long deadlineMillis, long version) {
    ByteSink sink = new ByteSink(key.length + 32);
    sink.block(key).varint(deadlineMillis - Expirable.NEVER).signed(version);
    ValueCodec.head(value, sink);
    return sink.toByteArray();
  }

  static void decodeInto(Keyspace keyspace, ByteSource source) {
    byte[] key = source.block();
    long deadline = source.varint() + Expirable.NEVER;
    long version = source.signed();
    keyspace.restore(key, ValueCodec.decode(source, keyspace.hash()), deadline, version);
  }
}
