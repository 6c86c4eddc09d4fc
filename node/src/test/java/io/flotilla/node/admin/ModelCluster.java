package io.flotilla.node.admin;

import io.flotilla.node.TestPorts;
import io.flotilla.node.admin.AdminException.Kind;
import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.metadata.LeaderHints;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.proto.admin.Identity;
import io.flotilla.proto.admin.ReplicaRole;
import io.flotilla.proto.admin.ReplicaStatus;
import io.flotilla.proto.admin.Setting;
import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.metadata.FormCluster;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.MetadataVerdict;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.OwnedSlots;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.proto.metadata.SlotRange;
import io.flotilla.proto.nodes.AdoptRequest;
import io.flotilla.proto.nodes.ChangeMembersRequest;
import io.flotilla.proto.nodes.GreetRequest;
import io.flotilla.proto.nodes.Greeting;
import io.flotilla.proto.nodes.LoadRequest;
import io.flotilla.proto.nodes.LoadResponse;
import io.flotilla.proto.nodes.LocalStatusResponse;
import io.flotilla.statemachine.metadata.MetadataMachine;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.metadata.Verdict;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A cluster without Raft: real admin services on real ports, a real metadata machine, and groups
 * that are what a test sees of them: voters, listeners, a leader.
 *
 * <p>Three nodes n1 to n3 and two shards on all of them; n1 leads everything. A {@link #fault} may
 * throw at each step that changes something, before or after it.
 */
final class ModelCluster implements AutoCloseable {
  static final GroupId METADATA = new GroupId(new UUID(1, 1));
  static final String CLUSTER = "c".repeat(40);

  /** A group as all its members see it. */
  static final class Group {
    final List<String> voters = new ArrayList<>();
    final List<String> listeners = new ArrayList<>();
    final Set<String> open = new HashSet<>();
    String leader = "";

    /** For how long its leader's entries wait. */
    long waitsMillis;
  }

  final Map<GroupId, Group> groups = new LinkedHashMap<>();
  final Map<String, Process> processes = new LinkedHashMap<>();
  final MetadataMachine metadata = new MetadataMachine();
  final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  final GrpcLinks links = new GrpcLinks(null, executor);
  final LeaderHints hints = new LeaderHints();

  /** Called with the name of each step, and whether it is done yet. */
  volatile BiConsumer<String, Boolean> fault = (step, done) -> {};

  private long index;

  ModelCluster() throws IOException {
    FormCluster.Builder form =
        FormCluster.newBuilder().setClusterId(CLUSTER).setFeatureLevel(1).setHashKey0(1);
    Group all = new Group();
    groups.put(METADATA, all);
    for (int i = 1; i <= 3; i++) {
      Process process = start(id(i), "n" + i, 0);
      process.member = true;
      form.addNodes(process.node.toBuilder().setMetadataVoter(true));
      all.voters.add(id(i));
      all.open.add(id(i));
    }
    all.leader = id(1);
    for (int s = 0; s < 2; s++) {
      GroupId group = new GroupId(new UUID(2, s));
      Group shard = new Group();
      shard.voters.addAll(all.voters);
      shard.open.addAll(all.voters);
      shard.leader = id(1);
      groups.put(group, shard);
      form.addShards(
          Shard.newBuilder()
              .setId(String.valueOf(s).repeat(40))
              .setNumber(s)
              .setGroupId(group.toString())
              .addAllReplicas(all.voters));
      form.addSlots(
          OwnedSlots.newBuilder()
              .setShardNumber(s)
              .setRange(SlotRange.newBuilder().setFirst(8192 * s).setLast(8192 * s + 8191)));
    }
    apply(MetadataEntry.newBuilder().setFormCluster(form).build());
  }

  static String id(int number) {
    return String.format("%040x", number);
  }

  synchronized Verdict apply(MetadataEntry entry) {
    return metadata.apply(++index, entry);
  }

  synchronized MetadataState state() {
    return metadata.state();
  }

  /** Changes the metadata as the operator's service does, faults included. */
  Verdict change(MetadataEntry entry) {
    String step = entry.getChangeCase().name();
    fault.accept(step, false);
    Verdict verdict = apply(entry);
    fault.accept(step, true);
    return switch (verdict) {
      case Verdict.Applied a -> a;
      case Verdict.Already a -> a;
      case Verdict.Conflict c -> throw new AdminException(Kind.OVERTAKEN, "conflict", c.why());
      case Verdict.Invalid i -> throw new AdminException(Kind.INVALID, "invalid", i.why());
    };
  }

  Process process(String id) {
    return Objects.requireNonNull(processes.get(id), id);
  }

  Group group(GroupId id) {
    return Objects.requireNonNull(groups.get(id), id::toString);
  }

  /** Starts a process; port 0: a free one. */
  Process start(String id, String name, int port) throws IOException {
    Process process = new Process(id, name, port == 0 ? TestPorts.one() : port);
    processes.put(id, process);
    return process;
  }

  /** Ends a process; what it led is led by another. */
  void kill(String id) {
    process(id).server.close();
    processes.remove(id);
    for (Group group : groups.values()) {
      if (group.leader.equals(id)) {
        group.leader = group.voters.stream().filter(processes::containsKey).findFirst().orElse("");
      }
    }
  }

  @Override
  public void close() {
    links.close();
    processes.values().forEach(p -> p.server.close());
    executor.shutdownNow();
  }

  /** The one setting that the model's nodes know. */
  private record LengthSetting() implements LocalNode.ClusterSetting {
    @Override
    public String name() {
      return "length";
    }

    @Override
    public String defaultValue() {
      return "128";
    }

    @Override
    public String description() {
      return "How long things are.";
    }

    @Override
    public @Nullable String problem(String value) {
      return value.matches("[0-9]+") ? null : value + " is no length";
    }
  }

  /** A running node. */
  final class Process implements LocalNode {
    final Node node;
    final int port;
    final AdminService service;
    private final AdminServer server;
    volatile boolean member;

    /** What its settings tell it to pass. */
    final List<String> passes = new ArrayList<>();

    /** What {@link #digest} answers; null: it does not answer. */
    volatile @Nullable String digest = "d1";

    /** Where it says that it digested. */
    volatile long digestedAt = 99;

    /** What the last one who asked for a snapshot would wait for it. */
    volatile Duration snapshotTimeout = Duration.ZERO;

    /** How many CHECK entries it has committed. */
    final AtomicInteger checks = new AtomicInteger();

    /** The groups in which it was told that it is outvoted. */
    final List<GroupId> doubts = new CopyOnWriteArrayList<>();

    /** Of its program. */
    volatile String version = "1";

    Process(String id, String name, int port) throws IOException {
      this.port = port;
      var endpoint =
          io.flotilla.proto.metadata.Endpoint.newBuilder().setHost("127.0.0.1").setPort(port);
      this.node =
          Node.newBuilder()
              .setId(id)
              .setName(name)
              .setClient(endpoint)
              .setRaft(endpoint)
              .setPeer(endpoint)
              .setAdmin(endpoint)
              .setHttp(endpoint)
              .setFeatureLevel(1)
              .build();
      this.service = new AdminService(this, links, executor);
      this.server =
          new AdminServer(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
              null,
              this,
              service,
              executor);
      server.start();
    }

    @Override
    public Identity identity() {
      return Identity.newBuilder()
          .setNodeId(node.getId())
          .setName(node.getName())
          .setVersion(version)
          .build();
    }

    @Override
    public Greeting greet(GreetRequest request) {
      return Greeting.newBuilder().setNode(node).setClusterId(member ? CLUSTER : "").build();
    }

    @Override
    public Node adopt(AdoptRequest request) {
      fault.accept("adopt", false);
      member = true;
      group(METADATA).open.add(node.getId());
      fault.accept("adopt", true);
      return node;
    }

    @Override
    public FormationPlan init(List<Endpoint> admins, int shards, int replicas) {
      throw new AssertionError("not here");
    }

    @Override
    public void stop() {}

    @Override
    public MetadataVerdict propose(MetadataEntry entry, Duration timeout) {
      return apply(entry).message();
    }

    @Override
    public LocalStatusResponse status() {
      LocalStatusResponse.Builder b = LocalStatusResponse.newBuilder();
      b.getNodeBuilder()
          .setNodeId(node.getId())
          .setName(node.getName())
          .setReachable(true)
          .addAllPassEntries(passes);
      groups.forEach((id, group) -> {
        if (group.open.contains(node.getId())) {
          boolean leads = group.leader.equals(node.getId());
          b.addReplicas(
              LocalStatusResponse.LocalReplica.newBuilder()
                  .setGroupId(id.toString())
                  .setReady(leads)
                  .setLeaderId(group.leader)
                  .setLeaderTerm(1)
                  .addAllVoters(group.voters)
                  .addAllListeners(group.listeners)
                  .setStatus(
                      ReplicaStatus.newBuilder()
                          .setNodeId(node.getId())
                          .setReachable(true)
                          .setVoter(group.voters.contains(node.getId()))
                          .setWaitsMillis(leads ? group.waitsMillis : 0)
                          .setRole(
                              leads
                                  ? ReplicaRole.REPLICA_ROLE_LEADER
                                  : ReplicaRole.REPLICA_ROLE_FOLLOWER)));
        }
      });
      return b.build();
    }

    @Override
    public LogPosition check(GroupId id, long checkId, Duration timeout) {
      if (!group(id).leader.equals(node.getId())) {
        throw new AdminException(Kind.FORBIDDEN_NOW, "not-leader", "not here");
      }
      checks.incrementAndGet();
      return new LogPosition(1, 99);
    }

    @Override
    public Digest digest(GroupId id, long checkId, Duration timeout) {
      String hex = digest;
      if (hex == null || !group(id).open.contains(node.getId())) {
        throw new AdminException(Kind.UNAVAILABLE, "busy", "no digest in time");
      }
      return new Digest(digestedAt, hex);
    }

    @Override
    public void doubt(GroupId id, long checkId, long index) {
      doubts.add(id);
    }

    @Override
    public long snapshot(GroupId id, Duration timeout) {
      if (!group(id).open.contains(node.getId())) {
        throw new AdminException(Kind.NOT_FOUND, "no-replica", "none here");
      }
      snapshotTimeout = timeout;
      return 77;
    }

    @Override
    public void transferLeadership(GroupId id, NodeId to, Duration timeout) {
      group(id).leader = to.hex();
    }

    @Override
    public void openReplica(GroupId id) {
      fault.accept("open", false);
      group(id).open.add(node.getId());
      fault.accept("open", true);
    }

    @Override
    public void closeReplica(GroupId id) {
      group(id).open.remove(node.getId());
    }

    @Override
    public void changeMembers(ChangeMembersRequest request, Duration timeout) {
      fault.accept("members", false);
      Group group = group(new GroupId(UUID.fromString(request.getGroupId())));
      List<String> wanted = request.getVotersList().stream().map(Node::getId).toList();
      if (!group.leader.equals(node.getId()) || !wanted.contains(node.getId())) {
        throw new AdminException(Kind.FORBIDDEN_NOW, "not-allowed", "not the leader, or itself");
      }
      if (!Set.copyOf(group.voters).equals(Set.copyOf(request.getExpectedVotersList()))
          || !Set.copyOf(group.listeners).equals(Set.copyOf(request.getExpectedListenersList()))) {
        throw new AdminException(Kind.OVERTAKEN, "different-members", "other members");
      }
      for (String each : wanted) {
        if (!group.open.contains(each) && !group.voters.contains(each)) {
          throw new AdminException(Kind.FORBIDDEN_NOW, "new-member-too-slow", "it is not open");
        }
      }
      group.voters.clear();
      group.voters.addAll(wanted);
      group.listeners.clear();
      request.getListenersList().forEach(l -> group.listeners.add(l.getId()));
      fault.accept("members", true);
    }

    @Override
    public LoadResponse load(LoadRequest request, Duration timeout) {
      throw new AdminException(Kind.FORBIDDEN_NOW, "no-keys", "a model holds no keys");
    }

    @Override
    public int commandBytesMax() {
      return 8 << 20;
    }

    @Override
    public int drain(boolean undrain) {
      return 0;
    }

    @Override
    public List<Setting> nodeSettings() {
      return List.of(Setting.newBuilder().setName("node.name").setValue(node.getName()).build());
    }

    @Override
    public List<ClusterSetting> clusterSettings() {
      return List.of(new LengthSetting());
    }
  }
}
