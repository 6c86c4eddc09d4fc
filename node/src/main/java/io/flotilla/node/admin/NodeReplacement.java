package io.flotilla.node.admin;

import io.flotilla.node.admin.AdminException.Kind;
import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.metadata.Views;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.proto.admin.ReplaceNodeProgress;
import io.flotilla.proto.admin.ReplaceNodeRequest;
import io.flotilla.proto.admin.ReplaceNodeState;
import io.flotilla.proto.admin.ReplicaRole;
import io.flotilla.proto.metadata.ChangeMetadataVoter;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.RegisterNode;
import io.flotilla.proto.metadata.ReplaceReplica;
import io.flotilla.proto.metadata.RetireNode;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.proto.nodes.AdoptRequest;
import io.flotilla.proto.nodes.ChangeMembersRequest;
import io.flotilla.proto.nodes.GreetRequest;
import io.flotilla.proto.nodes.Greeting;
import io.flotilla.proto.nodes.HandOverRequest;
import io.flotilla.proto.nodes.LocalStatusRequest;
import io.flotilla.proto.nodes.LocalStatusResponse;
import io.flotilla.proto.nodes.OpenReplicaRequest;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The replacement of a node that is lost, or whose data cannot be trusted, by one that has joined
 * no cluster yet.
 *
 * <pre>
 *   state             is reached when                                     what is lost if it stops here
 *   REGISTERED        M: RegisterNode(new, replaces = old)                nothing: the new node is nobody's member
 *   ADOPTED           new: fsynced cluster id; listener in M's Raft group nothing
 *   SHARD_MOVED (×n)  shard's Raft configuration: old → new, then         the shard has its members; M may still name the old one
 *                     M: ReplaceReplica(old → new)
 *   METADATA_MOVED    M's Raft configuration: old → new, then the votes   likewise
 *   DONE              M: RetireNode(old): the id never comes back         –
 * </pre>
 *
 * <p>Nothing is remembered here: each step looks whether it is done already, so the same call
 * resumes wherever the process stopped, on whichever node it is asked. A Raft group changes one
 * member at a time by compare-and-set, and its new replica has started empty and has caught up
 * before it counts. Raft's configuration is changed before the metadata follows it, because the
 * first is what protects writes, and the second what people see.
 */
final class NodeReplacement {
  /** A new replica has to fetch a snapshot of its shard: minutes for large ones. */
  private static final Duration MEMBER_TIMEOUT = Duration.ofMinutes(10);

  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(5);

  /** How often and how long to look for a leader or for a replica that opens. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  private static final int LOOKS = 150;

  private final Joined cluster;
  private final GrpcLinks links;
  private final Consumer<MetadataEntry> change;
  private final Consumer<ReplaceNodeProgress> progress;

  NodeReplacement(
      Joined cluster,
      GrpcLinks links,
      Consumer<MetadataEntry> change,
      Consumer<ReplaceNodeProgress> progress) {
    this.cluster = cluster;
    this.links = links;
    this.change = change;
    this.progress = progress;
  }

  void run(ReplaceNodeRequest request) throws InterruptedException {
    if (!request.hasNewAdmin() || request.getOldNode().isEmpty()) {
      throw new AdminException(
          Kind.INVALID, "incomplete", "the old node and the new one's admin endpoint are needed");
    }
    ClusterView.Endpoint admin =
        new ClusterView.Endpoint(request.getNewAdmin().getHost(), request.getNewAdmin().getPort());
    Greeting greeting =
        AdminService.remote(
            admin.toString(), links.greet(admin, GreetRequest.getDefaultInstance(), CALL_TIMEOUT));
    String clusterId = cluster.state().get().getClusterId();
    if (!greeting.getClusterId().isEmpty() && !greeting.getClusterId().equals(clusterId)) {
      throw new AdminException(
          Kind.FORBIDDEN_NOW,
          "foreign-node",
          "the node at " + admin + " belongs to cluster " + greeting.getClusterId());
    }
    String newId = greeting.getNode().getId();
    String oldId = oldId(request.getOldNode(), newId);
    if (oldId.equals(newId)) {
      throw new AdminException(
          Kind.FORBIDDEN_NOW,
          "same-node",
          "the node at "
              + admin
              + " is the one to be replaced, with its data: start one with an empty directory");
    }

    register(greeting.getNode(), oldId);
    say(ReplaceNodeState.REPLACE_NODE_STATE_REGISTERED, newId, -1, "the new node's id is " + newId);
    adopt(admin, newId);
    listen(newId);
    say(
        ReplaceNodeState.REPLACE_NODE_STATE_ADOPTED,
        newId,
        -1,
        "the new node follows the metadata group");
    for (Shard shard : cluster.state().get().getShardsList()) {
      if (shard.getReplicasList().contains(oldId)) {
        moveShard(shard, oldId, newId, admin);
        say(
            ReplaceNodeState.REPLACE_NODE_STATE_SHARD_MOVED,
            newId,
            shard.getNumber(),
            "shard " + shard.getNumber() + " has its new replica");
      }
    }
    moveMetadata(oldId, newId);
    say(
        ReplaceNodeState.REPLACE_NODE_STATE_METADATA_MOVED,
        newId,
        -1,
        "the metadata group no longer counts the old node");
    change.accept(
        MetadataEntry.newBuilder().setRetireNode(RetireNode.newBuilder().setNode(oldId)).build());
    say(
        ReplaceNodeState.REPLACE_NODE_STATE_DONE,
        newId,
        -1,
        "node id " + oldId + " is retired for ever");
  }

  /**
   * The id of the node to be replaced; on a resumed call its name may already be the new node's.
   */
  private String oldId(String nameOrId, String newId) {
    MetadataState state = cluster.state().get();
    Node named = Names.maybeNode(state, nameOrId);
    Node replacing = Names.maybeNode(state, newId);
    if (replacing != null && !replacing.getReplaces().isEmpty()) {
      boolean same =
          nameOrId.equals(replacing.getReplaces())
              || (named != null
                  && (named.getId().equals(newId)
                      || named.getId().equals(replacing.getReplaces())));
      if (same) {
        return replacing.getReplaces();
      }
      throw new AdminException(
          Kind.FORBIDDEN_NOW,
          "replaces-other",
          "the new node replaces " + replacing.getReplaces() + " already");
    }
    return named != null ? named.getId() : Names.node(state, nameOrId).getId();
  }

