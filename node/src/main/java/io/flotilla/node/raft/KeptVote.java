package io.flotilla.node.raft;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Properties;

/**
 * A second name for the file with a replica's term and vote, so that what was promised is there
 * after a write of it has failed.
 *
 * <p>On a full disk Ratis puts an empty file in the place of what was promised; {@link VoteRoom}
 * tells how, and makes it rare. Here the file that was whole stays under a name of ours, a hard
 * link, which takes no room; where a file system has none, a copy.
 *
 * <p><b>Order.</b> Ratis tells nobody of a term or a vote before its file holds it, and no message
 * that may tell of one leaves before {@link #keep}. So what is kept is never older than what was
 * told; where an attempt to write failed behind it, nobody was told of that. Both renames go
 * through the same journal, so neither is fsynced here: a loss of power that takes back the second
 * leaves a whole file under the first name.
 *
 * <p>Only a transport that calls {@link #keep} may leave a kept vote behind: see {@link #forget}.
 * Any thread.
 */
final class KeptVote {
  private final Path votes;
  private final Path kept;
  private byte[] keptBytes = {};

  /**
   * What such a file holds.
   *
   * @param term the replica's term
   * @param votedFor whom it has voted for in it; empty for nobody
   */
  record Vote(long term, String votedFor) {
    /**
     * Reads a file of Ratis.
     *
     * @throws IOException if it is not whole; its message fits behind the file's name
     */
    static Vote parse(byte[] file) throws IOException {
      Properties votes = new Properties();
      long term;
      try {
        votes.load(new StringReader(new String(file, StandardCharsets.UTF_8)));
        term = Long.parseLong(votes.getProperty("term", ""));
      } catch (IllegalArgumentException e) {
        throw new IOException("the file with this replica's term and vote cannot be read", e);
      }
      String votedFor = votes.getProperty("votedFor");
      if (votedFor == null) {
        throw new IOException("the file with this replica's term and vote has no vote");
      }
      return new Vote(term, votedFor);
    }
  }

  /**
   * @param votes Ratis' file
   * @param kept the second name, on the same file system
   */
  KeptVote(Path votes, Path kept) {
    this.votes = votes;
    this.kept = kept;
  }

  /**
   * Keeps what the file holds now; quick if that is kept already.
   *
   * @throws IOException if the file is not whole, or could not be kept: then nobody must be told of
   *     it
   */
  synchronized void keep() throws IOException {
    byte[] now = Files.readAllBytes(votes);
    if (now.length > 0 && Arrays.equals(now, keptBytes) && Files.exists(kept)) {
      return;
    }
    Path linked = linkTo(votes);
    // What was linked may be another file than what was read: it is this one that must be whole.
    byte[] bytes = Files.readAllBytes(linked);
    Vote.parse(bytes);
    Files.move(linked, kept, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    keptBytes = bytes;
  }

  /**
   * Puts what is kept in the place of an empty file.
   *
   * @return whether it did; not if the file is not empty, or nothing whole is kept
   */
  synchronized boolean restore() throws IOException {
    if (!Files.exists(votes) || Files.size(votes) > 0 || !Files.exists(kept)) {
      return false;
    }
    try {
      Vote.parse(Files.readAllBytes(kept));
    } catch (IOException e) {
      return false;
    }
    Path linked = linkTo(kept);
    Files.move(linked, votes, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Disk.syncFolder(Disk.parent(votes));
    return true;
  }

  /** Keeps nothing: terms and votes go by another transport, which would not keep them. */
  synchronized void forget() throws IOException {
    Files.deleteIfExists(kept);
    keptBytes = new byte[0];
  }

  private Path linkTo(Path file) throws IOException {
    Path link = kept.resolveSibling(kept.getFileName() + ".new");
    Files.deleteIfExists(link);
    try {
      return Files.createLink(link, file);
    } catch (UnsupportedOperationException | FileSystemException e) {
      return Files.copy(file, link);
    }
  }
}
