package io.flotilla.statemachine.snapshot;

import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.keyspace.Walk;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * A walk's visitor that makes a snapshot of what it meets, chunk by chunk.
 *
 * <pre>
 *   snapshot := "FLOTILLA" version:u32 chunk(head) chunk(keys)* chunk(end)
 *   chunk    := length:u32 crc32c:u32 payload
 *   payload  := 0x01 ShardHead (protobuf) | part* | 0x03 keys:varint chunks:varint
 *   part     := 0x02 slot:varint count:varint key*
 *             | 0x04 slot:varint place:u8 length:varint byte*       place: 1 first + 2 last of its key
 * </pre>
 *
 * <p>A key too large for one go is the bytes of one key cut anywhere, in parts of kind 4: only one
 * such key is under way at a time, but keys of kind 2 may stand between its parts. So a chunk is
 * bounded ({@link #CHUNK_BYTES}, and once more what one step adds), whatever the keys hold.
 *
 * <p>The end counts what came before it, so that a snapshot cut at a chunk's border is not taken
 * for a whole one.
 */
public final class ChunkWriter implements Walk.Visitor {
  static final byte[] MAGIC = {'F', 'L', 'O', 'T', 'I', 'L', 'L', 'A'};
  static final int VERSION = 1;
  static final int HEAD = 1;
  static final int KEYS = 2;
  static final int END = 3;
  static final int PIECE = 4;

  /** The first part of a large key. */
  static final int FIRST = 1;

  /** The last part of a large key. */
  static final int LAST = 2;

  /**
   * A chunk is handed on once it has grown to this; below it, small ranges of one slot after the
   * other would be many.
   */
  private static final int CHUNK_BYTES = 64 * 1024;

  private final Consumer<byte[]> chunks;
  private final ByteSink payload = new ByteSink(CHUNK_BYTES * 2);
  private final ByteSink piece = new ByteSink(KeyInPieces.PIECE_BYTES * 2);
  private int pending;
  private long keys;
  private long written;

  /** Hands finished pieces of the snapshot, in order, to this consumer, which must not block. */
  public ChunkWriter(Consumer<byte[]> chunks) {
    this.chunks = chunks;
  }

  /** Writes the beginning: all state that is no key. */
  public void head(byte[] head) {
    ByteSink start = new ByteSink(16);
    start.raw(MAGIC, 0, MAGIC.length).u32(VERSION);
    chunks.accept(start.toByteArray());
    payload.clear();
    payload.u8(HEAD).raw(head, 0, head.length);
    hand();
  }

  @Override
  public void range(int slot, int size) {
    payload.u8(KEYS).varint(slot).varint(size);
    pending = size;
    keys += size;
  }

  @Override
  public int key(byte[] key, Value value, long deadlineMillis, long version) {
    int before = payload.size();
    KeyCodec.encode(key, value, deadlineMillis, version, payload);
    int bytes = payload.size() - before;
    pending--;
    maybeHand();
    return bytes;
  }

  @Override
  public Walk.Pieces large(int slot, byte[] key, Value value, long deadlineMillis, long version) {
    keys++;
    KeyInPieces pieces = new KeyInPieces(key, value, deadlineMillis, version);
    return new Walk.Pieces() {
      @Override
      public int next() {
        int place = pieces.isFirst() ? FIRST : 0;
        piece.clear();
        pieces.next(piece);
        payload
            .u8(PIECE)
            .varint(slot)
            .u8(pieces.isDone() ? place | LAST : place)
            .block(piece.array(), 0, piece.size());
        maybeHand();
        return piece.size();
      }

      @Override
      public boolean isDone() {
        return pieces.isDone();
      }

      @Override
      public void close() {
        pieces.close();
      }
    };
  }

  private void maybeHand() {
    if (pending == 0 && payload.size() >= CHUNK_BYTES) {
      hand();
    }
  }

  /** Writes the end; the walk is done. */
  public void end() {
    if (payload.size() > 0) {
      hand();
    }
    payload.u8(END).varint(keys).varint(written);
    hand();
  }

  private void hand() {
    CRC32C crc = new CRC32C();
    crc.update(payload.array(), 0, payload.size());
    byte[] chunk = new byte[payload.size() + 2 * Integer.BYTES];
    ByteBuffer.wrap(chunk)
        .putInt(payload.size())
        .putInt((int) crc.getValue())
        .put(payload.array(), 0, payload.size());
    chunks.accept(chunk);
    payload.clear();
    written++;
  }
}
