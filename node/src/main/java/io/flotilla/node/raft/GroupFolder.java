package io.flotilla.node.raft;

import io.flotilla.node.proposal.GroupId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.raftlog.LogProtoUtils;

/**
 * Where a group's replica lives on disk, Ratis' files and ours.
 *
 * <pre>
 *   groups/&lt;group&gt;/current/    Ratis: log segments, raft-meta (term and vote), raft-meta.conf (members)
 *                  sm/         snapshots, the newest two; Ratis swaps the whole folder when it installs one
 *                  tmp/        Ratis: a snapshot that is arriving
 *                  flotilla/   durable (the {@link DurabilityMarker}), vote (the {@link KeptVote}), a
 *                              snapshot that is being written, spent (the {@link SpentSegments})
 * </pre>
 *
 * <p>A group's folder is made once; group ids are never reused.
 */
final class GroupFolder {
  private static final String OURS = "flotilla";

  private final GroupId group;
  private final Path root;
  private final DurabilityMarker marker;
  private final KeptVote keptVote;
  private final SnapshotFiles snapshots;
  private final SpentSegments spentSegments;

  GroupFolder(GroupId group, Path groups) {
    this.group = group;
    this.root = groups.resolve(group.toString());
    this.marker = new DurabilityMarker(ours().resolve("durable"));
    this.keptVote = new KeptVote(votes(), ours().resolve("vote"));
    this.snapshots =
        new SnapshotFiles(root.resolve("sm"), root.resolve("tmp"), ours().resolve("snapshot.new"));
    this.spentSegments = new SpentSegments(log(), ours().resolve("spent"));
  }

  GroupId group() {
    return group;
  }

  Path root() {
    return root;
  }

  /** Ratis' log and votes. */
  Path log() {
    return root.resolve("current");
  }

  /** The term and the vote. */
  Path votes() {
    return log().resolve("raft-meta");
  }

  private Path members() {
    return log().resolve("raft-meta.conf");
  }

  private Path ours() {
    return root.resolve(OURS);
  }

  DurabilityMarker marker() {
    return marker;
  }

  KeptVote keptVote() {
    return keptVote;
  }

  SnapshotFiles snapshots() {
    return snapshots;
  }

  SpentSegments spentSegments() {
    return spentSegments;
  }

  /** Makes the folder of ours, durably, before anything is put in it. */
  void create() throws IOException {
    if (!Files.isDirectory(ours())) {
      Files.createDirectories(ours());
      Disk.syncFolder(root);
      Disk.syncFolder(Disk.parent(root));
    }
  }

  /**
   * Writes down the members with which a group begins.
   *
   * <p>Ratis writes this file when it applies the first configuration entry; if all members stop
   * before that, each would come back with an empty configuration, wait for a leader, and none
   * would ever stand for election. The file is Ratis' own kind: a log entry of index 0, which is
   * where the first leader puts the same configuration.
   */
  void rememberFirstMembers(RaftConfiguration members) throws IOException {
    if (Files.exists(members()) || members.getCurrentPeers().isEmpty()) {
      return;
    }
    LogEntryProto entry = LogProtoUtils.toLogEntryProto(members, 0L, 0);
    Disk.replace(members(), ByteBuffer.wrap(entry.toByteArray()));
  }

  @Override
  public String toString() {
    return root.toString();
  }
}
