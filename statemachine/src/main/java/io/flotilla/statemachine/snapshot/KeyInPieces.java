package io.flotilla.statemachine.snapshot;

import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.datatypes.Chunks;
import io.flotilla.statemachine.datatypes.ElementVisitor;
import io.flotilla.statemachine.datatypes.Value;
import java.util.ArrayDeque;

/**
 * A key whose value is too large to be encoded in one go, captured as it is, and encoded piece by
 * piece: exactly the bytes of {@link KeyCodec#encode}, cut anywhere.
 *
 * <p>A piece ends with the chunk of the value that fills it. An element that is itself longer than
 * a piece waits where it lies, and goes over several pieces.
 */
final class KeyInPieces {
  /** What is encoded in one go: some 100 µs of the loop. */
  static final int PIECE_BYTES = 64 * 1024;

  private final byte[] head;
  private final Chunks chunks;
  private final ArrayDeque<Slice> waiting = new ArrayDeque<>();
  private boolean begun;
  private int chunk;

  /** Bytes of an element that does not fit a piece. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Slice(byte[] array, int from, int length) {}

  KeyInPieces(byte[] key, Value value, long deadlineMillis, long version) {
    this.head = KeyCodec.head(key, value, deadlineMillis, version);
    this.chunks = value.capture();
  }

  /** Whether nothing was encoded yet. */
  boolean isFirst() {
    return !begun;
  }

  /** Encodes the next piece. */
  void next(ByteSink sink) {
    int full = sink.size() + PIECE_BYTES;
    if (!begun) {
      begun = true;
      sink.raw(head, 0, head.length);
    }
    Pieces pieces = new Pieces(sink);
    while (sink.size() < full && !isDone()) {
      Slice slice = waiting.poll();
      if (slice == null) {
        chunks.show(chunk++, pieces);
      } else {
        int taken = Math.min(slice.length, full - sink.size());
        sink.raw(slice.array, slice.from, taken);
        if (taken < slice.length) {
          waiting.addFirst(new Slice(slice.array, slice.from + taken, slice.length - taken));
        }
      }
    }
  }

  /** Whether all was encoded. */
  boolean isDone() {
    return waiting.isEmpty() && chunk == chunks.count() && begun;
  }

  /** Gives up what is not encoded yet. */
  void close() {
    chunks.close();
    waiting.clear();
  }

  private final class Pieces implements ElementVisitor {
    private final ByteSink sink;

    Pieces(ByteSink sink) {
      this.sink = sink;
    }

    @Override
    public void element(byte[] array, int from, int length) {
      if (length <= PIECE_BYTES && waiting.isEmpty()) {
        sink.block(array, from, length);
      } else {
        ByteSink lengthBytes = new ByteSink(5);
        lengthBytes.varint(length);
        waiting.add(new Slice(lengthBytes.array(), 0, lengthBytes.size()));
        waiting.add(new Slice(array, from, length));
      }
    }

    @Override
    public void score(double score) {
      if (waiting.isEmpty()) {
        ValueCodec.score(score, sink);
      } else {
        ByteSink bytes = new ByteSink(Long.BYTES);
        ValueCodec.score(score, bytes);
        waiting.add(new Slice(bytes.array(), 0, bytes.size()));
      }
    }

    @Override
    public void piece(byte[] array, int from, int length) {
      sink.raw(array, from, length);
    }
  }
}
