package io.flotilla.chaos.harness;

import java.util.List;
import java.util.Map;

/**
 * What came of a run: the content of its report.
 *
 * @param command what repeats it
 * @param violations everything that the promise rules out; empty if all is well
 * @param timeline the faults in their order
 * @param leaders who led each shard, as changes
 * @param unavailability by kind of fault
 * @param verify what was found when the replicas' digests were compared
 * @param witnessed what was found in the logs
 */
record Result(
    String command,
    long seed,
    long tookSeconds,
    long ok,
    long fail,
    long info,
    int faultsDone,
    List<String> violations,
    List<Counts> workloads,
    List<Event> timeline,
    List<Leader> leaders,
    Map<String, Gap> unavailability,
    List<String> off,
    String verify,
    String witnessed) {
  /** How the operations of a workload ended. */
  record Counts(
      String name, long ok, long fail, long info, long longestMillis, Map<Long, long[]> seconds) {}

  /**
   * A fault, from when to when, in milliseconds of the run.
   *
   * @param isAlone whether no other one was there at the same time
   */
  record Event(
      String fault,
      String what,
      long fromMillis,
      long toMillis,
      long longestGapMillis,
      boolean isAlone) {}

  /** From this millisecond on this node leads the shard. */
  record Leader(int shard, int node, long fromMillis) {}

  /** How long the worst shard could not be used around a fault. */
  record Gap(int faults, long medianMillis, long longestMillis) {}

  boolean passes() {
    return violations.isEmpty();
  }
}
