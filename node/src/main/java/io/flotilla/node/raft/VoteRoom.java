package io.flotilla.node.raft;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The room that a replica's term and vote need on the disk.
 *
 * <p>Ratis writes them to a new file and renames it when it is closed, also if writing it failed:
 * on a full disk an empty file takes the place of what was promised, and the replica cannot be
 * started again (C: {@code AtomicFileOutputStream}, {@code RaftStorageMetadataFileImpl}). So
 * without room a replica neither asks for votes nor gives one, and takes no new leader; it goes on
 * when there is room again. What fills the disk between the look and the write is not seen: for
 * that there is the {@link KeptVote}.
 */
final class VoteRoom {
  /** A term and a vote are some hundred bytes; what else fills the disk does not stop meanwhile. */
  static final long LEAST_BYTES = 8L << 20;

  private final Path directory;

  VoteRoom(Path directory) {
    this.directory = directory;
  }

  /**
   * @throws IOException if there is none
   */
  void require() throws IOException {
    FileStore store = Files.getFileStore(directory);
    if (!isEnough(store.getTotalSpace(), store.getUsableSpace())) {
      throw new IOException("the disk of " + directory + " is full: no vote could be kept");
    }
  }

  /** A store that does not tell its size has room. */
  static boolean isEnough(long totalBytes, long freeBytes) {
    return totalBytes <= 0 || freeBytes >= LEAST_BYTES;
  }
}
