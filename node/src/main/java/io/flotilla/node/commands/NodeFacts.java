package io.flotilla.node.commands;

import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.metadata.ShardId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the node's commands ask of, and may do to, the rest of the node. Any thread; nothing blocks,
 * and what is told may be a moment old.
 */
public interface NodeFacts {
  /** This node. */
  NodeId self();

  /** Flotilla's own version. */
  String version();

  /** When the process began, Unix milliseconds. */
  long startedMillis();

  /** The file of the node's settings; empty if there is none. */
  String configFile();

  /** Whether a replica of this node still replays its log or loads a snapshot. */
  boolean isLoading();

  /** How another node looks from here. */
  Health health(NodeId node);

  /** When another node was last heard of, Unix milliseconds; 0 if never. */
  long lastHeardMillis(NodeId node);

  /** The connections to other nodes, for CLUSTER LINKS. */
  List<Link> links();

  /**
   * Asks the shards' loops for the numbers that {@link #replicas} tells, which are else a moment
   * old; done when they are there.
   */
  CompletableFuture<?> refresh();

  /**
   * Lets the shards count expired keys, hits and misses from zero; done when all do, and {@link
   * #replicas} tells it.
   */
  CompletableFuture<?> resetCounts();

  /** The replicas on this node, by the shards' numbers. */
  List<Replica> replicas();

  /** Memory, as INFO shows it. */
  Memory memory();

  /**
   * Changes settings that the whole cluster shares.
   *
   * @param done is told null when the change is committed, else what is wrong; on any thread
   */
  void changeSettings(Map<String, String> changes, Consumer<@Nullable String> done);

  /**
   * Stops the node's process, soon.
   *
   * @param drain whether leaderships are handed over and replies awaited first
   */
  void shutDown(boolean drain);

  /** How a node looks, by the words of CLUSTER SHARDS. */
  enum Health {
    ONLINE,
    LOADING,
    FAIL
  }

  /**
   * A connection to another node.
   *
   * @param outgoing whether this node opened it
   * @param sendBufferBytes what waits to be sent
   */
  record Link(NodeId node, boolean outgoing, long createdMillis, long sendBufferBytes) {}

  /**
   * A shard's replica on this node.
   *
   * @param number the shard's number
   * @param leading whether it leads
   * @param term the Raft term that it is in
   * @param committedIndex the highest index that it knows to be committed
   * @param appliedIndex the last index that it has applied
   * @param keys how many keys it holds
   * @param keysWithDeadline how many of them expire
   * @param changesSinceSnapshot how many changes of keys its last snapshot does not have
   * @param expiredKeys how many keys have expired since the process began, or {@link #resetCounts}
   * @param keyspaceHits how many keys the reads that it answered have found since then
   * @param keyspaceMisses how many they have not found
   * @param machineTimeMillis its machine time
   */
  record Replica(
      ShardId shard,
      int number,
      boolean leading,
      long term,
      long committedIndex,
      long appliedIndex,
      long keys,
      long keysWithDeadline,
      long changesSinceSnapshot,
      long expiredKeys,
      long keyspaceHits,
      long keyspaceMisses,
      long machineTimeMillis) {}

  /**
   * Memory in bytes.
   *
   * @param used what the data and all else take of the heap now
   * @param peak the most that was taken
   * @param resident what the operating system counts
   * @param max the cluster's maxmemory; 0 if there is none
   * @param live what the last collection has left of the heap; 0 before the first
   * @param mark what must not be live before writes are refused
   * @param full whether writes are refused
   */
  record Memory(
      long used, long peak, long resident, long max, long live, long mark, boolean full) {}
}
