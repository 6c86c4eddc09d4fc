package io.flotilla.statemachine.snapshot;

import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.bytes.ByteSource;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;

/**
 * A value as bytes: exactly what makes it behave as it does, its order and its encoding included,
 * and nothing of how it lies in memory.
 *
 * <p>A tag for each structure, never reused; golden bytes keep old snapshots readable.
 */
final class ValueCodec {
  private static final int STRING = 1;
  private static final int STRING_CHANGED_IN_PLACE = 2;

  private ValueCodec() {}

  static void encode(Value value, ByteSink sink) {
    switch (value) {
      case StringValue string ->
          sink.u8(string.isChangedInPlace() ? STRING_CHANGED_IN_PLACE : STRING)
              .block(string.array(), 0, string.length());
    }
  }

  static Value decode(ByteSource source) {
    int tag = source.u8();
    return switch (tag) {
      case STRING -> StringValue.of(source.block());
      case STRING_CHANGED_IN_PLACE -> StringValue.changedInPlace(source.block());
      default -> throw new CorruptException("a value with the unknown tag " + tag);
    };
  }
}
