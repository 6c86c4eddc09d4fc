package io.flotilla.node;

import io.flotilla.node.admin.AdminException;
import io.flotilla.node.admin.AdminException.Kind;
import io.flotilla.node.admin.LocalNode;
import io.flotilla.node.config.Key;
import io.flotilla.node.config.Keys;
import io.flotilla.node.config.NodeConfig;
import io.flotilla.node.loading.LocalLoad;
import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.metadata.Joining;
import io.flotilla.node.metadata.MetadataGroup;
import io.flotilla.node.metadata.NodeLinks;
import io.flotilla.node.proposal.Failure;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.ProposalException;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.proposal.ShardReplica;
import io.flotilla.node.raft.GroupStatus;
import io.flotilla.node.raft.RaftHost;
import io.flotilla.proto.admin.Identity;
import io.flotilla.proto.admin.NodePhase;
import io.flotilla.proto.admin.NodeStatus;
import io.flotilla.proto.admin.ReplicaRole;
import io.flotilla.proto.admin.ReplicaStatus;
import io.flotilla.proto.admin.Setting;
import io.flotilla.proto.admin.SettingScope;
import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.identity.Membership;
import io.flotilla.proto.metadata.Barrier;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataVerdict;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.nodes.AdoptRequest;
import io.flotilla.proto.nodes.ChangeMembersRequest;
import io.flotilla.proto.nodes.GreetRequest;
import io.flotilla.proto.nodes.Greeting;
import io.flotilla.proto.nodes.LoadRequest;
import io.flotilla.proto.nodes.LoadResponse;
import io.flotilla.proto.nodes.LocalStatusResponse;
import io.flotilla.statemachine.apply.Check;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What this node does when other nodes or operators ask it: the running node behind its admin port.
 */
final class ServedNode implements LocalNode {
  /** How long a look at a shard's machine may take before its keys are left out of a status. */
  private static final Duration LOOK_TIMEOUT = Duration.ofMillis(200);

  /** How often a group whose members change is given something to acknowledge. */
  private static final Duration NUDGE = Duration.ofSeconds(1);

  private final NodeConfig config;
  private final Node self;
  private final Joining joining;
  private final RunningNode running;

  ServedNode(NodeConfig config, Node self, Joining joining, RunningNode running) {
    this.config = config;
    this.self = self;
    this.joining = joining;
    this.running = running;
  }

  private RunningNode.Member member() {
    RunningNode.Member member = running.member();
    if (member == null) {
      throw new AdminException(
          Kind.FORBIDDEN_NOW,
          "unformed",
          "node " + self.getName() + " belongs to no cluster yet: it " + joining.state());
    }
    return member;
  }

  private static ShardReplica shard(RunningNode.Member member, GroupId group) {
    ShardReplica shard = member.shards().shard(group);
    if (shard == null) {
      throw new AdminException(
          Kind.NOT_FOUND, "no-replica", "this node holds no replica of group " + group);
    }
    return shard;
  }

  @Override
  public Identity identity() {
    RunningNode.Member member = running.member();
    Membership membership = running.directory().membership();
    return Identity.newBuilder()
        .setNodeId(self.getId())
        .setName(self.getName())
        .setClusterId(membership == null ? "" : membership.getClusterId())
        .setPhase(
            member == null && membership == null ? NodePhase.NODE_PHASE_UNFORMED : running.phase())
        .setVersion(RunningNode.VERSION)
        .setFeatureLevel(self.getFeatureLevel())
        .setClient(endpoint(self.getClient()))
        .setRaft(endpoint(self.getRaft()))
        .setPeer(endpoint(self.getPeer()))
        .setAdmin(endpoint(self.getAdmin()))
        .setHttp(endpoint(self.getHttp()))
        .setPid(ProcessHandle.current().pid())
        .build();
  }

  private static io.flotilla.proto.admin.Endpoint endpoint(io.flotilla.proto.metadata.Endpoint e) {
    return io.flotilla.proto.admin.Endpoint.newBuilder()
        .setHost(e.getHost())
        .setPort(e.getPort())
        .build();
  }

  @Override
  public Greeting greet(GreetRequest request) {
    RunningNode.Member member = running.member();
    boolean retired =
        member != null
            && member.metadata().state().getRetiredNodesList().contains(request.getNodeId());
    return joining.greeting(request).toBuilder().setAskerRetired(retired).build();
  }

