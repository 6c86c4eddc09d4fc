package io.flotilla.chaos.nemesis;

import io.flotilla.chaos.cluster.Cluster;
import io.flotilla.chaos.cluster.NodeContainers;
import io.flotilla.chaos.workload.RawClient;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * What faults act upon, and where they tell what should not have happened.
 *
 * <p>A process that ends though no fault has said so before is an unplanned exit.
 */
public final class Stage {
  /** The node's exit code where it cannot go on. */
  private static final int HALTED = 70;

  private final Cluster cluster;
  private final List<RawClient> clients;
  private final Consumer<String> violations;

  /** For each node how many faults have said so and not started it again since. */
  private final Map<Integer, Integer> mayEnd = new ConcurrentHashMap<>();

  private final Set<Integer> mayHalt = ConcurrentHashMap.newKeySet();
  private boolean whole = true;

  public Stage(Cluster cluster, List<RawClient> clients, Consumer<String> violations) {
    this.cluster = cluster;
    this.clients = clients;
    this.violations = violations;
  }

  public Cluster cluster() {
    return cluster;
  }

  /** The cluster, where it is of containers; a plan has seen to that. */
  NodeContainers containers() {
    if (cluster instanceof NodeContainers containers) {
      return containers;
    }
    throw new IllegalStateException("this fault is for containers only");
  }

  List<RawClient> clients() {
    return clients;
  }

  void violation(String what) {
    violations.accept(what);
  }

  /** From here until it is started again for the same fault, this node's process may end. */
  void mayEnd(int node) {
    mayEnd.merge(node, 1, Integer::sum);
  }

  /** As {@link #mayEnd}, and it may find that it cannot go on. */
  void mayHalt(int node) {
    mayHalt.add(node);
    mayEnd(node);
  }

  /** A node that lost its data was not replaced: another one may not lose its own. */
  void notWhole() {
    whole = false;
  }

  boolean isWhole() {
    return whole;
  }

  /** Whether this is how a node ends that was asked to. */
  boolean isExpected(int node, int exitCode) {
    return exitCode == 0
        || exitCode == Cluster.TERMINATED
        || Cluster.isKilled(exitCode)
        || (exitCode == HALTED && mayHalt.contains(node));
  }

  void start(int node) {
    if (!cluster.isRunning(node)) {
      cluster.start(node);
    }
    mayEnd.computeIfPresent(node, (key, faults) -> faults == 1 ? null : faults - 1);
  }

  /** All faults have been healed. */
  public void healed() {
    mayHalt.clear();
  }

  /**
   * Tells of processes that have ended by themselves, and starts them again as a supervisor does.
   */
  public void supervise() {
    for (int node = 0; node < cluster.nodes(); node++) {
      if (!mayEnd.containsKey(node) && !cluster.isRunning(node) && !mayEnd.containsKey(node)) {
        violation(
            Cluster.nameOf(node)
                + " ended by itself with exit code "
                + cluster.exitCode(node).orElse(-1));
        cluster.start(node);
      }
    }
  }

  /** Undoes whatever may still be wrong: nothing is cut, all nodes go on or are started. */
  public void heal() {
    cluster.network().heal();
    for (int node = 0; node < cluster.nodes(); node++) {
      cluster.relieve(node);
      start(node);
    }
    mayEnd.clear();
    healed();
  }
}
