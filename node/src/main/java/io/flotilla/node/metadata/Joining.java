package io.flotilla.node.metadata;

import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.identity.Membership;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.nodes.AdoptRequest;
import io.flotilla.proto.nodes.GreetRequest;
import io.flotilla.proto.nodes.Greeting;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a node with an empty directory becomes a member of a cluster; happens once in a directory's
 * life (ARCHITECTURE §8).
 *
 * <pre>
 *   ALONE ──every initial member answers that it knows no cluster──▶ the first of them PLANS: draws ids, fsyncs the plan,
 *     │                                                              and only then shows it
 *     ├──a member shows a plan in which this node's id stands──────▶ MEMBER: the plan is fsynced here, then groups are made
 *     ├──somebody adopts this node (flotilla node replace, init)───▶ MEMBER
 *     └──a member knows a cluster that does not know this id───────▶ stays ALONE, and says that it must replace a lost node
 * </pre>
 *
 * <p><b>Why this cannot make an empty voter.</b> Ids are drawn per directory ({@link
 * DataDirectory}), so a node that lost its disk is not in any plan, and no group counts it. A plan
 * is made only if all members are seen empty at once, and is on the planner's disk before anyone
 * else sees it, so there is one plan or, if the planner lost its disk before it showed it, none
 * that matters. A node that crashes between seeing a plan and writing it sees the same one again.
 *
 * <p>{@link #run} blocks its thread until the node is a member; the rest is called by the services
 * of other nodes, on any thread.
 */
public final class Joining implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Joining.class);

  /** Between two rounds of asking: short, because the start of a whole cluster waits for it. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** How long a member has for its greeting: on a busy machine a fresh JVM needs its time. */
  private static final Duration GREETING_TIMEOUT = Duration.ofSeconds(2);

  /** An initial member as the settings name it. */
  public record InitialMember(String name, Endpoint admin) {
    @Override
    public String toString() {
      return name + "=" + admin;
    }
  }

  /**
   * What the settings say about formation: the members in order (empty: wait to be adopted), and
   * the numbers.
   */
  public record Wish(List<InitialMember> members, int shards, int replicas) {}

  private final DataDirectory directory;
  private final Node self;
  private final Wish wish;
  private final NodeLinks links;
  private final Predicate<String> knowsNode;
  private final SecureRandom dice = new SecureRandom();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean closed;
  private boolean heard;
  private boolean holdsReplicas;
  private final Set<String> askers = new HashSet<>();
  private final Set<String> holders = new HashSet<>();
  private volatile String state = "asks its fellow members";

  /**
   * A process of joining.
   *
   * @param self this node as it is to be registered, its id that of the directory
   * @param knowsNode whether the metadata, as far as this node knows, has a node of this id
   */
  public Joining(
      DataDirectory directory, Node self, Wish wish, NodeLinks links, Predicate<String> knowsNode) {
    this.directory = directory;
    this.self = self;
    this.wish = wish;
    this.links = links;
    this.knowsNode = knowsNode;
  }

  /** What the node waits for, for people. */
  public String state() {
    return state;
  }

  /** Returns when the node is a member; throws if interrupted or closed. */
  public Membership run() throws InterruptedException, IOException {
    lock.lock();
    try {
      while (true) {
        Membership membership = directory.membership();
        if (membership != null) {
          return membership;
        }
        if (closed) {
          throw new InterruptedException("the node stops");
        }
        heard = false;
        lock.unlock();
        try {
          round();
        } finally {
          lock.lock();
        }
        if (directory.membership() == null && !closed && !heard) {
          boolean ignored =
              changed.await(PAUSE.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Asks everybody once, and acts on what they say. */
  void round() throws InterruptedException, IOException {
    if (wish.members().isEmpty()) {
      say("waits for flotilla init, or to replace a node (its settings name no cluster.members)");
      return;
    }
    Map<InitialMember, Greeting> greetings = greetAll(wish.members());
    String refusal = null;
    for (Map.Entry<InitialMember, Greeting> answer : greetings.entrySet()) {
      Greeting greeting = answer.getValue();
      if (greeting.hasPlan() && hasSelf(greeting.getPlan())) {
        join(greeting.getPlan());
        return;
      }
      if (!greeting.getClusterId().isEmpty() && !greeting.getKnowsAsker()) {
        refusal =
            "member "
                + answer.getKey()
                + " belongs to cluster "
                + greeting.getClusterId()
                + ", which does not know this node's id "
                + self.getId()
                + ". An empty directory does not become a voter again: take it in as a new node with \"flotilla node replace "
                + self.getName()
                + "\"";
      }
    }
    if (refusal != null) {
      if (!refusal.equals(state)) {
        state = refusal;
        log.warn("node {} belongs to no cluster: {}", self.getName(), refusal);
      }
      return;
    }
    String obstacle = obstacle(greetings);
    if (obstacle != null) {
      say(obstacle);
      return;
    }
    if (!wish.members().getFirst().name().equals(self.getName())) {
      say("waits for " + wish.members().getFirst() + " to plan the cluster");
      return;
    }
    List<Node> nodes = new ArrayList<>();
    for (InitialMember member : wish.members()) {
      Greeting greeting = greetings.get(member);
      nodes.add(greeting == null ? self : greeting.getNode());
    }
    FormationPlan plan = Formation.plan(nodes, wish.shards(), wish.replicas(), dice);
    join(plan);
    // They would see it when they next ask; told, they need not.
    for (Node node : nodes) {
      if (!node.getId().equals(self.getId())) {
        links
            .adopt(admin(node), adoption(plan, node), GREETING_TIMEOUT)
            .exceptionally(e -> {
              log.debug("{} was not told of the plan, and will ask", node.getName(), e);
              return null;
            });
      }
    }
  }

  private static Endpoint admin(Node node) {
    return new Endpoint(node.getAdmin().getHost(), node.getAdmin().getPort());
  }

  private static AdoptRequest adoption(FormationPlan plan, Node node) {
    return AdoptRequest.newBuilder()
        .setClusterId(plan.getCluster().getClusterId())
        .setMetadataGroupId(plan.getMetadataGroupId())
        .setNodeId(node.getId())
        .setPlan(plan)
        .build();
  }

  private Map<InitialMember, Greeting> greetAll(List<InitialMember> members)
      throws InterruptedException {
    GreetRequest request =
        GreetRequest.newBuilder()
            .setNodeId(self.getId())
            .setName(self.getName())
            .addAllMembers(memberTexts())
            .build();
    Map<InitialMember, CompletableFuture<Greeting>> asked = new LinkedHashMap<>();
    for (InitialMember member : members) {
      if (!member.name().equals(self.getName())) {
        asked.put(member, links.greet(member.admin(), request, GREETING_TIMEOUT));
      }
    }
    Map<InitialMember, Greeting> greetings = new LinkedHashMap<>();
    for (Map.Entry<InitialMember, CompletableFuture<Greeting>> each : asked.entrySet()) {
      try {
        greetings.put(each.getKey(), each.getValue().get());
      } catch (ExecutionException e) {
        log.debug("member {} does not answer", each.getKey(), e.getCause());
      }
    }
    return greetings;
  }

  /** Why no cluster can be planned from these greetings yet; null if one can. */
  private @Nullable String obstacle(Map<InitialMember, Greeting> greetings) {
    Set<String> ids = new HashSet<>(Set.of(self.getId()));
    for (InitialMember member : wish.members()) {
      if (member.name().equals(self.getName())) {
        continue;
      }
      Greeting greeting = greetings.get(member);
      if (greeting == null) {
        return "waits for member " + member + " to answer";
      }
      if (!greeting.getClusterId().isEmpty()) {
        return "waits for member " + member + " to take this node in";
      }
      if (!greeting.getNode().getName().equals(member.name())) {
        return "at "
            + member.admin()
            + " there is "
            + greeting.getNode().getName()
            + ", not "
            + member.name();
      }
      if (!ids.add(greeting.getNode().getId())) {
        return "member " + member + " has another member's id: a directory was copied";
      }
      boolean sameWish =
          greeting.getMembersList().equals(memberTexts())
              && greeting.getShards() == wish.shards()
              && greeting.getReplicas() == wish.replicas();
      if (!sameWish) {
        return "member "
            + member
            + " has other cluster.members, cluster.shards or cluster.replicas in its settings: "
            + greeting.getMembersList()
            + ", "
            + greeting.getShards()
            + ", "
            + greeting.getReplicas();
      }
    }
    return null;
  }

  private List<String> memberTexts() {
    return wish.members().stream().map(InitialMember::toString).toList();
  }

  private boolean hasSelf(FormationPlan plan) {
    return plan.getCluster().getNodesList().stream().anyMatch(n -> n.getId().equals(self.getId()));
  }

  private void join(FormationPlan plan) throws IOException {
    lock.lock();
    try {
      Membership already = directory.membership();
      if (already != null && already.getClusterId().equals(plan.getCluster().getClusterId())) {
        return; // Told and asked at the same time.
      }
      directory.join(plan);
      log.info(
          "node {} ({}) is a member of cluster {} from its beginning, {} nodes, {} shards",
          self.getName(),
          self.getId(),
          plan.getCluster().getClusterId(),
          plan.getCluster().getNodesCount(),
          plan.getCluster().getShardsCount());
      state = "is a member";
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void say(String what) {
    if (!what.equals(state)) {
      state = what;
      log.info("node {} belongs to no cluster yet: {}", self.getName(), what);
    }
  }

  // The first replicas

  /**
   * Waits until all nodes of the plan hold the replicas that others are to lead at first, or the
   * time is over; called when this node does.
   *
   * <p>A group whose first leader stands before the others have made their replicas asks for votes
   * where there is nobody to give them: its elections fail and repeat, and the logs fill with
   * refusals. So each node makes its followers first, and tells; then its leaders. Nothing depends
   * on it: a node that does not answer is not waited for longer than that.
   */
  public void awaitReplicasOfOthers(FormationPlan plan, Duration most) throws InterruptedException {
    List<Node> others =
        plan.getCluster().getNodesList().stream()
            .filter(n -> !n.getId().equals(self.getId()))
            .toList();
    GreetRequest told =
        GreetRequest.newBuilder()
            .setNodeId(self.getId())
            .setName(self.getName())
            .addAllMembers(memberTexts())
            .setHoldsReplicas(true)
            .build();
    long deadline = System.nanoTime() + most.toNanos();
    replicasMade();
    List<Node> missing = others;
    while (!missing.isEmpty()) {
      tell(missing, told);
      lock.lock();
      try {
        // Who was not reached is told anew after a pause; who has made its replicas wakes us.
        long pause = System.nanoTime() + PAUSE.toNanos();
        missing = without(holders, others);
        for (long left = PAUSE.toNanos(); !missing.isEmpty() && left > 0 && !closed; ) {
          left = Math.min(changed.awaitNanos(left), pause - System.nanoTime());
          missing = without(holders, others);
        }
        if (closed) {
          return;
        }
      } finally {
        lock.unlock();
      }
      if (!missing.isEmpty() && deadline - System.nanoTime() <= 0) {
        log.info("node {}: not all nodes have made their replicas within {}", self.getName(), most);
        return;
      }
    }
  }

  /** Says to all who ask that this node has made its replicas, whoever is to lead them. */
  public void replicasMade() {
    lock.lock();
    try {
      holdsReplicas = true;
    } finally {
      lock.unlock();
    }
  }

  private static List<Node> without(Set<String> ids, List<Node> nodes) {
    return nodes.stream().filter(n -> !ids.contains(n.getId())).toList();
  }

  private void tell(List<Node> others, GreetRequest told) {
    for (Node node : others) {
      links
          .greet(admin(node), told, GREETING_TIMEOUT)
          .thenAccept(greeting -> {
            if (greeting.getHoldsReplicas()) {
              holds(node.getId());
            }
          })
          .exceptionally(e -> {
            log.debug("{} was not told of replicas, and will be again", node.getName(), e);
            return null;
          });
    }
  }

  private void holds(String nodeId) {
    lock.lock();
    try {
      if (holders.add(nodeId)) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  // Asked by others

  /** The answer to a greeting. */
  public Greeting greeting(GreetRequest request) {
    Greeting.Builder b =
        Greeting.newBuilder()
            .setNode(self)
            .addAllMembers(memberTexts())
            .setShards(wish.shards())
            .setReplicas(wish.replicas());
    lock.lock();
    try {
      b.setHoldsReplicas(holdsReplicas);
      if (request.getHoldsReplicas() && holders.add(request.getNodeId())) {
        changed.signalAll();
      }
      if (askers.add(request.getNodeId())) {
        // Who asks for the first time is there now: perhaps it was the last one that was waited
        // for.
        heard = true;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    Membership membership = directory.membership();
    if (membership != null) {
      b.setClusterId(membership.getClusterId());
      boolean initial = false;
      if (membership.hasPlan()) {
        b.setPlan(membership.getPlan());
        initial =
            membership.getPlan().getCluster().getNodesList().stream()
                .anyMatch(n -> n.getId().equals(request.getNodeId()));
      }
      b.setKnowsAsker(initial || knowsNode.test(request.getNodeId()));
    }
    return b.build();
  }

  /**
   * Takes this node into a cluster.
   *
   * @throws NodeLinks.Refused if it is another node than meant, or belongs to another cluster
   */
  public Node adopt(AdoptRequest request) throws IOException {
    if (!request.getNodeId().equals(self.getId())) {
      throw new NodeLinks.Refused("this is node " + self.getId() + ", not " + request.getNodeId());
    }
    Membership membership = directory.membership();
    if (membership != null) {
      if (membership.getClusterId().equals(request.getClusterId())) {
        return self;
      }
      throw new NodeLinks.Refused(
          "this node belongs to cluster " + membership.getClusterId() + " already");
    }
    if (request.hasPlan()) {
      if (!hasSelf(request.getPlan())) {
        throw new NodeLinks.Refused("the plan does not name this node");
      }
      join(request.getPlan());
      return self;
    }
    lock.lock();
    try {
      directory.join(
          request.getClusterId(), request.getMetadataGroupId(), request.getKnownNodesList());
      log.info(
          "node {} ({}) is taken into cluster {}",
          self.getName(),
          self.getId(),
          request.getClusterId());
      state = "is a member";
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    return self;
  }

  /**
   * Forms a cluster of the nodes at these endpoints, this one among them; answers the plan that
   * stands if there is one already.
   *
   * @throws NodeLinks.Refused if one of them does not answer, or belongs to a cluster
   */
  public FormationPlan init(List<Endpoint> admins, int shards, int replicas)
      throws InterruptedException, IOException {
    Membership membership = directory.membership();
    if (membership == null) {
      List<InitialMember> members = new ArrayList<>();
      boolean hasSelf = false;
      for (Endpoint admin : admins) {
        boolean isSelf =
            admin.port() == self.getAdmin().getPort()
                && admin.host().equals(self.getAdmin().getHost());
        hasSelf |= isSelf;
        members.add(new InitialMember(isSelf ? self.getName() : "?" + admin, admin));
      }
      if (!hasSelf) {
        throw new NodeLinks.Refused(
            "the endpoints do not name this node's, "
                + self.getAdmin().getHost()
                + ":"
                + self.getAdmin().getPort());
      }
      Map<InitialMember, Greeting> greetings = greetAll(members);
      List<Node> nodes = new ArrayList<>();
      for (InitialMember member : members) {
        Greeting greeting = greetings.get(member);
        if (greeting == null && !member.name().equals(self.getName())) {
          throw new NodeLinks.Refused("no node answers at " + member.admin());
        }
        if (greeting != null && !greeting.getClusterId().isEmpty()) {
          throw new NodeLinks.Refused(
              greeting.getNode().getName() + " belongs to cluster " + greeting.getClusterId());
        }
        nodes.add(greeting == null ? self : greeting.getNode());
      }
      join(Formation.plan(nodes, shards, replicas, dice));
      membership = directory.membership();
    }
    if (membership == null || !membership.hasPlan()) {
      throw new NodeLinks.Refused("this node was taken into a cluster that others formed");
    }
    FormationPlan plan = membership.getPlan();
    for (Node node : plan.getCluster().getNodesList()) {
      if (!node.getId().equals(self.getId())) {
        try {
          links.adopt(admin(node), adoption(plan, node), GREETING_TIMEOUT).get();
        } catch (ExecutionException e) {
          throw new NodeLinks.Refused(
              "the cluster is planned, but "
                  + node.getName()
                  + " did not take the plan; call init again: "
                  + e.getCause());
        }
      }
    }
    return plan;
  }

  /** Ends {@link #run}. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
