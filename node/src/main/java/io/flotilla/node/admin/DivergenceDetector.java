package io.flotilla.node.admin;

import io.flotilla.node.admin.Findings.Finding;
import io.flotilla.node.admin.Findings.Outcome;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.ShardLog.Voters;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.nodes.DoubtRequest;
import io.flotilla.proto.nodes.DoubtResponse;
import io.flotilla.statemachine.metadata.NodeId;
import io.grpc.StatusRuntimeException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds replicas whose state is not that of the others (ARCHITECTURE §2).
 *
 * <pre>
 *   leader    CHECK ══ log ══▶ every replica digests ──▶ digests asked ──▶ agree: counted
 *                                                             │ differ: alarm
 *                                                    a second CHECK, at once
 *                                                             │ the same replica stands against a majority again
 *   replica   doubted ──▶ asks the other voters itself ──▶ sees that majority ──▶ may be spared ──▶ stops
 * </pre>
 *
 * <p>A false stop is worse than none, so whatever is not certain only alarms. The leader decides
 * nothing: its doubt makes the replica ask. The replica stops only if it has itself heard one other
 * digest from a strict majority of all voters ({@link Findings}), of the very CHECK and index at
 * which its own differs, while the voters stayed the same and its state was not replaced meanwhile;
 * and only if each group that it holds keeps a majority that lives. The two CHECKs tell what lasts
 * from what has passed: a state that was healed by a snapshot, or a bit that flipped while it was
 * read.
 *
 * <p>Silence is never disagreement. Calls wait; they run on virtual threads.
 */
public final class DivergenceDetector {
  private static final Logger log = LoggerFactory.getLogger(DivergenceDetector.class);

  /** How long a CHECK entry may take to be applied on its leader: several elections. */
  private static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(15);

  /** How long a doubted replica waits for what the others have found already. */
  private static final Duration DOUBT_TIMEOUT = Duration.ofSeconds(30);

  /** What a replica has found itself is there at once, or is not there any more. */
  private static final Duration OWN_TIMEOUT = Duration.ofMillis(100);

  /** This node, as far as the detector needs it: the port that the wiring implements. */
  public interface Site {
    /** The shards that this node leads and whose replica makes no digest now, by their numbers. */
    SortedMap<Integer, GroupId> checkable();

    /** The voters of a group, as its local replica knows them; null if there is no replica. */
    @Nullable Voters voters(GroupId group);

    /** Why this node must not stop now, whatever its state is; null if it may. */
    @Nullable String objection();

    /**
     * Stops this node, which keeps its data and never trusts it again.
     *
     * @param right who may lead the group instead
     */
    void stop(GroupId group, Set<NodeId> right, String why);
  }

  private final LocalNode node;
  private final Site site;
  private final GrpcLinks links;
  private final ExecutorService executor;
  private final ReplicaDigests digests;
  private final SecureRandom dice = new SecureRandom();
  private final Map<GroupId, CheckCounts> counts = new ConcurrentHashMap<>();
  private final AtomicBoolean checking = new AtomicBoolean();
  private volatile @Nullable Joined joined;

  public DivergenceDetector(LocalNode node, Site site, GrpcLinks links, ExecutorService executor) {
    this.node = node;
    this.site = site;
    this.links = links;
    this.executor = executor;
    this.digests = new ReplicaDigests(links, executor);
  }

  /**
   * From now on the node belongs to a cluster, and checks what it leads every so often, for the
   * first time in the second half of the first period: nodes that were started together do not
   * check together.
   *
   * @param period zero: never
   */
  public void joined(Joined cluster, Duration period, ScheduledExecutorService chores) {
    joined = cluster;
    if (!period.isZero()) {
      long half = period.toMillis() / 2;
      ScheduledFuture<?> unused =
          chores.scheduleAtFixedRate(
              () -> executor.execute(this::checkAll),
              half + dice.nextLong(half),
              period.toMillis(),
              TimeUnit.MILLISECONDS);
    }
  }

  /** What came of the checks of a shard's group here. */
  public CheckCounts counts(GroupId group) {
    return counts.computeIfAbsent(group, g -> new CheckCounts());
  }

  // The leader's part

