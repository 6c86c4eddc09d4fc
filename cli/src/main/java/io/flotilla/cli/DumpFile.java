package io.flotilla.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A file that is to be imported, read from any place on. */
final class DumpFile implements AutoCloseable {
  /**
   * What is digested at each end: with the size, and the checksum at the end, enough to know it.
   */
  private static final int END_BYTES = 4096;

  private final Path path;
  private final FileChannel channel;
  private final long size;

  private DumpFile(Path path, FileChannel channel, long size) {
    this.path = path;
    this.channel = channel;
    this.size = size;
  }

  static DumpFile open(Path path) {
    try {
      if (!Files.isRegularFile(path)) {
        throw new NoSuchFileException(path + " is no file");
      }
      FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
      return new DumpFile(path, channel, channel.size());
    } catch (NoSuchFileException e) {
      throw new CliException(ExitCode.USAGE, "no-file", "There is no file " + path + ".", e);
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  static CliException unreadable(Path path, IOException e) {
    return new CliException(
        ExitCode.LOCAL_FAILURE, "file", path + " cannot be read or written: " + e.getMessage(), e);
  }

  Path path() {
    return path;
  }

  long size() {
    return size;
  }

  /** Up to so many bytes from this place on; an empty buffer at the end. */
  ByteBuffer read(long offset, int most) {
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(most, Math.max(0, size - offset)));
    try {
      int read = 0;
      while (bytes.hasRemaining() && read >= 0) {
        read = channel.read(bytes, offset + bytes.position());
      }
    } catch (IOException e) {
      throw unreadable(path, e);
    }
    return bytes.flip();
  }

  /** Tells this file from others. */
  String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, size));
      digest.update(read(0, END_BYTES));
      digest.update(read(Math.max(0, size - END_BYTES), END_BYTES));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }
}
