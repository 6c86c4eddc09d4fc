package io.flotilla.node.admin;

import io.flotilla.node.admin.AdminException.Kind;
import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.metadata.LeaderHints;
import io.flotilla.node.metadata.Views;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.proto.admin.ReplaceNodeProgress;
import io.flotilla.proto.admin.ReplaceNodeRequest;
import io.flotilla.proto.admin.ReplaceNodeState;
import io.flotilla.proto.admin.ReplicaRole;
import io.flotilla.proto.metadata.Barrier;
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
import io.flotilla.statemachine.metadata.Verdict;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * resumes wherever the process stopped, on whichever node it is asked, and two calls at once do no
 * harm. A Raft group changes one member at a time by compare-and-set, and its new replica has
 * started empty and has caught up before it counts. Raft's configuration is changed before the
 * metadata follows it, because the first is what protects writes, and the second what people see.
 */
final class NodeReplacement {
  private static final Logger log = LoggerFactory.getLogger(NodeReplacement.class);

  /** A new replica has to fetch a snapshot of its shard: minutes for large ones. */
  static final Duration MEMBER_TIMEOUT = Duration.ofMinutes(10);

  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(5);

  /** How often and how long to look for a leader or for a replica that opens. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  private static final int LOOKS = 150;

  /** Between two attempts at a step: an election takes about as long. */
  private static final Duration RETRY_PAUSE = Duration.ofMillis(500);

  /** How Ratis says that a change of members is being made. */
  private static final String UNDER_WAY = "Reconfiguration is already in progress";

  /**
   * How long a step is tried anew that fails for reasons that pass: a leader that is lost in the
   * middle, another change under way. Several elections on a busy machine; a change that is being
   * made is waited for by its own time.
   */
  private static final Duration STEP_PATIENCE = Duration.ofSeconds(60);

  private final GroupId metadataGroup;
  private final Supplier<MetadataState> state;
  private final LeaderHints hints;
  private final GrpcLinks links;
  private final Function<MetadataEntry, Verdict> change;
  private final Consumer<ReplaceNodeProgress> progress;

  /**
   * A replacement.
   *
   * @param state the metadata as this node has applied them
   * @param change changes the metadata, or throws {@link AdminException}
   * @param progress is told of each state as it is reached
   */
  NodeReplacement(
      GroupId metadataGroup,
      Supplier<MetadataState> state,
      LeaderHints hints,
      GrpcLinks links,
      Function<MetadataEntry, Verdict> change,
      Consumer<ReplaceNodeProgress> progress) {
    this.metadataGroup = metadataGroup;
    this.state = state;
    this.hints = hints;
    this.links = links;
    this.change = change;
    this.progress = progress;
  }

  /** Changes the metadata, and waits until this node has seen it. */
  private void change(MetadataEntry.Builder entry) throws InterruptedException {
    Verdict verdict = change.apply(entry.build());
    for (int i = 0; i < LOOKS && state.get().getVersion() < verdict.version(); i++) {
      Thread.sleep(PAUSE);
    }
    if (state.get().getVersion() < verdict.version()) {
      throw new AdminException(
          Kind.UNAVAILABLE, "behind", "this node does not follow the metadata group");
    }
  }

  void run(ReplaceNodeRequest request) throws InterruptedException {
    if (request.getOldNode().isEmpty()) {
      throw new AdminException(Kind.INVALID, "incomplete", "which node is to be replaced?");
    }
    // What an earlier call has done may not have come here yet.
    change(MetadataEntry.newBuilder().setBarrier(Barrier.getDefaultInstance()));
    ClusterView.Endpoint admin =
        request.hasNewAdmin()
            ? new ClusterView.Endpoint(
                request.getNewAdmin().getHost(), request.getNewAdmin().getPort())
            : AdminService.admin(atAddressOf(request.getOldNode()));
    Greeting greeting =
        AdminService.remote(
            admin.toString(), links.greet(admin, GreetRequest.getDefaultInstance(), CALL_TIMEOUT));
    String clusterId = state.get().getClusterId();
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
    for (String lost : chain(oldId)) {
      takeOver(lost, newId, admin);
    }
    say(
        ReplaceNodeState.REPLACE_NODE_STATE_DONE,
        newId,
        -1,
        "node id " + oldId + " is retired for ever");
  }