  private void register(Node greeted, String oldId) {
    if (Names.maybeNode(cluster.state().get(), greeted.getId()) == null) {
      change.accept(
          MetadataEntry.newBuilder()
              .setRegisterNode(
                  RegisterNode.newBuilder()
                      .setNode(greeted.toBuilder().setReplaces(oldId).setMetadataVoter(false)))
              .build());
    }
  }

  private void adopt(ClusterView.Endpoint admin, String newId) throws InterruptedException {
    MetadataState state = cluster.state().get();
    AdminService.remote(
        admin.toString(),
        links.adopt(
            admin,
            AdoptRequest.newBuilder()
                .setClusterId(state.getClusterId())
                .setMetadataGroupId(cluster.metadataGroup().toString())
                .setNodeId(newId)
                .addAllKnownNodes(state.getNodesList())
                .build(),
            CALL_TIMEOUT));
  }

  /** Makes the new node a listener of the metadata group, unless it is a member already. */
  private void listen(String newId) throws InterruptedException {
    Led led = led(cluster.metadataGroup());
    if (!led.members().containsKey(newId)) {
      awaitReplica(newId, cluster.metadataGroup());
      List<String> listeners = new ArrayList<>(led.listeners());
      listeners.add(newId);
      changeMembers(cluster.metadataGroup(), led, led.voters(), listeners);
    }
  }

  private void moveShard(Shard shard, String oldId, String newId, ClusterView.Endpoint newAdmin)
      throws InterruptedException {
    GroupId group = Views.group(shard);
    Led led = led(group);
    if (!led.voters().contains(newId) || led.members().containsKey(oldId)) {
      AdminService.remote(
          "new",
          () ->
              links
                  .node(newAdmin, CALL_TIMEOUT)
                  .openReplica(
                      OpenReplicaRequest.newBuilder().setGroupId(group.toString()).build()));
      led = leadAway(group, led, oldId);
      changeMembers(
          group, led, swapped(led.voters(), oldId, newId), without(led.listeners(), oldId, newId));
    }
    change.accept(
        MetadataEntry.newBuilder()
            .setReplaceReplica(
                ReplaceReplica.newBuilder()
                    .setShard(shard.getId())
                    .setOldNode(oldId)
                    .setNewNode(newId))
            .build());
  }

  private void moveMetadata(String oldId, String newId) throws InterruptedException {
    GroupId group = cluster.metadataGroup();
    Node old = Names.maybeNode(cluster.state().get(), oldId);
    if (old == null) {
      return;
    }
    Led led = led(group);
    boolean votes = old.getMetadataVoter() || led.voters().contains(oldId);
    if (led.members().containsKey(oldId)) {
      led = leadAway(group, led, oldId);
      if (led.voters().contains(oldId)) {
        changeMembers(
            group,
            led,
            swapped(led.voters(), oldId, newId),
            without(led.listeners(), newId, newId));
      } else {
        changeMembers(group, led, led.voters(), without(led.listeners(), oldId, oldId));
      }
    }
    if (votes) {
      vote(newId, true);
      vote(oldId, false);
    }
  }

  private void vote(String node, boolean voter) {
    change.accept(
        MetadataEntry.newBuilder()
            .setChangeMetadataVoter(ChangeMetadataVoter.newBuilder().setNode(node).setVoter(voter))
            .build());
  }