  @Override
  public Node adopt(AdoptRequest request) {
    try {
      return joining.adopt(request);
    } catch (IOException e) {
      throw new AdminException(
          Kind.INTERNAL, "disk", "the adoption could not be written down: " + e.getMessage());
    }
  }

  @Override
  public FormationPlan init(List<Endpoint> admins, int shards, int replicas) {
    try {
      return joining.init(admins, shards, replicas);
    } catch (NodeLinks.Refused e) {
      throw new AdminException(Kind.FORBIDDEN_NOW, "not-formed", String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AdminException(Kind.UNKNOWN_OUTCOME, "interrupted", "the node stops");
    } catch (IOException e) {
      throw new AdminException(
          Kind.INTERNAL, "disk", "the plan could not be written down: " + e.getMessage());
    }
  }

  @Override
  public void stop() {
    running.requestStop("an operator asked for it");
  }

  @Override
  public MetadataVerdict propose(MetadataEntry entry, Duration timeout) {
    MetadataGroup metadata = member().metadata();
    if (!metadata.log().isLeader()) {
      throw new AdminException(
          Kind.FORBIDDEN_NOW, "not-leader", "this node does not lead the metadata group");
    }
    return decided(metadata, entry, timeout).verdict().message();
  }

  private static MetadataGroup.Outcome.Decided decided(
      MetadataGroup metadata, MetadataEntry entry, Duration timeout) {
    CompletableFuture<MetadataGroup.Outcome> outcome = new CompletableFuture<>();
    metadata.propose(entry, outcome::complete);
    return switch (waitFor(outcome, timeout)) {
      case MetadataGroup.Outcome.Decided d -> d;
      case MetadataGroup.Outcome.NotDone n ->
          throw new AdminException(Kind.FORBIDDEN_NOW, "not-leader", n.why());
      case MetadataGroup.Outcome.Unknown u ->
          throw new AdminException(Kind.UNKNOWN_OUTCOME, "unknown", u.why());
    };
  }

  private static <T> T waitFor(CompletableFuture<T> future, Duration timeout) {
    try {
      return future.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AdminException(Kind.UNKNOWN_OUTCOME, "interrupted", "the node stops");
    } catch (TimeoutException e) {
      throw new AdminException(Kind.UNKNOWN_OUTCOME, "timeout", "no outcome within " + timeout);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ProposalException p) {
        boolean unknown = p.failure() instanceof Failure.Unknown;
        throw new AdminException(
            unknown ? Kind.UNKNOWN_OUTCOME : Kind.UNAVAILABLE,
            "not-committed",
            String.valueOf(p.getMessage()));
      }
      throw new AdminException(Kind.INTERNAL, "internal", String.valueOf(e.getCause()));
    }
  }

  // Status

  @Override
  public LocalStatusResponse status() {
    RunningNode.Member member = member();
    LocalStatusResponse.Builder b = LocalStatusResponse.newBuilder();
    Runtime runtime = Runtime.getRuntime();
    NodeStatus.Builder node =
        NodeStatus.newBuilder()
            .setNodeId(self.getId())
            .setName(self.getName())
            .setReachable(true)
            .setPhase(running.phase())
            .setVersion(RunningNode.VERSION)
            .setFeatureLevel(self.getFeatureLevel())
            .setUptimeSeconds(running.uptimeSeconds())
            .setHeapUsedBytes(runtime.totalMemory() - runtime.freeMemory())
            .setHeapMaxBytes(runtime.maxMemory())
            .setClientConnections(running.clientConnections())
            .setPid(ProcessHandle.current().pid());
    config.of(Keys.RAFT_PASS_ENTRIES).forEach(e -> node.addPassEntries(e.toString()));
    try {
      var store = java.nio.file.Files.getFileStore(running.directory().path());
      node.setDiskFreeBytes(store.getUsableSpace()).setDiskTotalBytes(store.getTotalSpace());
    } catch (IOException e) {
      node.setDiskFreeBytes(0);
    }
    if (running.memory().isFull()) {
      node.addShortOf("memory");
    }
    if (running.disk().isFull()) {
      node.addShortOf("disk");
    }
    b.setNode(node);
    List<GroupId> groups = new ArrayList<>(member.raft().groups());
    List<@Nullable CompletableFuture<Long>> keys = new ArrayList<>();
    for (GroupId group : groups) {
      ShardReplica shard = member.shards().shard(group);
      keys.add(shard == null ? null : shard.onLoop(m -> m.keys()));
    }
    long deadline = System.nanoTime() + LOOK_TIMEOUT.toNanos();
    for (int i = 0; i < groups.size(); i++) {
      CompletableFuture<Long> count = keys.get(i);
      long number = 0;
      if (count != null) {
        try {
          number = count.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException e) {
          number = 0; // The loop is busy; the status is not worth waiting for it.
        }
      }
      LocalStatusResponse.LocalReplica replica = replica(member.raft(), groups.get(i), number);
      if (replica != null) {
        b.addReplicas(replica);
      }
    }
    return b.build();
  }

