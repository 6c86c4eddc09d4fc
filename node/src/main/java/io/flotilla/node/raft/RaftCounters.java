package io.flotilla.node.raft;

import java.util.concurrent.atomic.LongAdder;

/**
 * What a node's Raft groups have done since the process began, all groups together; read by {@code
 * node.metrics}.
 *
 * <p>Each is a plain adder: cheap to raise from any thread, exact when nothing runs, monotonic but
 * for {@link #proposalsInFlight}.
 */
public final class RaftCounters {
  /** Entries that machines applied. */
  public final LongAdder entriesApplied = new LongAdder();

  /** Raft's own entries that machines passed. */
  public final LongAdder entriesPassed = new LongAdder();

  /** Bytes of the entries that machines applied. */
  public final LongAdder bytesApplied = new LongAdder();

  /** Entries that were applied by the thread that brought them, without a change of thread. */
  public final LongAdder appliedWithoutHandOff = new LongAdder();

  /** Entries handed to Raft by this node. */
  public final LongAdder proposals = new LongAdder();

  /** Entries handed to Raft whose outcome has not been told. */
  public final LongAdder proposalsInFlight = new LongAdder();

  /** Proposals refused: certainly not done. */
  public final LongAdder proposalsRefused = new LongAdder();

  /** Proposals whose outcome was told to be unknown. */
  public final LongAdder proposalsUnknown = new LongAdder();

  /** Times that a replica of this node became leader. */
  public final LongAdder elections = new LongAdder();

  /** Times that a replica of this node ceased to be leader. */
  public final LongAdder leadershipsLost = new LongAdder();

  /** Times that the watchdog made a leader step down. */
  public final LongAdder watchdogStepDowns = new LongAdder();

  /** Snapshots written here. */
  public final LongAdder snapshotsTaken = new LongAdder();

  /** Snapshots that could not be written. */
  public final LongAdder snapshotsFailed = new LongAdder();

  /** Snapshots received from a leader and loaded. */
  public final LongAdder snapshotsInstalled = new LongAdder();

  /** Transfers of leadership begun by the balancer. */
  public final LongAdder balancingTransfers = new LongAdder();

  /** Tasks posted to a loop that threw. */
  public final LongAdder loopTaskFailures = new LongAdder();
}
