package io.flotilla.statemachine.snapshot;

import io.flotilla.statemachine.bytes.ByteSource;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.keyspace.Keyspace;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.function.Function;
import java.util.zip.CRC32C;

/**
 * Reads what {@link ChunkWriter} wrote, into a keyspace of its own; a flipped bit or a missing end
 * is a {@link CorruptException}.
 */
public final class ChunkReader {
  /** No chunk is larger: a length beyond it is damage, not data. */
  private static final int MAX_CHUNK_BYTES = Integer.MAX_VALUE - 64;

  private final DataInputStream in;
  private long chunks;
  private long keys;

  /** Reads from this stream, to the end of the snapshot. */
  public ChunkReader(InputStream in) {
    this.in = new DataInputStream(in);
  }

  /**
   * Reads a whole snapshot.
   *
   * @param keyspaceFor makes the keyspace to fill, from the bytes of the head
   * @throws IOException if the stream fails
   * @throws CorruptException if this is not a whole snapshot of a version that this release knows
   */
  public void read(Function<byte[], Keyspace> keyspaceFor) throws IOException {
    byte[] magic = in.readNBytes(ChunkWriter.MAGIC.length);
    if (!Arrays.equals(magic, ChunkWriter.MAGIC)) {
      throw new CorruptException("this is no Flotilla snapshot");
    }
    int version = readInt();
    if (version != ChunkWriter.VERSION) {
      throw new CorruptException(
          "a snapshot of version "
              + version
              + "; this release reads version "
              + ChunkWriter.VERSION);
    }
    ByteSource head = chunk();
    if (head.u8() != ChunkWriter.HEAD) {
      throw new CorruptException("the snapshot does not begin with its head");
    }
    Keyspace keyspace = keyspaceFor.apply(head.raw(head.remaining()));
    boolean more = true;
    while (more) {
      long before = chunks;
      more = keysOrEnd(chunk(), keyspace, before);
    }
  }

  private boolean keysOrEnd(ByteSource chunk, Keyspace keyspace, long chunksBefore) {
    while (chunk.remaining() > 0) {
      int kind = chunk.u8();
      switch (kind) {
        case ChunkWriter.KEYS -> {
          int slot = (int) chunk.varint();
          if (slot < 0 || slot >= HashSlot.COUNT) {
            throw new CorruptException("a range of keys in slot " + slot);
          }
          int count = chunk.count(1);
          for (int i = 0; i < count; i++) {
            KeyCodec.decodeInto(keyspace, chunk);
          }
          keys += count;
        }
        case ChunkWriter.END -> {
          long wantedKeys = chunk.varint();
          long wantedChunks = chunk.varint();
          chunk.end();
          if (wantedKeys != keys || wantedChunks != chunksBefore) {
            throw new CorruptException(
                "the snapshot ends with "
                    + keys
                    + " keys in "
                    + chunksBefore
                    + " chunks; it had "
                    + wantedKeys
                    + " in "
                    + wantedChunks);
          }
          return false;
        }
        default -> throw new CorruptException("a part of unknown kind " + kind);
      }
    }
    return true;
  }

  private ByteSource chunk() throws IOException {
    int length = readInt();
    if (length <= 0 || length > MAX_CHUNK_BYTES) {
      throw new CorruptException("a chunk of " + length + " bytes");
    }
    int crc = readInt();
    byte[] payload = in.readNBytes(length);
    if (payload.length < length) {
      throw new CorruptException("the snapshot ends within a chunk");
    }
    CRC32C actual = new CRC32C();
    actual.update(payload);
    if ((int) actual.getValue() != crc) {
      throw new CorruptException("the checksum of chunk " + chunks + " does not match its bytes");
    }
    chunks++;
    return new ByteSource(payload);
  }

  private int readInt() throws IOException {
    try {
      return in.readInt();
    } catch (EOFException cut) {
      throw new CorruptException("the snapshot ends before its end");
    }
  }
}
