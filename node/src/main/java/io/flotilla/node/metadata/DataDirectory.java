package io.flotilla.node.metadata;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.identity.HeldGroup;
import io.flotilla.proto.identity.Membership;
import io.flotilla.proto.identity.NodeIdentity;
import io.flotilla.proto.metadata.Node;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A node's data directory, held by one process: who the node is, which cluster it belongs to, and
 * which replicas it must hold.
 *
 * <pre>
 *   node.lock       held while a process uses the directory; its first line is the process id
 *   node.identity   see {@link IdentityFile}
 *   node.distrust   only where a majority has contradicted what is here: why, for people
 *   raft/           one directory per group
 * </pre>
 *
 * <p><b>Why a node's id is drawn, not configured.</b> A voter that forgot its vote can elect a
 * second leader and lose acknowledged writes. The id is drawn at random when the directory is first
 * used, so a directory that was lost comes back under another id, which no group counts as a
 * member: forgetting is visible to everyone, without anyone's care (ARCHITECTURE §8).
 *
 * <p><b>Why held groups are written down.</b> For the same reason a replica whose files have
 * vanished must not be made anew. A group is CREATING while its replica cannot have voted, and HELD
 * ever after; only what is CREATING may be made.
 *
 * <p>Methods are synchronized: they write and fsync. Threads: any, but none that must not block.
 */
public final class DataDirectory implements AutoCloseable {
  private static final String LOCK = "node.lock";
  private static final String RAFT = "raft";
  private static final String DISTRUST = "node.distrust";

  private final Path directory;
  private final FileChannel lockFile;
  private final FileLock lock;
  private NodeIdentity identity;

  private DataDirectory(
      Path directory, FileChannel lockFile, FileLock lock, NodeIdentity identity) {
    this.directory = directory;
    this.lockFile = lockFile;
    this.lock = lock;
    this.identity = identity;
  }

