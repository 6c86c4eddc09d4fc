package io.flotilla.node.admin;

import io.flotilla.node.admin.AdminException.Kind;
import io.flotilla.node.loading.RdbImport;
import io.flotilla.node.loading.Work;
import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.metadata.NodeLinks;
import io.flotilla.node.metadata.PreferredLeaders;
import io.flotilla.node.metadata.Views;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.proto.admin.AdminGrpc;
import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.DrainRequest;
import io.flotilla.proto.admin.DrainResponse;
import io.flotilla.proto.admin.Endpoint;
import io.flotilla.proto.admin.GetConfigRequest;
import io.flotilla.proto.admin.GetConfigResponse;
import io.flotilla.proto.admin.IdentifyRequest;
import io.flotilla.proto.admin.Identity;
import io.flotilla.proto.admin.ImportProgress;
import io.flotilla.proto.admin.ImportRequest;
import io.flotilla.proto.admin.InitRequest;
import io.flotilla.proto.admin.InitResponse;
import io.flotilla.proto.admin.ListNodesRequest;
import io.flotilla.proto.admin.ListNodesResponse;
import io.flotilla.proto.admin.ListShardsRequest;
import io.flotilla.proto.admin.ListShardsResponse;
import io.flotilla.proto.admin.ListSlotsRequest;
import io.flotilla.proto.admin.ListSlotsResponse;
import io.flotilla.proto.admin.ReplaceNodeProgress;
import io.flotilla.proto.admin.ReplaceNodeRequest;
import io.flotilla.proto.admin.ReplicaDigest;
import io.flotilla.proto.admin.ResetConfigRequest;
import io.flotilla.proto.admin.ResetConfigResponse;
import io.flotilla.proto.admin.SetConfigRequest;
import io.flotilla.proto.admin.SetConfigResponse;
import io.flotilla.proto.admin.Setting;
import io.flotilla.proto.admin.SettingScope;
import io.flotilla.proto.admin.ShardVerification;
import io.flotilla.proto.admin.SlotOwner;
import io.flotilla.proto.admin.SlotRange;
import io.flotilla.proto.admin.SnapshotResult;
import io.flotilla.proto.admin.StatusRequest;
import io.flotilla.proto.admin.StopRequest;
import io.flotilla.proto.admin.StopResponse;
import io.flotilla.proto.admin.TakeSnapshotRequest;
import io.flotilla.proto.admin.TakeSnapshotResponse;
import io.flotilla.proto.admin.TransferLeaderRequest;
import io.flotilla.proto.admin.TransferLeaderResponse;
import io.flotilla.proto.admin.VerifyRequest;
import io.flotilla.proto.admin.VerifyResponse;
import io.flotilla.proto.admin.VerifyVerdict;
import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Migration;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.OwnedSlots;
import io.flotilla.proto.metadata.PreferLeaders;
import io.flotilla.proto.metadata.PutSetting;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.proto.nodes.CheckRequest;
import io.flotilla.proto.nodes.CheckResponse;
import io.flotilla.proto.nodes.HandOverRequest;
import io.flotilla.proto.nodes.LoadRequest;
import io.flotilla.proto.nodes.LoadResponse;
import io.flotilla.proto.nodes.LoadVerdict;
import io.flotilla.proto.nodes.LocalStatusRequest;
import io.flotilla.proto.nodes.LocalStatusResponse;
import io.flotilla.proto.nodes.SnapshotRequest;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.metadata.Verdict;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The operator's service: what concerns the whole cluster, done by asking the nodes that it takes.
 *
 * <p>Each call runs on a virtual thread and may wait. It knows the cluster by the local replica of
 * the metadata group, and asks every node, this one too, through its {@link NodeLinkService}: one
 * road for all.
 */
public final class AdminService extends AdminGrpc.AdminImplBase {
  /**
   * How long a node has to tell its status: below what people wait for, above a busy machine's
   * pauses.
   */
  private static final Duration STATUS_TIMEOUT = Duration.ofMillis(1_500);

  /** How long a call may take that does not say more itself. */
  private static final Duration MOST = Duration.ofSeconds(60);

