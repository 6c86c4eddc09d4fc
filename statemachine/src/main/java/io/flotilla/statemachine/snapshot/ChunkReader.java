package io.flotilla.statemachine.snapshot;

import io.flotilla.statemachine.bytes.ByteSource;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.keyspace.Keyspace;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
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

  private static final byte[] NOTHING = {};

  private final DataInputStream in;
  private ByteSource current = new ByteSource(NOTHING);
  private boolean lastPiece;
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
    for (byte[] first = nextPiece(keyspace, true);
        first.length > 0;
        first = nextPiece(keyspace, true)) {
      ByteSource key = new ByteSource(first, () -> furtherPiece(keyspace));
      try {
        KeyCodec.decodeInto(keyspace, key);
      } catch (UncheckedIOException failed) {
        throw failed.getCause();
      }
      key.end();
      if (!lastPiece) {
        throw new CorruptException("a large key has more pieces than it needs");
      }
      keys++;
    }
  }

  private byte[] furtherPiece(Keyspace keyspace) {
    if (lastPiece) {
      throw new CorruptException("a large key ends before its end");
    }
    try {
      return nextPiece(keyspace, false);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /**
   * Restores what comes before the next piece of a large key, and reads that piece; nothing at the
   * end of the snapshot. Pieces are never empty.
   */
  private byte[] nextPiece(Keyspace keyspace, boolean first) throws IOException {
    while (true) {
      long chunksBefore = chunks;
      while (current.remaining() == 0) {
        chunksBefore = chunks;
        current = chunk();
      }
      int kind = current.u8();
      switch (kind) {
        case ChunkWriter.KEYS -> keys(keyspace);
        case ChunkWriter.PIECE -> {
          slot();
          int place = current.u8();
          byte[] piece = current.block();
          if (((place & ChunkWriter.FIRST) != 0) != first || piece.length == 0) {
            throw new CorruptException("a piece of a large key where it does not belong");
          }
          lastPiece = (place & ChunkWriter.LAST) != 0;
          return piece;
        }
        case ChunkWriter.END -> {
          if (!first) {
            throw new CorruptException("the snapshot ends within a large key");
          }
          end(chunksBefore);
          return NOTHING;
        }
        default -> throw new CorruptException("a part of unknown kind " + kind);
      }
    }
  }

  private void keys(Keyspace keyspace) {
    slot();
    int count = current.count(1);
    for (int i = 0; i < count; i++) {
      KeyCodec.decodeInto(keyspace, current);
    }
    keys += count;
  }

  private void slot() {
    int slot = (int) current.varint();
    if (slot < 0 || slot >= HashSlot.COUNT) {
      throw new CorruptException("a range of keys in slot " + slot);
    }
  }

  private void end(long chunksBefore) {
    long wantedKeys = current.varint();
    long wantedChunks = current.varint();
    current.end();
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