  /**
   * Takes the directory into use, and makes the node's id if it is empty.
   *
   * @throws UnusableDirectoryException if another process uses it, or it is not this node's
   */
  public static DataDirectory open(Path directory, String nodeName) throws IOException {
    FileChannel lockFile;
    try {
      Files.createDirectories(directory);
      lockFile =
          FileChannel.open(
              directory.resolve(LOCK),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new UnusableDirectoryException(directory, "it cannot be made or written: " + e);
    }
    try {
      FileLock lock = lock(directory, lockFile);
      NodeIdentity identity = readOrMake(directory, nodeName);
      if (!identity.getName().equals(nodeName)) {
        throw new UnusableDirectoryException(
            directory,
            "it belongs to node "
                + identity.getName()
                + " ("
                + identity.getNodeId()
                + "), and the settings are those of node "
                + nodeName
                + ": give each node a directory of its own");
      }
      return new DataDirectory(directory, lockFile, lock, identity);
    } catch (UnusableDirectoryException | RuntimeException e) {
      lockFile.close();
      throw e;
    } catch (IOException e) {
      lockFile.close();
      throw new UnusableDirectoryException(directory, "it cannot be read or written: " + e);
    }
  }

  private static FileLock lock(Path directory, FileChannel lockFile) throws IOException {
    FileLock lock;
    try {
      lock = lockFile.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      ByteBuffer holder = ByteBuffer.allocate(32);
      lockFile.read(holder, 0);
      String pid =
          new String(holder.array(), 0, holder.position(), StandardCharsets.US_ASCII).strip();
      throw new UnusableDirectoryException(
          directory, "another process uses it" + (pid.isEmpty() ? "" : ": pid " + pid));
    }
    lockFile.truncate(0);
    lockFile.write(
        ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)),
        0);
    return lock;
  }

  private static NodeIdentity readOrMake(Path directory, String nodeName) throws IOException {
    Path file = directory.resolve(IdentityFile.NAME);
    if (Files.exists(file)) {
      return IdentityFile.decode(directory, Files.readAllBytes(file));
    }
    try (Stream<Path> found = Files.list(directory)) {
      List<String> strange =
          found
              .map(p -> String.valueOf(p.getFileName()))
              .filter(n -> !n.equals(LOCK) && !IdentityFile.isOwn(n) && !n.equals("lost+found"))
              .sorted()
              .toList();
      if (!strange.isEmpty()) {
        throw new UnusableDirectoryException(
            directory,
            "it has no "
                + IdentityFile.NAME
                + " but holds "
                + String.join(", ", strange.subList(0, Math.min(5, strange.size())))
                + ": it is not a node's directory, or its identity was lost. Give the node an empty one");
      }
    }
    byte[] id = new byte[20];
    new SecureRandom().nextBytes(id);
    NodeIdentity identity =
        NodeIdentity.newBuilder().setNodeId(HexFormat.of().formatHex(id)).setName(nodeName).build();
    IdentityFile.write(directory, identity);
    return identity;
  }

  /** The node's id, drawn when the directory was first used. */
  public synchronized NodeId nodeId() {
    return new NodeId(identity.getNodeId());
  }

  /** The directory. */
  public Path path() {
    return directory;
  }

  /** Where Raft keeps its groups. */
  public Path raft() {
    return directory.resolve(RAFT);
  }

  /** The cluster that the node belongs to, if any. */
  public synchronized @Nullable Membership membership() {
    return identity.hasMembership() ? identity.getMembership() : null;
  }

  /**
   * Takes over the plan by which the cluster is formed: from here on the node is a member for good.
   */
  public synchronized void join(FormationPlan plan) throws IOException {
    Membership.Builder m =
        Membership.newBuilder()
            .setClusterId(plan.getCluster().getClusterId())
            .setMetadataGroupId(plan.getMetadataGroupId())
            .setPlan(plan)
            .addAllKnownNodes(plan.getCluster().getNodesList());
    m.addGroups(creating(plan.getMetadataGroupId()));
    plan.getCluster().getShardsList().stream()
        .filter(s -> s.getReplicasList().contains(identity.getNodeId()))
        .forEach(s -> m.addGroups(creating(s.getGroupId())));
    become(m.build());
  }

  /** Joins a cluster that stands: the node will follow its metadata group. */
  public synchronized void join(String clusterId, String metadataGroup, List<Node> knownNodes)
      throws IOException {
    become(
        Membership.newBuilder()
            .setClusterId(clusterId)
            .setMetadataGroupId(metadataGroup)
            .addAllKnownNodes(knownNodes)
            .addGroups(creating(metadataGroup))
            .build());
  }

  private void become(Membership membership) throws IOException {
    if (identity.hasMembership()) {
      String mine = identity.getMembership().getClusterId();
      if (mine.equals(membership.getClusterId())) {
        return;
      }
      throw new IllegalStateException("this node belongs to cluster " + mine + " already");
    }
    write(identity.toBuilder().setMembership(membership).build());
  }

  private static HeldGroup creating(String group) {
    return HeldGroup.newBuilder()
        .setGroupId(group)
        .setState(HeldGroup.State.STATE_CREATING)
        .build();
  }

  /** The groups that this directory knows, with their states. */
  public synchronized Map<GroupId, HeldGroup.State> groups() {
    Map<GroupId, HeldGroup.State> groups = new LinkedHashMap<>();
    for (HeldGroup held : identity.getMembership().getGroupsList()) {
      groups.put(new GroupId(UUID.fromString(held.getGroupId())), held.getState());
    }
    return groups;
  }

  /** Writes a group's state down, or with null forgets the group; no write if it stands so. */
  public synchronized void mark(GroupId group, HeldGroup.@Nullable State state) throws IOException {
    if (!identity.hasMembership()) {
      throw new IllegalStateException("this node belongs to no cluster");
    }
    Membership.Builder m = identity.getMembership().toBuilder().clearGroups();
    boolean known = false;
    for (HeldGroup held : identity.getMembership().getGroupsList()) {
      if (!held.getGroupId().equals(group.toString())) {
        m.addGroups(held);
      } else if (held.getState() == state) {
        return;
      } else {
        known = true;
      }
    }
    if (state == null && !known) {
      return;
    }
    if (state != null) {
      m.addGroups(HeldGroup.newBuilder().setGroupId(group.toString()).setState(state));
    }
    write(identity.toBuilder().setMembership(m).build());
  }

  /**
   * Writes down where other nodes are, to find them again after a restart; no write if it stands
   * so.
   */
  public synchronized void remember(List<Node> nodes) throws IOException {
    if (identity.hasMembership() && !identity.getMembership().getKnownNodesList().equals(nodes)) {
      Membership m =
          identity.getMembership().toBuilder().clearKnownNodes().addAllKnownNodes(nodes).build();
      write(identity.toBuilder().setMembership(m).build());
    }
  }

  /** Writes down, for good, that what is here must not be served. */
  public synchronized void distrust(String why) throws IOException {
    Path file = directory.resolve(DISTRUST);
    if (Files.exists(file)) {
      return;
    }
    IdentityFile.place(
        file, directory.resolve(DISTRUST + ".new"), (why + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Why what is here must not be served; null if nobody has said so. */
  public synchronized @Nullable String distrust() throws IOException {
    Path file = directory.resolve(DISTRUST);
    return Files.exists(file) ? Files.readString(file).strip() : null;
  }

  private void write(NodeIdentity next) throws IOException {
    IdentityFile.write(directory, next);
    identity = next;
  }

  /** Gives the directory free for another process. */
  @Override
  public synchronized void close() throws IOException {
    lock.release();
    lockFile.close();
  }
}
