package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A chaos run filled a node's disk; an empty file stood for its term and vote then, and the node
 * refused to start.
 */
class VoteRoomTest {
  @Test
  void aDiskWithRoomKeepsVotes(@TempDir Path directory) {
    assertThatCode(new VoteRoom(directory)::require).doesNotThrowAnyException();
  }

  @Test
  void aFullDiskKeepsNone() {
    assertThat(VoteRoom.isEnough(512L << 20, 0)).isFalse();
    assertThat(VoteRoom.isEnough(512L << 20, VoteRoom.LEAST_BYTES - 1)).isFalse();
    assertThat(VoteRoom.isEnough(512L << 20, VoteRoom.LEAST_BYTES)).isTrue();
  }

  @Test
  void aStoreThatDoesNotTellItsSizeDoesNotKeepANodeFromVoting() {
    assertThat(VoteRoom.isEnough(0, 0)).isTrue();
    assertThat(VoteRoom.isEnough(-1, 0)).isTrue();
  }

  @Test
  void whatCannotBeLookedAtKeepsNoVotes(@TempDir Path directory) {
    assertThatThrownBy(new VoteRoom(directory.resolve("gone"))::require)
        .isInstanceOf(IOException.class);
  }
}
