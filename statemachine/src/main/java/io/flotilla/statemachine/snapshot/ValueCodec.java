package io.flotilla.statemachine.snapshot;

import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.bytes.ByteSource;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.ElementVisitor;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.datatypes.SetValue;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.datatypes.StreamValue;
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

  private static final int HASH_SMALL = 3;
  private static final int HASH_LARGE = 4;
  private static final int LIST_SMALL = 5;
  private static final int LIST_LARGE = 6;
  private static final int SET_INTEGERS = 7;
  private static final int SET_SMALL = 8;
  private static final int SET_LARGE = 9;
  private static final int SORTED_SET_SMALL = 10;
  private static final int SORTED_SET_LARGE = 11;

  /** Behind the number of fields stands that of deadlines, behind the fields those deadlines. */
  private static final int HASH_SMALL_WITH_DEADLINES = 12;

  private static final int HASH_LARGE_WITH_DEADLINES = 13;
  private static final int STREAM = 14;

  private ValueCodec() {}

  static void encode(Value value, ByteSink sink) {
    head(value, sink);
    value.show(new Elements(sink, value instanceof StringValue));
  }

  /** The tag, and the length of a string, the number of elements or of a stream's blocks. */
  static void head(Value value, ByteSink sink) {
    switch (value) {
      case StringValue string ->
          sink.u8(string.isChangedInPlace() ? STRING_CHANGED_IN_PLACE : STRING)
              .varint(string.length());
      case HashValue hash when hash.hasDeadlines() ->
          sink.u8(hash.isLarge() ? HASH_LARGE_WITH_DEADLINES : HASH_SMALL_WITH_DEADLINES)
              .varint(hash.size())
              .varint(hash.deadlines());
      case HashValue hash -> sink.u8(hash.isLarge() ? HASH_LARGE : HASH_SMALL).varint(hash.size());
      case ListValue list -> sink.u8(list.isLarge() ? LIST_LARGE : LIST_SMALL).varint(list.size());
      case SetValue set ->
          sink.u8(
                  switch (set.form()) {
                    case INTEGERS -> SET_INTEGERS;
                    case SMALL -> SET_SMALL;
                    case LARGE -> SET_LARGE;
                  })
              .varint(set.size());
      case SortedSetValue set ->
          sink.u8(set.isLarge() ? SORTED_SET_LARGE : SORTED_SET_SMALL).varint(set.size());
      case StreamValue stream -> sink.u8(STREAM).varint(stream.blockCount());
    }
  }

  /** Writes elements as they come; a string's length is in its head already. */
  private record Elements(ByteSink sink, boolean ofString) implements ElementVisitor {
    @Override
    public void element(byte[] array, int from, int length) {
      if (ofString) {
        sink.raw(array, from, length);
      } else {
        sink.block(array, from, length);
      }
    }

    @Override
    public void score(double score) {
      ValueCodec.score(score, sink);
    }

    @Override
    public void piece(byte[] array, int from, int length) {
      sink.raw(array, from, length);
    }
  }

  static void score(double score, ByteSink sink) {
    sink.u64(Double.doubleToRawLongBits(score));
  }

  static Value decode(ByteSource source, SipHash hash) {
    int tag = source.u8();
    return switch (tag) {
      case STRING -> StringValue.of(source.block());
      case STRING_CHANGED_IN_PLACE -> StringValue.changedInPlace(source.block());
      case HASH_SMALL, HASH_LARGE -> {
        HashValue value = HashValue.restoring(hash, tag == HASH_LARGE);
        for (long left = source.count(2); left > 0; left--) {
          value.restore(source.block(), source.block());
        }
        yield value;
      }
      case HASH_SMALL_WITH_DEADLINES, HASH_LARGE_WITH_DEADLINES -> {
        HashValue value = HashValue.restoring(hash, tag == HASH_LARGE_WITH_DEADLINES);
        long fields = source.count(2);
        long deadlines = source.varint();
        if (deadlines < 0 || deadlines > fields) {
          throw new CorruptException(deadlines + " deadlines of " + fields + " fields");
        }
        for (long left = fields; left > 0; left--) {
          value.restore(source.block(), source.block());
        }
        value.allowDeadlines();
        for (long left = deadlines; left > 0; left--) {
          value.deadline(source.block(), (long) Double.longBitsToDouble(source.u64()));
        }
        yield value;
      }
      case LIST_SMALL, LIST_LARGE -> {
        ListValue value = ListValue.restoring(tag == LIST_LARGE);
        for (long left = source.count(1); left > 0; left--) {
          value.restore(source.block());
        }
        yield value;
      }
      case SET_INTEGERS -> set(source, SetValue.empty(hash, SetValue.Form.INTEGERS));
      case SET_SMALL -> set(source, SetValue.empty(hash, SetValue.Form.SMALL));
      case SET_LARGE -> set(source, SetValue.empty(hash, SetValue.Form.LARGE));
      case SORTED_SET_SMALL, SORTED_SET_LARGE -> {
        SortedSetValue value = SortedSetValue.empty(hash, tag == SORTED_SET_LARGE);
        for (long left = source.count(9); left > 0; left--) {
          value.restore(source.block(), Double.longBitsToDouble(source.u64()));
        }
        yield value;
      }
      case STREAM -> StreamValue.read(source);
      default -> throw new CorruptException("a value with the unknown tag " + tag);
    };
  }

  private static SetValue set(ByteSource source, SetValue value) {
    for (long left = source.count(1); left > 0; left--) {
      value.restore(source.block());
    }
    return value;
  }
}
