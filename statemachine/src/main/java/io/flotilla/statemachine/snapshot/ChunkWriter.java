package io.flotilla.statemachine.snapshot;

import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.keyspace.Walk;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * A walk's visitor that makes a snapshot of what it meets, chunk by chunk.
 *
 * <pre>
 *   snapshot := "FLOTILLA" version:u32 chunk(head) chunk(keys)* chunk(end)
 *   chunk    := length:u32 crc32c:u32 payload
 *   payload  := 0x01 ShardHead (protobuf) | 0x02 slot:varint count:varint key* | 0x03 keys:varint chunks:varint
 * </pre>
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

  /**
   * A chunk is handed on once it has grown to this; below it, small ranges of one slot after the
   * other would be many.
   */
  private static final int CHUNK_BYTES = 64 * 1024;

  private final Consumer<byte[]> chunks;
  private final ByteSink payload = new ByteSink(CHUNK_BYTES * 2);
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
  public void key(byte[] key, Value value, long deadlineMillis, long version) {
    KeyCodec.encode(key, value, deadlineMillis, version, payload);
    if (--pending == 0 && payload.size() >= CHUNK_BYTES) {
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
    ByteSink chunk = new ByteSink(payload.size() + 8);
    chunk.u32(payload.size()).u32((int) crc.getValue()).raw(payload.array(), 0, payload.size());
    chunks.accept(chunk.toByteArray());
    payload.clear();
    written++;
  }
}