  /** Where a failure happened, if not elsewhere: the node that was asked, which needs no word. */
  private static final String ASKED = "";

  /** How often a preference is looked at anew when something else was written down meanwhile. */
  private static final int PREFER_ATTEMPTS = 5;

  /** How long a change of the metadata may take: several elections. */
  private static final Duration CHANGE_TIMEOUT = Duration.ofSeconds(15);

  /** How long a leader may take for an import's work before its fate counts as unknown. */
  private static final Duration LOAD_TIMEOUT = Duration.ofSeconds(15);

  private final LocalNode node;
  private final GrpcLinks links;
  private final ReplicaDigests digests;
  private final ExecutorService executor;
  private final SecureRandom dice = new SecureRandom();
  private volatile @Nullable Joined joined;

  public AdminService(LocalNode node, GrpcLinks links, ExecutorService executor) {
    this.node = node;
    this.links = links;
    this.digests = new ReplicaDigests(links, executor);
    this.executor = executor;
  }

  /** From now on the node belongs to a cluster. */
  public void joined(Joined cluster) {
    joined = cluster;
  }

  private Joined cluster() {
    Joined j = joined;
    if (j == null || j.state().get().getClusterId().isEmpty()) {
      throw new AdminException(
          Kind.FORBIDDEN_NOW,
          "unformed",
          "node " + node.identity().getName() + " knows no cluster yet");
    }
    return j;
  }

  private String self() {
    return node.identity().getNodeId();
  }

  // Views

  @Override
  public void identify(IdentifyRequest request, StreamObserver<Identity> out) {
    Calls.answer(ASKED, out, node::identity);
  }

  @Override
  public void status(StatusRequest request, StreamObserver<ClusterStatus> out) {
    Calls.answer(
        ASKED,
        out,
        () -> {
          Joined cluster = cluster();
          return statuses(cluster, request.getLocalOnly()).cluster(self());
        });
  }