  /** Puts the new node everywhere in the place of a lost one, and retires that one. */
  private void takeOver(String lost, String newId, ClusterView.Endpoint admin)
      throws InterruptedException {
    for (Shard shard : state.get().getShardsList()) {
      if (shard.getReplicasList().contains(lost)) {
        moveShard(shard, lost, newId, admin);
        say(
            ReplaceNodeState.REPLACE_NODE_STATE_SHARD_MOVED,
            newId,
            shard.getNumber(),
            "shard " + shard.getNumber() + " has its new replica");
      }
    }
    moveMetadata(lost, newId);
    say(
        ReplaceNodeState.REPLACE_NODE_STATE_METADATA_MOVED,
        newId,
        -1,
        "the metadata group no longer counts " + lost);
    change(MetadataEntry.newBuilder().setRetireNode(RetireNode.newBuilder().setNode(lost)));
  }

  /**
   * The node to be replaced, behind those whose replacement it had not finished when it was lost
   * itself: they are finished first, because only it leads to them.
   */
  private List<String> chain(String oldId) {
    List<String> lost = new ArrayList<>(List.of(oldId));
    Node node = Names.maybeNode(state.get(), oldId);
    while (node != null && !node.getReplaces().isEmpty()) {
      node = Names.maybeNode(state.get(), node.getReplaces());
      if (node != null) {
        lost.addFirst(node.getId());
      }
    }
    return lost;
  }

  /** The old node, or the one that took its place and its address in an earlier call. */
  private Node atAddressOf(String nameOrId) {
    for (Node node : state.get().getNodesList()) {
      if (node.getReplaces().equals(nameOrId) && Names.maybeNode(state.get(), nameOrId) == null) {
        return node;
      }
    }
    return Names.node(state.get(), nameOrId);
  }

  /**
   * The id of the node to be replaced; on a resumed call its name may already be the new node's.
   */
  private String oldId(String nameOrId, String newId) {
    MetadataState now = state.get();
    Node named = Names.maybeNode(now, nameOrId);
    Node replacing = Names.maybeNode(now, newId);
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
    return named != null ? named.getId() : Names.node(now, nameOrId).getId();
  }

  private void register(Node greeted, String oldId) throws InterruptedException {
    if (Names.maybeNode(state.get(), greeted.getId()) == null) {
      change(
          MetadataEntry.newBuilder()
              .setRegisterNode(
                  RegisterNode.newBuilder()
                      .setNode(greeted.toBuilder().setReplaces(oldId).setMetadataVoter(false))));
    }
  }

  private void adopt(ClusterView.Endpoint admin, String newId) throws InterruptedException {
    MetadataState now = state.get();
    AdminService.remote(
        admin.toString(),
        links.adopt(
            admin,
            AdoptRequest.newBuilder()
                .setClusterId(now.getClusterId())
                .setMetadataGroupId(metadataGroup.toString())
                .setNodeId(newId)
                .addAllKnownNodes(now.getNodesList())
                .build(),
            CALL_TIMEOUT));
  }

  /** Makes the new node a listener of the metadata group, unless it is a member already. */
  private void listen(String newId) throws InterruptedException {
    settle(
        metadataGroup,
        led -> led.members().contains(newId),
        led -> {
          awaitReplica(newId, metadataGroup);
          List<String> listeners = new ArrayList<>(led.listeners());
          listeners.add(newId);
          changeMembers(metadataGroup, led, led.voters(), listeners);
        });
  }

  private void moveShard(Shard shard, String oldId, String newId, ClusterView.Endpoint newAdmin)
      throws InterruptedException {
    GroupId group = Views.group(shard);
    settle(
        group,
        led -> led.voters().contains(newId) && !led.members().contains(oldId),
        led -> {
          AdminService.remote(
              "new",
              () ->
                  links
                      .node(newAdmin, CALL_TIMEOUT)
                      .openReplica(
                          OpenReplicaRequest.newBuilder().setGroupId(group.toString()).build()));
          Led next = leadAway(group, led, oldId);
          changeMembers(
              group,
              next,
              swapped(next.voters(), oldId, newId),
              without(next.listeners(), oldId, newId));
        });
    change(
        MetadataEntry.newBuilder()
            .setReplaceReplica(
                ReplaceReplica.newBuilder()
                    .setShard(shard.getId())
                    .setOldNode(oldId)
                    .setNewNode(newId)));
  }

