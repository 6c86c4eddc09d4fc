package io.flotilla.node.metadata;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.identity.NodeIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * The file {@code node.identity}: whose directory this is.
 *
 * <p>Written whole to a temporary file, fsynced, renamed over the old one, and the directory
 * fsynced, so a crash leaves the old one or the new one. Its format is told in identity.proto. What
 * does not read back exactly is refused, never guessed.
 */
final class IdentityFile {
  private IdentityFile() {}

  static final String NAME = "node.identity";
  static final int FORMAT = 1;

  private static final String TEMPORARY = NAME + ".new";
  private static final int MAGIC = 0x464C4944; // FLID
  private static final int HEADER_BYTES = 10;
  private static final int TRAILER_BYTES = 4;

  static byte[] encode(NodeIdentity identity) {
    byte[] body = identity.toByteArray();
    ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + body.length + TRAILER_BYTES);
    out.putInt(MAGIC).putShort((short) FORMAT).putInt(body.length).put(body);
    out.putInt(crc(out.array(), HEADER_BYTES + body.length));
    return out.array();
  }

  static NodeIdentity decode(Path directory, byte[] bytes) throws UnusableDirectoryException {
    if (bytes.length < HEADER_BYTES + TRAILER_BYTES) {
      throw damaged(directory, "has only " + bytes.length + " bytes");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (in.getInt() != MAGIC) {
      throw damaged(directory, "does not begin with FLID");
    }
    int format = Short.toUnsignedInt(in.getShort());
    if (format > FORMAT) {
      throw new UnusableDirectoryException(
          directory,
          NAME
              + " has format "
              + format
              + ", written by a newer Flotilla; this one reads up to "
              + FORMAT
              + ". Start the newer one");
    }
    int length = in.getInt();
    if (length != bytes.length - HEADER_BYTES - TRAILER_BYTES
        || in.getInt(HEADER_BYTES + length) != crc(bytes, HEADER_BYTES + length)) {
      throw damaged(directory, "has another length or checksum than it says");
    }
    try {
      return NodeIdentity.parseFrom(ByteBuffer.wrap(bytes, HEADER_BYTES, length));
    } catch (InvalidProtocolBufferException e) {
      throw damaged(directory, "cannot be read: " + e.getMessage());
    }
  }

  private static UnusableDirectoryException damaged(Path directory, String how) {
    return new UnusableDirectoryException(
        directory,
        NAME
            + " "
            + how
            + ". The node cannot know what it has voted for and must not start on it; keep the directory, and give the node an empty"
            + " one and a new id with \"flotilla node replace\"");
  }

  private static int crc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  static void write(Path directory, NodeIdentity identity) throws IOException {
    place(directory.resolve(NAME), directory.resolve(TEMPORARY), encode(identity));
  }

  /** Puts a file in place, durably: whoever opens it finds all of it or what was there before. */
  static void place(Path file, Path temporary, byte[] content) throws IOException {
    try (FileChannel out =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    syncDirectory(Objects.requireNonNull(file.toAbsolutePath().getParent()));
  }

  static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  static boolean isOwn(String fileName) {
    return fileName.equals(NAME) || fileName.equals(TEMPORARY);
  }
}