  @Override
  public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> out) {
    Calls.answer(
        ASKED,
        out,
        () ->
            ListNodesResponse.newBuilder()
                .addAllNodes(statuses(cluster(), request.getLocalOnly()).nodes())
                .build());
  }

  @Override
  public void listShards(ListShardsRequest request, StreamObserver<ListShardsResponse> out) {
    Calls.answer(
        ASKED,
        out,
        () -> {
          Joined cluster = cluster();
          List<Shard> shards = Names.shards(cluster.state().get(), request.getShardsList());
          return ListShardsResponse.newBuilder()
              .addAllShards(statuses(cluster, request.getLocalOnly()).shards(shards))
              .build();
        });
  }

  @Override
  public void listSlots(ListSlotsRequest request, StreamObserver<ListSlotsResponse> out) {
    Calls.answer(ASKED, out, () -> slots(cluster()));
  }

  private static ListSlotsResponse slots(Joined cluster) {
    MetadataState state = cluster.state().get();
    ListSlotsResponse.Builder b = ListSlotsResponse.newBuilder();
    int assigned = 0;
    for (OwnedSlots owned : state.getSlotsList()) {
      Shard shard = Names.shard(state, Integer.toString(owned.getShardNumber()));
      LeaderHint leader = cluster.hints().leader(Views.group(shard));
      SlotOwner.Builder owner =
          SlotOwner.newBuilder()
              .setRange(
                  SlotRange.newBuilder()
                      .setFirst(owned.getRange().getFirst())
                      .setLast(owned.getRange().getLast()))
              .setShardNumber(shard.getNumber())
              .setShardId(shard.getId())
              .setEpoch(owned.getEpoch());
      if (leader != null) {
        owner
            .setLeaderId(leader.node().hex())
            .setLeaderName(Names.nodeName(state, leader.node().hex()));
      }
      for (Migration migration : state.getMigrationsList()) {
        boolean moves =
            migration.getFromShard().equals(shard.getId())
                && migration.getSlotsList().stream()
                    .anyMatch(r ->
                        r.getFirst() <= owned.getRange().getLast()
                            && owned.getRange().getFirst() <= r.getLast());
        if (moves) {
          owner.setMovingToShardId(migration.getToShard());
        }
      }
      b.addOwners(owner);
      assigned += owned.getRange().getLast() - owned.getRange().getFirst() + 1;
    }
    return b.setUnassigned(ClusterView.SLOTS - assigned).build();
  }

  private ClusterStatuses statuses(Joined cluster, boolean localOnly) throws InterruptedException {
    MetadataState state = cluster.state().get();
    Map<String, LocalStatusResponse> answers = new LinkedHashMap<>();
    if (localOnly) {
      answers.put(self(), node.status());
    } else {
      answers.putAll(
          each(
              state.getNodesList(),
              n ->
                  links
                      .node(admin(n), STATUS_TIMEOUT)
                      .localStatus(LocalStatusRequest.getDefaultInstance())));
      // A node that replaces another may be at its address: it does not answer for it.
      answers.entrySet().removeIf(e -> !e.getValue().getNode().getNodeId().equals(e.getKey()));
    }
    return new ClusterStatuses(state, cluster.metadataGroup(), answers, cluster.hints()::leader);
  }

  /** Asks all these nodes at once; those that fail are left out. */
  private <R> Map<String, R> each(List<Node> nodes, Function<Node, R> ask)
      throws InterruptedException {
    Map<String, Future<R>> asked = new LinkedHashMap<>();
    for (Node n : nodes) {
      asked.put(n.getId(), executor.submit(() -> ask.apply(n)));
    }
    Map<String, R> answers = new LinkedHashMap<>();
    for (Map.Entry<String, Future<R>> e : asked.entrySet()) {
      try {
        answers.put(e.getKey(), e.getValue().get());
      } catch (java.util.concurrent.ExecutionException failed) {
        // Left out: the caller shows it as unreachable.
      }
    }
    return answers;
  }

  static ClusterView.Endpoint admin(Node node) {
    return new ClusterView.Endpoint(node.getAdmin().getHost(), node.getAdmin().getPort());
  }

  // Formation

  @Override
  public void init(InitRequest request, StreamObserver<InitResponse> out) {
    Calls.answer(
        ASKED,
        out,
        () -> {
          List<ClusterView.Endpoint> admins =
              request.getAdminsList().stream()
                  .map(e -> new ClusterView.Endpoint(e.getHost(), e.getPort()))
                  .toList();
          if (admins.isEmpty()) {
            throw new AdminException(
                Kind.INVALID, "no-nodes", "init needs the admin endpoints of all initial nodes");
          }
          FormationPlan plan = node.init(admins, request.getShards(), request.getReplicas());
          return InitResponse.newBuilder()
              .setClusterId(plan.getCluster().getClusterId())
              .addAllNodeIds(plan.getCluster().getNodesList().stream().map(Node::getId).toList())
              .build();
        });
  }

  // Leaders and snapshots

  @Override
  public void transferLeader(
      TransferLeaderRequest request, StreamObserver<TransferLeaderResponse> out) {
    Calls.answer(ASKED, out, () -> transfer(cluster(), request));
  }

  private TransferLeaderResponse transfer(Joined cluster, TransferLeaderRequest request)
      throws InterruptedException {
    MetadataState state = cluster.state().get();
    long begin = System.nanoTime();
    Duration timeout =
        Calls.timeout(
            request.getTimeoutMillis() == 0 ? MOST : Duration.ofMillis(request.getTimeoutMillis()));
    GroupId group;
    List<String> voters;
    String preferred = "";
    Shard moved = null;
    if (request.getShard().equals(Names.METADATA)) {
      group = cluster.metadataGroup();
      voters =
          state.getNodesList().stream().filter(Node::getMetadataVoter).map(Node::getId).toList();
    } else {
      moved = Names.shard(state, request.getShard());
      group = Views.group(moved);
      voters = moved.getReplicasList();
      preferred = moved.getPreferredLeader();
    }
    LeaderHint leader = leader(cluster, group);
    String from = leader.node().hex();
    String to;
    if (!request.getToNode().isEmpty()) {
      to = Names.node(state, request.getToNode()).getId();
    } else if (!preferred.isEmpty() && !preferred.equals(from)) {
      to = preferred;
    } else {
      to = voters.stream().filter(v -> !v.equals(from)).findFirst().orElse("");
    }
    if (!voters.contains(to)) {
      throw new AdminException(
          Kind.FORBIDDEN_NOW,
          "no-replica",
          "node "
              + (to.isEmpty() ? "(none)" : Names.nodeName(state, to))
              + " is no voting replica of it");
    }
    if (moved != null) {
      prefer(cluster, moved.getId(), to);
    }
    if (!to.equals(from)) {
      remote(
          Names.nodeName(state, from),
          () ->
              links
                  .node(admin(Names.node(state, from)), timeout)
                  .handOver(
                      HandOverRequest.newBuilder()
                          .setGroupId(group.toString())
                          .setToNodeId(to)
                          .build()));
    }
    LeaderHint now = statuses(cluster, false).leader(group);
    return TransferLeaderResponse.newBuilder()
        .setFromNodeId(from)
        .setFromNodeName(Names.nodeName(state, from))
        .setToNodeId(to)
        .setToNodeName(Names.nodeName(state, to))
        .setTerm(now == null ? 0 : now.term())
        .setTookMillis(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin))
        .build();
  }

  /** From now on the shard should be led there, so that nobody brings it back. */
  private static void prefer(Joined cluster, String shard, String to) {
    for (int attempt = 1; ; attempt++) {
      MetadataState state = cluster.state().get();
      Map<String, String> changes =
          PreferredLeaders.moved(state.getShardsList(), Names.shard(state, shard), to);
      if (changes.isEmpty()) {
        return;
      }
      PreferLeaders.Builder preferences = PreferLeaders.newBuilder();
      changes.forEach((id, node) ->
          preferences.addPreferences(
              PreferLeaders.Preference.newBuilder().setShard(id).setNode(node)));
      try {
        Verdict unused =
            change(
                cluster,
                MetadataEntry.newBuilder()
                    .setIfVersion(state.getVersion())
                    .setPreferLeaders(preferences)
                    .build());
        return;
      } catch (AdminException e) {
        // The metadata's leader writes down other things all the time.
        if (e.kind() != Kind.OVERTAKEN || attempt == PREFER_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** Who leads the group; asks all nodes, because a hint may be old. */
  private LeaderHint leader(Joined cluster, GroupId group) throws InterruptedException {
    LeaderHint leader = statuses(cluster, false).leader(group);
    if (leader == null || Names.maybeNode(cluster.state().get(), leader.node().hex()) == null) {
      throw new AdminException(
          Kind.UNAVAILABLE, "no-leader", "no leader of group " + group + " is known");
    }
    return leader;
  }

  @Override
  public void takeSnapshot(TakeSnapshotRequest request, StreamObserver<TakeSnapshotResponse> out) {
    Calls.answer(ASKED, out, () -> snapshots(cluster(), request));
  }

  private TakeSnapshotResponse snapshots(Joined cluster, TakeSnapshotRequest request)
      throws InterruptedException {
    MetadataState state = cluster.state().get();
    Duration timeout = Calls.timeoutOfOthers(NodeLinkService.SNAPSHOT_MOST);
    List<String> nodes = new ArrayList<>();
    if (request.getLocalOnly()) {
      nodes.add(self());
    } else if (request.getNodesList().isEmpty()) {
      state.getNodesList().forEach(n -> nodes.add(n.getId()));
    } else {
      request.getNodesList().forEach(n -> nodes.add(Names.node(state, n).getId()));
    }
    List<Callable<SnapshotResult>> todo = new ArrayList<>();
    boolean all = request.getShardsList().isEmpty();
    for (String id : nodes) {
      Node on = Names.node(state, id);
      if (all || request.getShardsList().contains(Names.METADATA)) {
        todo.add(() -> snapshot(on, Names.METADATA, cluster.metadataGroup(), timeout));
      }
      List<String> named =
          request.getShardsList().stream().filter(s -> !s.equals(Names.METADATA)).toList();
      if (all || !named.isEmpty()) {
        for (Shard shard : Names.shards(state, named)) {
          if (shard.getReplicasList().contains(id)) {
            todo.add(() ->
                snapshot(on, Integer.toString(shard.getNumber()), Views.group(shard), timeout));
          }
        }
      }
    }
    TakeSnapshotResponse.Builder b = TakeSnapshotResponse.newBuilder();
    for (Future<SnapshotResult> result : executor.invokeAll(todo)) {
      b.addResults(result.resultNow());
    }
    return b.build();
  }

  private SnapshotResult snapshot(Node on, String shard, GroupId group, Duration timeout) {
    long begin = System.nanoTime();
    SnapshotResult.Builder b =
        SnapshotResult.newBuilder()
            .setNodeId(on.getId())
            .setNodeName(on.getName())
            .setShard(shard)
            .setIndex(-1);
    try {
      b.setIndex(
          links
              .node(admin(on), timeout)
              .snapshot(SnapshotRequest.newBuilder().setGroupId(group.toString()).build())
              .getIndex());
    } catch (StatusRuntimeException e) {
      b.setError(Errors.describe(e.getStatus()));
    }
    return b.setTookMillis(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin)).build();
  }

  // Verification

  @Override
  public void verify(VerifyRequest request, StreamObserver<VerifyResponse> out) {
    Calls.answer(
        ASKED,
        out,
        () -> {
          Joined cluster = cluster();
          Duration timeout =
              Calls.timeout(
                  request.getTimeoutMillis() == 0
                      ? MOST
                      : Duration.ofMillis(request.getTimeoutMillis()));
          boolean all = request.getShardsList().isEmpty();
          List<String> named =
              request.getShardsList().stream().filter(s -> !s.equals(Names.METADATA)).toList();
          MetadataState state = cluster.state().get();
          List<Callable<ShardVerification>> todo = new ArrayList<>();
          if (all || !named.isEmpty()) {
            for (Shard shard : Names.shards(state, named)) {
              ShardVerification.Builder b =
                  ShardVerification.newBuilder()
                      .setShardNumber(shard.getNumber())
                      .setShardId(shard.getId());
              todo.add(
                  () -> verify(cluster, b, Views.group(shard), shard.getReplicasList(), timeout));
            }
          }
          Future<ShardVerification> metadata = null;
          if (all || request.getShardsList().contains(Names.METADATA)) {
            List<String> everybody = state.getNodesList().stream().map(Node::getId).toList();
            metadata =
                executor.submit(() ->
                    verify(
                        cluster,
                        ShardVerification.newBuilder(),
                        cluster.metadataGroup(),
                        everybody,
                        timeout));
          }
          VerifyResponse.Builder b = VerifyResponse.newBuilder();
          for (Future<ShardVerification> result : executor.invokeAll(todo)) {
            b.addShards(result.get());
          }
          if (metadata != null) {
            b.setMetadata(metadata.get());
          }
          return b.build();
        });
  }

  private ShardVerification verify(
      Joined cluster,
      ShardVerification.Builder b,
      GroupId groupId,
      List<String> replicas,
      Duration timeout)
      throws InterruptedException {
    MetadataState state = cluster.state().get();
    String group = groupId.toString();
    long checkId = dice.nextLong(1, Long.MAX_VALUE);
    CheckResponse at;
    try {
      Node leader = Names.node(state, leader(cluster, groupId).node().hex());
      at =
          links
              .node(admin(leader), timeout)
              .check(CheckRequest.newBuilder().setGroupId(group).setCheckId(checkId).build());
    } catch (StatusRuntimeException e) {
      return b.setVerdict(VerifyVerdict.VERIFY_VERDICT_INCOMPLETE)
          .setError("no CHECK entry was committed: " + Errors.describe(e.getStatus()))
          .build();
    } catch (AdminException e) {
      return b.setVerdict(VerifyVerdict.VERIFY_VERDICT_INCOMPLETE)
          .setError(String.valueOf(e.getMessage()))
          .build();
    }
    b.setTerm(at.getTerm()).setIndex(at.getIndex());
    List<Node> asked = replicas.stream().map(r -> Names.node(state, r)).toList();
    boolean complete = true;
    String first = "";
    boolean differ = false;
    for (ReplicaDigests.Answer answer :
        digests.ask(asked, groupId, checkId, at.getIndex(), timeout)) {
      b.addReplicas(
          ReplicaDigest.newBuilder()
              .setNodeId(answer.nodeId())
              .setNodeName(answer.nodeName())
              .setDigest(answer.digest())
              .setError(answer.error()));
      if (answer.digest().isEmpty()) {
        complete = false;
      } else if (first.isEmpty()) {
        first = answer.digest();
      } else {
        differ |= !first.equals(answer.digest());
      }
    }
    return b.setVerdict(
            differ
                ? VerifyVerdict.VERIFY_VERDICT_DIFFER
                : complete
                    ? VerifyVerdict.VERIFY_VERDICT_AGREE
                    : VerifyVerdict.VERIFY_VERDICT_INCOMPLETE)
        .build();
  }

  // Settings

  @Override
  public void getConfig(GetConfigRequest request, StreamObserver<GetConfigResponse> out) {
    Calls.answer(ASKED, out, () -> config(request.getPattern()));
  }

  private GetConfigResponse config(String pattern) {
    PathMatcher glob =
        FileSystems.getDefault().getPathMatcher("glob:" + (pattern.isEmpty() ? "*" : pattern));
    GetConfigResponse.Builder b = GetConfigResponse.newBuilder();
    Joined j = joined;
    if (j != null) {
      MetadataState state = j.state().get();
      b.setVersion(state.getSettingsVersion());
      Map<String, String> set = new LinkedHashMap<>();
      state.getSettingsList().forEach(s -> set.put(s.getName(), s.getValue()));
      for (LocalNode.ClusterSetting known : node.clusterSettings()) {
        if (glob.matches(Path.of(known.name()))) {
          b.addSettings(
              Setting.newBuilder()
                  .setName(known.name())
                  .setValue(set.getOrDefault(known.name(), known.defaultValue()))
                  .setDefaultValue(known.defaultValue())
                  .setDescription(known.description())
                  .setScope(SettingScope.SETTING_SCOPE_CLUSTER));
        }
      }
    }
    node.nodeSettings().stream()
        .filter(s -> glob.matches(Path.of(s.getName())))
        .forEach(b::addSettings);
    return b.build();
  }

  @Override
  public void setConfig(SetConfigRequest request, StreamObserver<SetConfigResponse> out) {
    Calls.answer(ASKED, out, () -> set(cluster(), request));
  }

  private SetConfigResponse set(Joined cluster, SetConfigRequest request) {
    LocalNode.ClusterSetting known = clusterSetting(request.getName());
    String problem = known.problem(request.getValue());
    if (problem != null) {
      throw new AdminException(Kind.INVALID, "bad-value", request.getName() + ": " + problem);
    }
    MetadataState state = cluster.state().get();
    PutSetting.Builder put =
        PutSetting.newBuilder().setName(request.getName()).setValue(request.getValue());
    return SetConfigResponse.newBuilder()
        .setPreviousValue(valueOf(known, state))
        .setVersion(put(cluster, put, request.getExpectedVersion(), state).version())
        .build();
  }

  @Override
  public void resetConfig(ResetConfigRequest request, StreamObserver<ResetConfigResponse> out) {
    Calls.answer(ASKED, out, () -> reset(cluster(), request));
  }

  private ResetConfigResponse reset(Joined cluster, ResetConfigRequest request) {
    LocalNode.ClusterSetting known = clusterSetting(request.getName());
    MetadataState state = cluster.state().get();
    PutSetting.Builder put = PutSetting.newBuilder().setName(request.getName());
    return ResetConfigResponse.newBuilder()
        .setPreviousValue(valueOf(known, state))
        .setDefaultValue(known.defaultValue())
        .setVersion(put(cluster, put, request.getExpectedVersion(), state).version())
        .build();
  }

  /** The cluster's setting of this name, or an error that says where else it may be looked for. */
  private LocalNode.ClusterSetting clusterSetting(String name) {
    if (node.nodeSettings().stream().anyMatch(s -> s.getName().equals(name))) {
      throw new AdminException(
          Kind.FORBIDDEN_NOW,
          "node-setting",
          name + " stands in each node's own file: change it there, and start the node again");
    }
    return node.clusterSettings().stream()
        .filter(s -> s.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new AdminException(
                Kind.NOT_FOUND,
                "unknown-setting",
                "no setting of the cluster is called \"" + name + "\""));
  }

  private static String valueOf(LocalNode.ClusterSetting setting, MetadataState state) {
    return state.getSettingsList().stream()
        .filter(s -> s.getName().equals(setting.name()))
        .map(io.flotilla.proto.metadata.Setting::getValue)
        .findFirst()
        .orElse(setting.defaultValue());
  }

  /** Commits it, if the settings are still those that the caller expects, else those seen here. */
  private static Verdict put(
      Joined cluster, PutSetting.Builder put, long expectedVersion, MetadataState seen) {
    put.setIfSettingsVersion(expectedVersion != 0 ? expectedVersion : seen.getSettingsVersion());
    return change(cluster, MetadataEntry.newBuilder().setPutSetting(put).build());
  }

  /** Changes the metadata, or throws. */
  private static Verdict change(Joined cluster, MetadataEntry entry) {
    Verdict verdict = cluster.client().change(entry, Calls.timeout(CHANGE_TIMEOUT)).join();
    return switch (verdict) {
      case Verdict.Applied a -> a;
      case Verdict.Already a -> a;
      case Verdict.Conflict c -> throw new AdminException(Kind.OVERTAKEN, "conflict", c.why());
      case Verdict.Invalid i -> throw new AdminException(Kind.INVALID, "invalid", i.why());
    };
  }

  // Nodes

  @Override
  public void replaceNode(ReplaceNodeRequest request, StreamObserver<ReplaceNodeProgress> out) {
    try {
      Joined cluster = cluster();
      if (passedOn(cluster, request, out)) {
        return;
      }
      new NodeReplacement(
              cluster.metadataGroup(),
              cluster.state(),
              cluster.hints(),
              links,
              entry -> change(cluster, entry),
              out::onNext)
          .run(request);
      out.onCompleted();
    } catch (InterruptedException | RuntimeException e) {
      Calls.fail(ASKED, out, e);
    }
  }

  /**
   * A node that is to be replaced itself has another one do it, because it is going to follow the
   * metadata no more; and so has one that is still being taken in, because it does not follow them
   * yet.
   */
  private boolean passedOn(
      Joined cluster, ReplaceNodeRequest request, StreamObserver<ReplaceNodeProgress> out) {
    MetadataState state = cluster.state().get();
    Node old = Names.maybeNode(state, request.getOldNode());
    Node me = Names.maybeNode(state, self());
    boolean leaves = old != null && old.getId().equals(self());
    boolean comes =
        me == null
            || (!me.getReplaces().isEmpty() && Names.maybeNode(state, me.getReplaces()) != null);
    if (!leaves && !comes) {
      return false;
    }
    Endpoint own = node.identity().getAdmin();
    for (Node other : state.getNodesList()) {
      if (other.getId().equals(self()) || ClusterStatuses.endpoint(other.getAdmin()).equals(own)) {
        continue; // This node, or the lost one at whose address it is.
      }
      try {
        Iterator<ReplaceNodeProgress> progress =
            links
                .admin(admin(other), Calls.timeout(NodeReplacement.MEMBER_TIMEOUT))
                .replaceNode(request);
        progress.forEachRemaining(out::onNext);
        out.onCompleted();
        return true;
      } catch (StatusRuntimeException e) {
        boolean nobody =
            e.getStatus().getCode() == io.grpc.Status.Code.UNAVAILABLE
                && !(Errors.ofCall(e) instanceof NodeLinks.Refused);
        if (!nobody) {
          throw e;
        }
      }
    }
    throw new AdminException(
        Kind.UNAVAILABLE, "no-other-node", "no other node answers, and none can replace itself");
  }

  // Imports

  @Override
  public StreamObserver<ImportRequest> importFile(StreamObserver<ImportProgress> out) {
    return new ImportCall(
            (ServerCallStreamObserver<ImportProgress>) out,
            executor,
            (begin, file, output) -> {
              Joined cluster = cluster();
              new RdbImport(
                      begin,
                      (group, request) -> load(cluster, group, request),
                      () -> Views.of(cluster.state().get()),
                      node.commandBytesMax(),
                      System::currentTimeMillis,
                      executor,
                      output)
                  .run(file);
            })
        .observer();
  }

  /** Has a shard's leader do an import's work. */
  private LoadResponse load(Joined cluster, GroupId group, LoadRequest request) {
    LeaderHint leader = cluster.hints().leader(group);
    if (leader == null) {
      return Work.unanswered(request, LoadVerdict.LOAD_VERDICT_NOT_DONE, "no leader is known");
    }
    try {
      if (leader.node().hex().equals(self())) {
        return node.load(request, LOAD_TIMEOUT);
      }
      Node there = Names.node(cluster.state().get(), leader.node().hex());
      return links.load(admin(there), request, LOAD_TIMEOUT);
    } catch (AdminException e) {
      boolean unknown = e.kind() == Kind.UNKNOWN_OUTCOME || e.kind() == Kind.INTERNAL;
      return Work.unanswered(
          request,
          unknown ? LoadVerdict.LOAD_VERDICT_UNKNOWN : LoadVerdict.LOAD_VERDICT_NOT_DONE,
          e.message());
    } catch (StatusRuntimeException e) {
      boolean refused = Errors.ofCall(e) instanceof NodeLinks.Refused;
      return Work.unanswered(
          request,
          refused ? LoadVerdict.LOAD_VERDICT_NOT_DONE : LoadVerdict.LOAD_VERDICT_UNKNOWN,
          Errors.describe(e.getStatus()));
    }
  }

  @Override
  public void drain(DrainRequest request, StreamObserver<DrainResponse> out) {
    Calls.answer(
        ASKED,
        out,
        () -> {
          Joined cluster = cluster();
          int given = node.drain(request.getUndrain());
          DrainResponse.Builder b = DrainResponse.newBuilder().setTransferred(given);
          for (Shard shard : cluster.state().get().getShardsList()) {
            LeaderHint leader = cluster.hints().leader(Views.group(shard));
            if (!request.getUndrain()
                && leader != null
                && leader.node().equals(new NodeId(self()))) {
              b.addStillLed(shard.getNumber());
            }
          }
          return b.build();
        });
  }

  @Override
  public void stop(StopRequest request, StreamObserver<StopResponse> out) {
    Calls.answer(
        ASKED, out, () -> StopResponse.newBuilder().setPid(node.identity().getPid()).build());
    node.stop();
  }

  /** A call to another node whose failure is this call's failure. */
  static <R> R remote(String nodeName, Callable<R> call) {
    try {
      return call.call();
    } catch (StatusRuntimeException e) {
      Throwable meaning = Errors.ofCall(e);
      throw new AdminException(
          meaning instanceof NodeLinks.Refused ? Kind.FORBIDDEN_NOW : Kind.UNKNOWN_OUTCOME,
          "node-failed",
          "node " + nodeName + ": " + Errors.describe(e.getStatus()));
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AdminException(Kind.INTERNAL, "internal", e.toString());
    }
  }

  /** For the replacement of nodes: an answer of another node, waited for. */
  static <R> R remote(String nodeName, CompletableFuture<R> answer) throws InterruptedException {
    try {
      return answer.get();
    } catch (java.util.concurrent.ExecutionException e) {
      Throwable cause = Errors.unwrap(e);
      throw new AdminException(
          cause instanceof NodeLinks.Refused ? Kind.FORBIDDEN_NOW : Kind.UNAVAILABLE,
          "node-failed",
          "node " + nodeName + ": " + cause.getMessage());
    }
  }
}
