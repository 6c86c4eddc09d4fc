package io.flotilla.statemachine.metadata;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.metadata.MetadataState;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * The metadata machine's state as bytes: in Raft snapshots, and under its digest.
 *
 * <pre>
 *   "FLMD" | format: 2 bytes | length of body: 4 bytes | body: MetadataState | CRC32C of all before: 4 bytes
 * </pre>
 *
 * <p>Big-endian. The state is small (some hundred bytes a node and a shard), so it is taken in one
 * step on the loop and needs no chunks. What does not read back exactly is refused, never guessed.
 */
public final class MetadataSnapshot {
  private MetadataSnapshot() {}

  /** The format that this program writes; it reads this one and all before. */
  public static final int FORMAT = 1;

  /**
   * A bound for what is read at once: MAX_OBJECTS libraries would exceed it, and so would no
   * snapshot that people make.
   */
  public static final int MAX_BYTES = 1 << 30;

  private static final int MAGIC = 0x464C4D44; // FLMD
  private static final int HEADER_BYTES = 10;
  private static final int TRAILER_BYTES = 4;

  /** Thrown when bytes are no snapshot that can be trusted. */
  public static final class Corrupt extends Exception {
    private static final long serialVersionUID = 1L;

    Corrupt(String what) {
      super(what);
    }
  }

  /** The state as bytes. */
  public static byte[] encode(MetadataState state) {
    byte[] body = state.toByteArray();
    ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + body.length + TRAILER_BYTES);
    out.putInt(MAGIC).putShort((short) FORMAT).putInt(body.length).put(body);
    CRC32C crc = new CRC32C();
    crc.update(out.array(), 0, out.position());
    out.putInt((int) crc.getValue());
    return out.array();
  }

  /** The state of these bytes, checked for damage, for its format and for its invariants. */
  public static MetadataState decode(byte[] bytes) throws Corrupt {
    if (bytes.length < HEADER_BYTES + TRAILER_BYTES) {
      throw new Corrupt("a metadata snapshot of " + bytes.length + " bytes is cut short");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (in.getInt() != MAGIC) {
      throw new Corrupt("not a metadata snapshot: it does not begin with FLMD");
    }
    int format = Short.toUnsignedInt(in.getShort());
    if (format != FORMAT) {
      throw new Corrupt(
          "metadata snapshot of format " + format + "; this program reads up to " + FORMAT);
    }
    int length = in.getInt();
    if (length != bytes.length - HEADER_BYTES - TRAILER_BYTES) {
      throw new Corrupt(
          "a metadata snapshot's body should have "
              + length
              + " bytes, the file has "
              + bytes.length);
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, HEADER_BYTES + length);
    if ((int) crc.getValue() != ByteBuffer.wrap(bytes).getInt(HEADER_BYTES + length)) {
      throw new Corrupt("a metadata snapshot's checksum does not fit its bytes");
    }
    try {
      MetadataState state = MetadataState.parseFrom(ByteBuffer.wrap(bytes, HEADER_BYTES, length));
      MetadataInvariants.check(state);
      return state;
    } catch (InvalidProtocolBufferException e) {
      throw new Corrupt("a metadata snapshot's body cannot be read: " + e.getMessage());
    } catch (MetadataInvariants.Broken e) {
      throw new Corrupt("a metadata snapshot contradicts itself: " + e.getMessage());
    }
  }

  /** The digest of a state: SHA-256 of its bytes, in hexadecimal. */
  public static String digest(MetadataState state) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(state.toByteArray()));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
