package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was told of a term or a vote is found again, whatever a full disk did to the file since. */
class KeptVoteTest {
  private static final String FIRST = "#a date\nterm=3\nvotedFor=n1\n";
  private static final String SECOND = "#a date\nterm=4\nvotedFor=\n";

  @TempDir Path dir;
  private Path votes;
  private Path kept;
  private KeptVote vote;

  @BeforeEach
  void names() {
    votes = dir.resolve("raft-meta");
    kept = dir.resolve("vote");
    vote = new KeptVote(votes, kept);
  }

  /** As Ratis does it: a new file, renamed over the old one, whether or not anything is in it. */
  private void ratisWrites(String text) throws IOException {
    Path file = dir.resolve("raft-meta.tmp");
    Files.writeString(file, text);
    Files.move(file, votes, StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void whatIsKeptFollowsTheFile() throws IOException {
    ratisWrites(FIRST);
    vote.keep();
    vote.keep();
    assertThat(kept).hasContent(FIRST);
    ratisWrites(SECOND);
    assertThat(kept).hasContent(FIRST);
    vote.keep();
    assertThat(kept).hasContent(SECOND);
  }

  @Test
  void anEmptiedFileIsNotKeptAndWhatWasKeptIsPutBack() throws IOException {
    ratisWrites(FIRST);
    vote.keep();
    ratisWrites("");
    assertThatThrownBy(vote::keep).isInstanceOf(IOException.class);
    assertThat(kept).hasContent(FIRST);
    KeptVote afterARestart = new KeptVote(votes, kept);
    assertThat(afterARestart.restore()).isTrue();
    assertThat(votes).hasContent(FIRST);
    ratisWrites(SECOND);
    afterARestart.keep();
    ratisWrites("");
    assertThat(afterARestart.restore()).as("again").isTrue();
    assertThat(votes).hasContent(SECOND);
  }

  /** A file that is damaged otherwise is a matter for people: it may be newer than what is kept. */
  @Test
  void onlyAnEmptyFileIsReplaced() throws IOException {
    ratisWrites(FIRST);
    vote.keep();
    ratisWrites("term=");
    assertThatThrownBy(vote::keep).hasMessageContaining("cannot be read");
    assertThat(vote.restore()).isFalse();
    ratisWrites("term=5\n");
    assertThatThrownBy(vote::keep).hasMessageContaining("has no vote");
    assertThat(vote.restore()).isFalse();
  }

  @Test
  void withoutAnythingWholeNothingIsPutBack() throws IOException {
    assertThat(vote.restore()).as("no files at all").isFalse();
    ratisWrites("");
    assertThat(vote.restore()).as("nothing kept").isFalse();
    Files.writeString(kept, "");
    assertThat(vote.restore()).as("an empty one kept").isFalse();
  }

  @Test
  void whatIsForgottenIsNotPutBack() throws IOException {
    ratisWrites(FIRST);
    vote.keep();
    vote.forget();
    ratisWrites("");
    assertThat(vote.restore()).isFalse();
    ratisWrites(FIRST);
    vote.keep();
    assertThat(kept).as("kept once more").hasContent(FIRST);
  }

  /** Not every file system gives a file two names; a copy does then. */
  @Test
  void whereThereAreNoHardLinksACopyIsKept() throws IOException {
    try (FileSystem zip =
        FileSystems.newFileSystem(dir.resolve("a.zip"), Map.of("create", "true"))) {
      Path theirs = zip.getPath("/raft-meta");
      Path ours = zip.getPath("/vote");
      Files.writeString(theirs, FIRST);
      new KeptVote(theirs, ours).keep();
      assertThat(Files.readString(ours)).isEqualTo(FIRST);
    }
  }
}