  // Raft groups, as their leaders see them

  /** A group as its leader sees it. */
  private record Led(Node leader, List<String> voters, List<String> listeners) {
    Map<String, Boolean> members() {
      Map<String, Boolean> members = new HashMap<>();
      voters.forEach(v -> members.put(v, true));
      listeners.forEach(l -> members.put(l, false));
      return members;
    }
  }

  /** Waits until a leader tells how its group stands. */
  private Led led(GroupId group) throws InterruptedException {
    for (int i = 0; i < LOOKS; i++) {
      for (Node candidate : candidates(group)) {
        LocalStatusResponse answer = maybeStatus(candidate);
        if (answer == null) {
          continue;
        }
        for (LocalStatusResponse.LocalReplica replica : answer.getReplicasList()) {
          if (replica.getGroupId().equals(group.toString())
              && replica.getStatus().getRole() == ReplicaRole.REPLICA_ROLE_LEADER
              && replica.getReady()) {
            return new Led(candidate, replica.getVotersList(), replica.getListenersList());
          }
        }
      }
      Thread.sleep(PAUSE);
    }
    throw new AdminException(
        Kind.UNAVAILABLE, "no-leader", "group " + group + " has no leader that answers");
  }

  /** The hinted leader first, then all. */
  private List<Node> candidates(GroupId group) {
    MetadataState state = cluster.state().get();
    LeaderHint hint = cluster.hints().leader(group);
    Node hinted = hint == null ? null : Names.maybeNode(state, hint.node().hex());
    Set<Node> candidates = new LinkedHashSet<>();
    if (hinted != null) {
      candidates.add(hinted);
    }
    candidates.addAll(state.getNodesList());
    return List.copyOf(candidates);
  }

  private @Nullable LocalStatusResponse maybeStatus(Node node) {
    try {
      return links
          .node(AdminService.admin(node), CALL_TIMEOUT)
          .localStatus(LocalStatusRequest.getDefaultInstance());
    } catch (StatusRuntimeException e) {
      return null;
    }
  }

  private void awaitReplica(String nodeId, GroupId group) throws InterruptedException {
    for (int i = 0; i < LOOKS; i++) {
      Node node = Names.maybeNode(cluster.state().get(), nodeId);
      LocalStatusResponse answer = node == null ? null : maybeStatus(node);
      if (answer != null
          && answer.getReplicasList().stream()
              .anyMatch(r -> r.getGroupId().equals(group.toString()))) {
        return;
      }
      Thread.sleep(PAUSE);
    }
    throw new AdminException(
        Kind.UNAVAILABLE, "not-open", "the new node has not opened group " + group);
  }

  /** If the old node leads, hands its leadership to another voter. */
  private Led leadAway(GroupId group, Led led, String oldId) throws InterruptedException {
    if (!led.leader().getId().equals(oldId)) {
      return led;
    }
    String to =
        led.voters().stream()
            .filter(v -> !v.equals(oldId))
            .findFirst()
            .orElseThrow(() ->
                new AdminException(
                    Kind.FORBIDDEN_NOW,
                    "last-replica",
                    "the node is the only voter of group " + group));
    AdminService.remote(
        led.leader().getName(),
        () ->
            links
                .node(AdminService.admin(led.leader()), CALL_TIMEOUT)
                .handOver(
                    HandOverRequest.newBuilder()
                        .setGroupId(group.toString())
                        .setToNodeId(to)
                        .build()));
    return led(group);
  }

  private void changeMembers(GroupId group, Led led, List<String> voters, List<String> listeners) {
    MetadataState state = cluster.state().get();
    ChangeMembersRequest.Builder b =
        ChangeMembersRequest.newBuilder()
            .setGroupId(group.toString())
            .addAllExpectedVoters(led.voters())
            .addAllExpectedListeners(led.listeners());
    voters.forEach(v -> b.addVoters(Names.node(state, v)));
    listeners.forEach(l -> b.addListeners(Names.node(state, l)));
    AdminService.remote(
        led.leader().getName(),
        () ->
            links.node(AdminService.admin(led.leader()), MEMBER_TIMEOUT).changeMembers(b.build()));
  }

  private static List<String> swapped(List<String> voters, String oldId, String newId) {
    List<String> next = new ArrayList<>(voters);
    next.remove(oldId);
    if (!next.contains(newId)) {
      next.add(newId);
    }
    return next;
  }

  private static List<String> without(List<String> listeners, String one, String other) {
    return listeners.stream().filter(l -> !l.equals(one) && !l.equals(other)).toList();
  }

  private void say(ReplaceNodeState state, String newId, int shard, String message) {
    ReplaceNodeProgress.Builder b =
        ReplaceNodeProgress.newBuilder().setState(state).setNewNodeId(newId).setMessage(message);
    if (shard >= 0) {
      b.setShardNumber(shard);
    }
    progress.accept(b.build());
  }
}