  private void moveMetadata(String oldId, String newId) throws InterruptedException {
    Node old = Names.maybeNode(state.get(), oldId);
    if (old == null) {
      return;
    }
    boolean votes = old.getMetadataVoter() || led(metadataGroup).voters().contains(oldId);
    settle(
        metadataGroup,
        led -> !led.members().contains(oldId) && (!votes || led.voters().contains(newId)),
        led -> {
          Led next = leadAway(metadataGroup, led, oldId);
          if (votes) {
            changeMembers(
                metadataGroup,
                next,
                swapped(next.voters(), oldId, newId),
                without(next.listeners(), oldId, newId));
          } else {
            changeMembers(
                metadataGroup, next, next.voters(), without(next.listeners(), oldId, oldId));
          }
        });
    if (votes) {
      voter(newId, true);
      voter(oldId, false);
    }
  }

  private void voter(String node, boolean voter) throws InterruptedException {
    change(
        MetadataEntry.newBuilder()
            .setChangeMetadataVoter(
                ChangeMetadataVoter.newBuilder().setNode(node).setVoter(voter)));
  }

  // Raft groups, as their leaders see them

  /** A group as its leader sees it. */
  private record Led(Node leader, List<String> voters, List<String> listeners) {
    Set<String> members() {
      Set<String> members = new HashSet<>(voters);
      members.addAll(listeners);
      return members;
    }
  }

  /** A change of a group, made at the leader that was seen. */
  @FunctionalInterface
  private interface Step {
    void at(Led led) throws InterruptedException;
  }

  /**
   * Brings a group to where it should be: looks, changes, and looks again until it is so. A change
   * that failed is not believed to have failed, and one that succeeded is looked for too: what
   * counts is what the group's leader says.
   */
  private void settle(GroupId group, Predicate<Led> done, Step step) throws InterruptedException {
    long begin = System.nanoTime();
    String told = "";
    while (true) {
      long tookNanos = System.nanoTime() - begin;
      try {
        Led led = led(group);
        if (done.test(led)) {
          return;
        }
        step.at(led);
      } catch (AdminException e) {
        boolean passes = e.kind() != Kind.INVALID && !e.reason().equals("last-replica");
        // Ratis fetches a snapshot for a new member, at an earlier caller's wish perhaps.
        boolean underWay = e.message().contains(UNDER_WAY);
        Duration patience = underWay ? MEMBER_TIMEOUT : STEP_PATIENCE;
        if (!passes || tookNanos >= patience.toNanos() || Context.current().isCancelled()) {
          throw e;
        }
        if (!e.message().equals(told)) {
          told = e.message();
          log.info("replacement: group {}: tried again, because {}", group, told);
        }
      }
      Thread.sleep(RETRY_PAUSE);
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
    MetadataState now = state.get();
    LeaderHint hint = hints.leader(group);
    Node hinted = hint == null ? null : Names.maybeNode(now, hint.node().hex());
    Set<Node> candidates = new LinkedHashSet<>();
    if (hinted != null) {
      candidates.add(hinted);
    }
    candidates.addAll(now.getNodesList());
    return List.copyOf(candidates);
  }

  /** What the node says of itself; null if it does not answer, or another is at its address. */
  private @Nullable LocalStatusResponse maybeStatus(Node node) {
    try {
      LocalStatusResponse answer =
          links
              .node(AdminService.admin(node), CALL_TIMEOUT)
              .localStatus(LocalStatusRequest.getDefaultInstance());
      return answer.getNode().getNodeId().equals(node.getId()) ? answer : null;
    } catch (StatusRuntimeException e) {
      return null;
    }
  }

  private void awaitReplica(String nodeId, GroupId group) throws InterruptedException {
    for (int i = 0; i < LOOKS; i++) {
      Node node = Names.maybeNode(state.get(), nodeId);
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
    MetadataState now = state.get();
    ChangeMembersRequest.Builder b =
        ChangeMembersRequest.newBuilder()
            .setGroupId(group.toString())
            .addAllExpectedVoters(led.voters())
            .addAllExpectedListeners(led.listeners());
    voters.forEach(v -> b.addVoters(Names.node(now, v)));
    listeners.forEach(l -> b.addListeners(Names.node(now, l)));
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
