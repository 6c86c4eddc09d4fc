package io.flotilla.node;

import io.flotilla.node.admin.AdminException;
import io.flotilla.node.admin.AdminException.Kind;
import io.flotilla.node.metadata.DataDirectory;
import io.flotilla.node.metadata.UnusableDirectoryException;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.raft.MembershipException;
import io.flotilla.node.raft.Peer;
import io.flotilla.node.raft.RaftHost;
import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.identity.HeldGroup;
import io.flotilla.proto.identity.Membership;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * The Raft groups of which this node holds replicas, kept in step with what the data directory says
 * that it must hold.
 *
 * <pre>
 *   CREATING ──made (first members) or counted as a voter (later ones)──▶ HELD ──no member any more──▶ LEAVING ──files gone──▶ –
 * </pre>
 *
 * <p>A group that is HELD and has no files is a lost voter: the node refuses to start.
 */
final class Groups {
  /** How long Ratis may take to open or close a group on a busy disk. */
  private static final Duration OPEN_TIMEOUT = Duration.ofSeconds(30);

  private final DataDirectory directory;
  private final RaftHost raft;

  Groups(DataDirectory directory, RaftHost raft) {
    this.directory = directory;
    this.raft = raft;
  }

  static GroupId groupId(String text) {
    return new GroupId(UUID.fromString(text));
  }

  static Peer peer(Node node) {
    return new Peer(new NodeId(node.getId()), node.getRaft().getHost(), node.getRaft().getPort());
  }

  /**
   * Brings the groups on disk into line with what the directory says; called once, after the Raft
   * host has opened.
   *
   * @param between called once where the cluster is being formed: when the replicas are made that
   *     others should lead, and before those that this node should lead
   */
  void open(Membership membership, BetweenReplicas between)
      throws IOException, InterruptedException {
    Map<GroupId, HeldGroup.State> led = new LinkedHashMap<>();
    Map<GroupId, HeldGroup.State> others = new LinkedHashMap<>();
    Map<GroupId, NodeId> first = firstLeaders(membership);
    directory
        .groups()
        .forEach((group, state) ->
            (directory.nodeId().equals(first.get(group)) ? led : others).put(group, state));
    boolean made = directory.groups().containsValue(HeldGroup.State.STATE_CREATING);
    open(membership, others);
    if (membership.hasPlan() && made) {
      between.await(membership.getPlan());
    }
    open(membership, led);
    for (GroupId group : raft.groups()) {
      if (!directory.groups().containsKey(group)) {
        throw new UnusableDirectoryException(
            directory.path(),
            "it holds a replica of group " + group + ", which is not this node's");
      }
    }
  }

  /** What a node does when it has made the replicas that others are to lead at first. */
  @FunctionalInterface
  interface BetweenReplicas {
    /** Waits for the other nodes of the plan, but not for ever. */
    void await(FormationPlan plan) throws InterruptedException;
  }

  /**
   * Who should lead which group at first, as far as the plan of the cluster tells: the preferred
   * leader of each shard, and the first node for the metadata. Nothing of nodes that have gone.
   */
  static Map<GroupId, NodeId> firstLeaders(Membership membership) {
    Map<GroupId, NodeId> leaders = new LinkedHashMap<>();
    if (!membership.hasPlan()) {
      return leaders;
    }
    FormationPlan plan = membership.getPlan();
    Set<String> known =
        membership.getKnownNodesList().stream().map(Node::getId).collect(Collectors.toSet());
    if (known.contains(plan.getCluster().getNodes(0).getId())) {
      leaders.put(
          groupId(plan.getMetadataGroupId()), new NodeId(plan.getCluster().getNodes(0).getId()));
    }
    for (Shard shard : plan.getCluster().getShardsList()) {
      if (known.contains(shard.getPreferredLeader())) {
        leaders.put(groupId(shard.getGroupId()), new NodeId(shard.getPreferredLeader()));
      }
    }
    return leaders;
  }

  private void open(Membership membership, Map<GroupId, HeldGroup.State> groups)
      throws IOException {
    for (Map.Entry<GroupId, HeldGroup.State> held : groups.entrySet()) {
      GroupId group = held.getKey();
      boolean there = raft.groups().contains(group);
      switch (held.getValue()) {
        case STATE_HELD -> {
          if (!there) {
            throw new UnusableDirectoryException(
                directory.path(),
                "the replica of group "
                    + group
                    + " has vanished from it. It may have voted, so it must not be made anew: keep the directory, and give the node an"
                    + " empty one and a new id with \"flotilla node replace\"");
          }
        }
        case STATE_CREATING -> {
          boolean initial = membership.hasPlan() && inPlan(membership.getPlan(), group);
          if (!there && initial) {
            createInitial(membership.getPlan(), group);
          } else if (!there) {
            await(group, raft.joinEmpty(group));
          }
          if (initial) {
            directory.mark(group, HeldGroup.State.STATE_HELD);
          }
        }
        case STATE_LEAVING -> {
          if (there) {
            await(group, raft.removeGroup(group, true));
          }
          directory.mark(group, null);
        }
        case STATE_UNSPECIFIED, UNRECOGNIZED ->
            throw new UnusableDirectoryException(
                directory.path(),
                "group " + group + " is in a state that this program does not know");
      }
    }
  }

