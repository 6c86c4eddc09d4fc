package io.flotilla.node.raft;

import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.ReplicatedMachine.SnapshotCut;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** A cut with the given text. */
record JournalCut(LogPosition position, String text) implements SnapshotCut {
  static void write(SnapshotFiles files, LogPosition position, String text) throws IOException {
    files.write(new JournalCut(position, text));
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {}
}
