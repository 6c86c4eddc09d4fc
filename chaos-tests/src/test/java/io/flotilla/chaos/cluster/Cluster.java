package io.flotilla.chaos.cluster;

import io.flotilla.proto.admin.AdminGrpc.AdminBlockingStub;
import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.GroupStatus;
import io.flotilla.proto.admin.Health;
import io.flotilla.proto.admin.NodeStatus;
import io.flotilla.proto.admin.ReplaceNodeProgress;
import io.flotilla.proto.admin.ReplaceNodeRequest;
import io.flotilla.proto.admin.ReplaceNodeState;
import io.flotilla.proto.admin.ShardStatus;
import io.flotilla.proto.admin.StatusRequest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A cluster that a chaos run starts, hurts and heals: of node processes or of node containers.
 * Whoever hurts it sees each exit code, and knows which ones it has caused.
 *
 * <p>Nodes count from 0; node i is called n(i+1). Its leaders are told by the shard's number, the
 * metadata group's as {@link #METADATA}.
 */
public interface Cluster extends AutoCloseable {
  /** The metadata group among {@link #leaders}. */
  int METADATA = -1;

  /** SIGKILL's exit code, as shells, Java and container engines tell it. */
  int KILLED = 128 + 9;

  /** SIGTERM's, of a process that it has ended before it could end by itself. */
  int TERMINATED = 128 + 15;

  /** For a cluster to become healthy, on a machine that is busy with other things. */
  Duration PATIENCE = Duration.ofMinutes(4);

  /** For one attempt to put a node into another's place. */
  Duration REPLACE_PATIENCE = Duration.ofSeconds(30);

  /** For an answer of an operator's call. */
  Duration CALL_PATIENCE = Duration.ofSeconds(10);

  static String nameOf(int node) {
    return "n" + (node + 1);
  }

  /** Whether an exit code is that of SIGKILL. */
  static boolean isKilled(int exitCode) {
    return exitCode == KILLED;
  }

  int nodes();

  /** Where clients connect. */
  List<InetSocketAddress> clients();

  /** All that a node has on this machine. */
  Path home(int node);

  /** What a node's data are on: a file system of its own, where the disks are small. */
  default Path disk(int node) {
    return home(node).resolve("disk");
  }

  /** Where a node keeps its data, as a path of this machine. */
  default Path dataOf(int node) {
    return disk(node).resolve("data");
  }

  /** What a node has said. */
  String log(int node);

  /** The network between the nodes, which can be cut. */
  NodeNetwork network();

  /** Starts a node that does not run. */
  void start(int node);

  /** Whether it has not ended. */
  boolean isRunning(int node);

  /** How it ended, where it has. */
  Optional<Integer> exitCode(int node);

  /** SIGKILL, and waits until it is gone. */
  void kill(int node);

  /**
   * SIGTERM; it may take its time.
   *
   * @return waits until what runs now has ended, whether or not it has been started anew since, and
   *     gives its exit code where that is still known
   */
  Supplier<Optional<Integer>> terminate(int node);

  /** Lets it stand still as it is. */
  void freeze(int node);

  /** Lets it go on; nothing happens if it does. */
  void thaw(int node);

  /** Leaves no room on a node's disk; only where the disks are small. */
  default void fillDisk(int node) {
    Machine.fill(disk(node));
  }

  /** Gives the room back; nothing happens if it was never taken. */
  default void freeDisk(int node) {
    Machine.empty(disk(node));
  }

  /** Sets a node's clock so much ahead of the machine's; only where clocks can be set. */
  default void setClock(int node, Duration ahead) {
    throw new UnsupportedOperationException("clocks cannot be set here: " + ahead);
  }

  /** Removes all data of a node that does not run: its disk is lost. */
  default void wipe(int node) {
    try (Stream<Path> files = Files.walk(dataOf(node))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new AssertionError("the data of " + nameOf(node) + " cannot be removed", e);
    }
  }

  /**
   * Puts the node that runs empty at a node's address into that node's place, as an operator would:
   * asks whoever answers, and again until it is done.
   *
   * @return what is wrong if it was not done in time
   */
  default Optional<String> replace(int node, Duration patience) {
    ReplaceNodeRequest request = ReplaceNodeRequest.newBuilder().setOldNode(nameOf(node)).build();
    long deadline = System.nanoTime() + patience.toNanos();
    String last = "";
    while (System.nanoTime() < deadline) {
      Optional<ReplaceNodeProgress> progress =
          maybeAsk(
              REPLACE_PATIENCE,
              a -> {
                ReplaceNodeProgress now = ReplaceNodeProgress.getDefaultInstance();
                for (Iterator<ReplaceNodeProgress> all = a.replaceNode(request); all.hasNext(); ) {
                  now = all.next();
                }
                return now;
              });
      if (progress.isPresent()) {
        last = progress.get().getState() + " " + progress.get().getMessage();
        if (progress.get().getState() == ReplaceNodeState.REPLACE_NODE_STATE_DONE) {
          return Optional.empty();
        }
      } else {
        last = "nobody answered; " + lastFailure();
      }
      LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
    }
    return Optional.of(last);
  }

  /** Undoes whatever may still hold a node up. */
  void relieve(int node);

  /** Asks the nodes in turn until one answers; nothing if none does. */
  <T> Optional<T> maybeAsk(Duration patience, Function<AdminBlockingStub, T> call);

  /** Ends everything. */
  @Override
  void close();

  /** What the last node said that did not answer {@link #maybeAsk}. */
  String lastFailure();

  /** The cluster at a glance, if a node answers. */
  default Optional<ClusterStatus> maybeStatus() {
    return maybeAsk(CALL_PATIENCE, a -> a.status(StatusRequest.getDefaultInstance()));
  }

  /** Who leads each shard, by the shard's number, and the metadata group. */
  default Map<Integer, Integer> leaders() {
    Map<Integer, Integer> leaders = new ConcurrentHashMap<>();
    maybeStatus()
        .ifPresent(status -> {
          leaderOf(status.getMetadata()).ifPresent(n -> leaders.put(METADATA, n));
          for (ShardStatus shard : status.getShardsList()) {
            leaderOf(shard.getGroup()).ifPresent(n -> leaders.put(shard.getNumber(), n));
          }
        });
    return leaders;
  }

  private static Optional<Integer> leaderOf(GroupStatus group) {
    String name = group.getLeaderName();
    return name.isEmpty() ? Optional.empty() : Optional.of(Integer.parseInt(name.substring(1)) - 1);
  }

  /** Waits until nothing is amiss: all nodes reached, all shards whole. */
  default ClusterStatus awaitHealthy() {
    return Awaitility.await("the cluster is healthy")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(300))
        .until(this::maybeStatus, s -> s.filter(this::isHealthy).isPresent())
        .orElseThrow();
  }

  /** Whether nothing is amiss. */
  default boolean isHealthy(ClusterStatus status) {
    return status.getHealth() == Health.HEALTH_OK
        && status.getNodesCount() == nodes()
        && status.getNodesList().stream().allMatch(NodeStatus::getReachable);
  }
}