  private static boolean inPlan(FormationPlan plan, GroupId group) {
    return plan.getMetadataGroupId().equals(group.toString())
        || plan.getCluster().getShardsList().stream()
            .anyMatch(s -> s.getGroupId().equals(group.toString()));
  }

  private void createInitial(FormationPlan plan, GroupId group) throws IOException {
    List<Node> nodes = plan.getCluster().getNodesList();
    if (plan.getMetadataGroupId().equals(group.toString())) {
      await(
          group,
          raft.createGroup(
              group,
              nodes.stream().filter(Node::getMetadataVoter).map(Groups::peer).toList(),
              nodes.stream().filter(n -> !n.getMetadataVoter()).map(Groups::peer).toList()));
      return;
    }
    for (Shard shard : plan.getCluster().getShardsList()) {
      if (shard.getGroupId().equals(group.toString())) {
        List<Peer> voters =
            nodes.stream()
                .filter(n -> shard.getReplicasList().contains(n.getId()))
                .map(Groups::peer)
                .toList();
        await(group, raft.createGroup(group, voters, List.of()));
      }
    }
  }

  private static void await(GroupId group, CompletableFuture<Void> done) throws IOException {
    try {
      done.get(OPEN_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while group " + group + " was opened or closed", e);
    } catch (ExecutionException e) {
      throw new IOException("group " + group + " was not opened or closed: " + rootMessage(e), e);
    } catch (TimeoutException e) {
      throw new IOException(
          "group " + group + " was not opened or closed within " + OPEN_TIMEOUT, e);
    }
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      root = cause;
    }
    return String.valueOf(root.getMessage());
  }

  /** Writes down which later replicas now count as voters or listeners; called every so often. */
  void markCounted() throws IOException {
    for (Map.Entry<GroupId, HeldGroup.State> held : directory.groups().entrySet()) {
      ShardLog log = raft.log(held.getKey());
      boolean counted = log != null && log.voters().current().contains(directory.nodeId());
      if (held.getValue() == HeldGroup.State.STATE_CREATING && counted) {
        directory.mark(held.getKey(), HeldGroup.State.STATE_HELD);
      }
    }
  }

  /** Opens an empty replica for a leader to fill; nothing if there is one. */
  void join(GroupId group) throws IOException {
    if (raft.groups().contains(group)) {
      return;
    }
    HeldGroup.State state = directory.groups().get(group);
    if (state == HeldGroup.State.STATE_HELD) {
      throw new AdminException(
          Kind.FORBIDDEN_NOW, "lost-replica", "this node has lost its replica of group " + group);
    }
    directory.mark(group, HeldGroup.State.STATE_CREATING);
    await(group, raft.joinEmpty(group));
  }

  /** Closes a replica that its group no longer counts, and removes its files. */
  void leave(GroupId group) throws IOException {
    ShardLog log = raft.log(group);
    if (log != null && log.voters().current().contains(directory.nodeId())) {
      throw new AdminException(
          Kind.FORBIDDEN_NOW, "still-member", "group " + group + " still counts this node");
    }
    if (directory.groups().containsKey(group)) {
      directory.mark(group, HeldGroup.State.STATE_LEAVING);
    }
    if (log != null) {
      await(group, raft.removeGroup(group, true));
    }
    directory.mark(group, null);
  }

  /** Waits for a change of members or leaders; its failure says what may have happened. */
  static <T> T settled(CompletableFuture<T> change, Duration timeout) {
    try {
      return change.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AdminException(Kind.UNKNOWN_OUTCOME, "interrupted", "the node stops");
    } catch (TimeoutException e) {
      throw new AdminException(Kind.UNKNOWN_OUTCOME, "timeout", "no answer within " + timeout);
    } catch (ExecutionException e) {
      Throwable cause =
          e.getCause() instanceof CompletionException c && c.getCause() != null
              ? c.getCause()
              : e.getCause();
      if (cause instanceof MembershipException m) {
        Kind kind =
            switch (m.reason()) {
              case NO_SUCH_GROUP -> Kind.NOT_FOUND;
              case GROUP_EXISTS, NOT_ALLOWED, NEW_MEMBER_TOO_SLOW -> Kind.FORBIDDEN_NOW;
              case NOT_LEADER -> Kind.UNAVAILABLE;
              case CHANGE_UNDER_WAY, DIFFERENT_MEMBERS -> Kind.OVERTAKEN;
              case TIMED_OUT, UNKNOWN -> Kind.UNKNOWN_OUTCOME;
            };
        throw new AdminException(
            kind,
            m.reason().name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'),
            String.valueOf(m.getMessage()));
      }
      throw new AdminException(Kind.INTERNAL, "internal", String.valueOf(cause));
    }
  }
}