  private LocalStatusResponse.@Nullable LocalReplica replica(
      RaftHost raft, GroupId group, long keys) {
    GroupStatus status = raft.status(group);
    if (status == null) {
      return null;
    }
    ShardLog log = raft.log(group);
    boolean voter = status.voters().stream().anyMatch(p -> p.node().hex().equals(self.getId()));
    LocalStatusResponse.LocalReplica.Builder b =
        LocalStatusResponse.LocalReplica.newBuilder()
            .setGroupId(group.toString())
            .setReady(log != null && log.isLeaderReady())
            .setStatus(
                ReplicaStatus.newBuilder()
                    .setNodeId(self.getId())
                    .setNodeName(self.getName())
                    .setReachable(true)
                    .setRole(
                        switch (status.role()) {
                          case LEADER -> ReplicaRole.REPLICA_ROLE_LEADER;
                          case CANDIDATE -> ReplicaRole.REPLICA_ROLE_CANDIDATE;
                          case FOLLOWER -> ReplicaRole.REPLICA_ROLE_FOLLOWER;
                          case LISTENER -> ReplicaRole.REPLICA_ROLE_LISTENER;
                        })
                    .setTerm(status.term())
                    .setCommittedIndex(status.committed())
                    .setAppliedIndex(status.applied().index())
                    .setSnapshotIndex(status.snapshot())
                    .setVoter(voter)
                    .setKeys(keys)
                    .setWaitsMillis(status.waitsMillis()));
    status.voters().forEach(p -> b.addVoters(p.node().hex()));
    status.listeners().forEach(p -> b.addListeners(p.node().hex()));
    var leader = status.leader();
    if (leader != null) {
      b.setLeaderId(leader.node().hex()).setLeaderTerm(leader.term());
    }
    return b.build();
  }

  // Shards

  @Override
  public LogPosition check(GroupId group, long checkId, Duration timeout) {
    MetadataGroup metadata = member().metadata();
    if (group.equals(metadata.id())) {
      MetadataEntry entry =
          MetadataEntry.newBuilder()
              .setCheck(io.flotilla.proto.metadata.Check.newBuilder().setId(checkId))
              .build();
      return decided(metadata, entry, timeout).position();
    }
    ShardReplica shard = shard(member(), group);
    if (!shard.isLeading()) {
      throw new AdminException(
          Kind.FORBIDDEN_NOW, "not-leader", "this node does not lead group " + group);
    }
    return waitFor(shard.propose(stamp -> new Entry.Check(stamp, checkId)), timeout);
  }

  @Override
  public Digest digest(GroupId group, long checkId, Duration timeout) {
    if (!group.equals(member().metadata().id())) {
      shard(member(), group);
    }
    Check check = waitFor(running.checks().of(group, checkId), timeout);
    return new Digest(check.index(), check.digest());
  }

  @Override
  public void doubt(GroupId group, long checkId, long index) {
    shard(member(), group);
    running.detector().doubted(group, checkId, index);
  }