  /** Checks each shard that this node leads, one after the other; nothing if that is under way. */
  public void checkAll() {
    if (!checking.compareAndSet(false, true)) {
      return;
    }
    try {
      for (Map.Entry<Integer, GroupId> shard : site.checkable().entrySet()) {
        check(shard.getKey(), shard.getValue());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // The node stops.
    } catch (RuntimeException e) {
      log.warn("checking shards failed, and is done again later", e);
    } finally {
      checking.set(false);
    }
  }

  private void check(int shard, GroupId group) throws InterruptedException {
    Seen first = look(shard, group);
    Set<NodeId> outvoted = new TreeSet<>(first == null ? Set.of() : first.findings.outvoted());
    if (outvoted.isEmpty()) {
      return;
    }
    Seen again = look(shard, group);
    if (again == null) {
      return;
    }
    outvoted.retainAll(again.findings.outvoted());
    for (NodeId each : outvoted) {
      doubt(group, each, again);
    }
  }

  /** One CHECK, and what its replicas told. */
  private record Seen(long checkId, long index, Findings findings) {}

  private @Nullable Seen look(int shard, GroupId group) throws InterruptedException {
    Voters voters = site.voters(group);
    long checkId = dice.nextLong(1, Long.MAX_VALUE);
    LogPosition at;
    try {
      at = node.check(group, checkId, COMMIT_TIMEOUT);
    } catch (AdminException e) {
      log.debug("shard {}, group {}: no CHECK was committed: {}", shard, group, e.getMessage());
      return null;
    }
    if (voters == null) {
      return null;
    }
    List<ReplicaDigests.Answer> answers =
        digests.ask(nodes(voters.current()), group, checkId, at.index(), ReplicaDigests.MOST);
    Findings findings = new Findings(voters, found(answers));
    Outcome outcome = findings.outcome();
    counts(group).count(outcome, at.index(), System.currentTimeMillis());
    if (outcome == Outcome.DISAGREED) {
      log.error(
          "shard {}, group {}: replicas disagree at index {}: {}. Outvoted by a majority: {}. See \"Replicas that differ\" in"
              + " docs/operations",
          shard,
          group,
          at.index(),
          words(answers),
          findings.outvoted().isEmpty() ? "none" : findings.outvoted());
    } else {
      log.debug(
          "shard {}, group {}: CHECK at index {}: {}: {}",
          shard,
          group,
          at.index(),
          outcome,
          words(answers));
    }
    return new Seen(checkId, at.index(), findings);
  }

  private void doubt(GroupId group, NodeId replica, Seen seen) {
    if (replica.hex().equals(self())) {
      doubted(group, seen.checkId, seen.index);
      return;
    }
    for (Node doubted : nodes(Set.of(replica))) {
      try {
        DoubtResponse unused =
            links
                .node(AdminService.admin(doubted), DOUBT_TIMEOUT)
                .doubt(
                    DoubtRequest.newBuilder()
                        .setGroupId(group.toString())
                        .setCheckId(seen.checkId)
                        .setIndex(seen.index)
                        .build());
      } catch (StatusRuntimeException e) {
        log.error(
            "group {}: node {} could not be told that it is outvoted: {}",
            group,
            doubted.getName(),
            Errors.describe(e.getStatus()));
      }
    }
  }

  // The doubted replica's part

  /** Somebody says that this node's replica is outvoted at this CHECK; returns at once. */
  public void doubted(GroupId group, long checkId, long index) {
    executor.execute(() -> {
      try {
        judge(group, checkId, index);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // The node stops.
      } catch (RuntimeException e) {
        log.error("group {}: this replica is doubted at index {}, and goes on", group, index, e);
      }
    });
  }

  /** Finds out whether this node's replica is outvoted at this CHECK, and stops the node if so. */
  void judge(GroupId group, long checkId, long index) throws InterruptedException {
    NodeId self = new NodeId(self());
    Voters voters = site.voters(group);
    if (voters == null) {
      return;
    }
    Set<NodeId> others = new TreeSet<>(voters.current());
    others.remove(self);
    List<ReplicaDigests.Answer> answers =
        digests.ask(nodes(others), group, checkId, index, DOUBT_TIMEOUT);
    LocalNode.Digest own;
    try {
      // After the others, because a state that was replaced meanwhile has found nothing.
      own = node.digest(group, checkId, OWN_TIMEOUT);
    } catch (AdminException e) {
      log.warn(
          "group {}: this replica is doubted at index {}, and has no digest of it: {}",
          group,
          index,
          e.getMessage());
      return;
    }
    Map<NodeId, Finding> found = found(answers);
    found.put(self, new Finding(own.hex(), node.identity().getVersion()));
    Findings findings = new Findings(voters, found);
    String what =
        "group "
            + group
            + ": at index "
            + index
            + " this replica found "
            + own.hex()
            + ", the others: "
            + words(answers);
    String objection;
    if (own.index() != index) {
      objection = "its own digest is of index " + own.index();
    } else if (!voters.equals(site.voters(group))) {
      objection = "the voters are being changed";
    } else if (!findings.isOutvoted(self)) {
      objection = "no strict majority has shown it one other digest";
    } else {
      objection = site.objection();
    }
    if (objection != null) {
      log.error("{}. It is doubted and goes on, because {}", what, objection);
      return;
    }
    log.error("{}. A majority contradicts it: this node stops, and keeps its data", what);
    site.stop(group, findings.against(self), what);
  }

  private String self() {
    return node.identity().getNodeId();
  }

  /** These nodes, where the metadata knows them; the others are silent. */
  private List<Node> nodes(Set<NodeId> ids) {
    Joined cluster = joined;
    List<Node> known = new ArrayList<>();
    if (cluster != null) {
      MetadataState state = cluster.state().get();
      for (NodeId id : new TreeSet<>(ids)) {
        state.getNodesList().stream().filter(n -> n.getId().equals(id.hex())).forEach(known::add);
      }
    }
    return known;
  }

  private static Map<NodeId, Finding> found(List<ReplicaDigests.Answer> answers) {
    Map<NodeId, Finding> found = new HashMap<>();
    for (ReplicaDigests.Answer answer : answers) {
      if (!answer.digest().isEmpty()) {
        found.put(new NodeId(answer.nodeId()), new Finding(answer.digest(), answer.version()));
      }
    }
    return found;
  }

  private static String words(List<ReplicaDigests.Answer> answers) {
    return answers.stream()
        .map(
            a -> a.nodeName() + " " + (a.digest().isEmpty() ? "unknown: " + a.error() : a.digest()))
        .collect(Collectors.joining(", "));
  }
}