  @Override
  public LoadResponse load(LoadRequest request, Duration timeout) {
    if (running.disk().isFull()) {
      throw new AdminException(
          Kind.FORBIDDEN_NOW,
          "disk-full",
          "the disk of node " + self.getName() + " is nearly full");
    }
    if (running.memory().isFull()) {
      throw new AdminException(
          Kind.FORBIDDEN_NOW,
          "memory-full",
          "the heap of node " + self.getName() + " is nearly full");
    }
    try {
      return LocalLoad.run(
          shard(member(), Groups.groupId(request.getGroupId())),
          running.door().loops().home(),
          running.door().table(),
          request,
          timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AdminException(Kind.UNKNOWN_OUTCOME, "interrupted", "the node stops");
    }
  }

  @Override
  public int commandBytesMax() {
    return (int) Translations.valueBytesMax(config);
  }

  @Override
  public long snapshot(GroupId group, Duration timeout) {
    return Groups.settled(member().raft().takeSnapshot(group), timeout).index();
  }

  @Override
  public void transferLeadership(GroupId group, NodeId to, Duration timeout) {
    Groups.settled(member().raft().transferLeadership(group, to), timeout);
  }

  @Override
  public void openReplica(GroupId group) {
    try {
      member().groups().join(group);
    } catch (IOException e) {
      throw new AdminException(Kind.INTERNAL, "disk", String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void closeReplica(GroupId group) {
    try {
      member().groups().leave(group);
      member().shards().forget(group);
    } catch (IOException e) {
      throw new AdminException(Kind.INTERNAL, "disk", String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void changeMembers(ChangeMembersRequest request, Duration timeout) {
    RunningNode.Member member = member();
    GroupId group = Groups.groupId(request.getGroupId());
    GroupStatus now = member.raft().status(group);
    if (now == null) {
      throw new AdminException(
          Kind.NOT_FOUND, "no-replica", "this node holds no replica of group " + group);
    }
    boolean expected =
        sameNodes(now.voters(), request.getExpectedVotersList())
            && sameNodes(now.listeners(), request.getExpectedListenersList());
    if (!expected) {
      throw new AdminException(
          Kind.OVERTAKEN,
          "different-members",
          "group " + group + " has other members than expected");
    }
    CompletableFuture<Void> change =
        member
            .raft()
            .changeMembers(
                group,
                new RaftHost.Members(now.voters(), now.listeners()),
                new RaftHost.Members(
                    request.getVotersList().stream().map(Groups::peer).toList(),
                    request.getListenersList().stream().map(Groups::peer).toList()));
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      long left = Math.max(1, deadline - System.nanoTime());
      try {
        Groups.settled(change, Duration.ofNanos(Math.min(left, NUDGE.toNanos())));
        return;
      } catch (AdminException e) {
        if (!e.reason().equals("timeout") || System.nanoTime() - deadline >= 0) {
          throw e;
        }
        nudge(member, group);
      }
    }
  }

  /**
   * Puts an entry that changes nothing into a group. Ratis counts a new member as caught up when it
   * has acknowledged an entry; one that holds all of them already, from an attempt that was
   * interrupted, has none to acknowledge until somebody writes (seen on an idle metadata group).
   */
  private static void nudge(RunningNode.Member member, GroupId group) {
    ShardReplica shard = member.shards().shard(group);
    if (group.equals(member.metadata().id())) {
      member
          .metadata()
          .propose(
              MetadataEntry.newBuilder().setBarrier(Barrier.getDefaultInstance()).build(),
              outcome -> {});
    } else if (shard != null) {
      CompletableFuture<LogPosition> unused = shard.propose(Entry.Advance::new);
    }
  }

  private static boolean sameNodes(List<io.flotilla.node.raft.Peer> peers, List<String> ids) {
    return peers.stream()
        .map(p -> p.node().hex())
        .sorted()
        .toList()
        .equals(ids.stream().sorted().toList());
  }

  @Override
  public int drain(boolean undrain) {
    member();
    return running.drain(undrain);
  }

  // Settings

  @Override
  public List<Setting> nodeSettings() {
    List<Setting> settings = new ArrayList<>();
    for (Key<?> key : Keys.all()) {
      settings.add(
          Setting.newBuilder()
              .setName(key.name())
              .setValue(String.valueOf(config.of(key)))
              .setDefaultValue(key.defaultText())
              .setDescription(key.meaning())
              .setScope(SettingScope.SETTING_SCOPE_NODE)
              .build());
    }
    return settings;
  }

  @Override
  public List<ClusterSetting> clusterSettings() {
    return running.clusterSettings();
  }
}
