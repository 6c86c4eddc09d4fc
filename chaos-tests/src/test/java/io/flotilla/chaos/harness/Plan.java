package io.flotilla.chaos.harness;

import io.flotilla.chaos.nemesis.Faults;
import io.flotilla.chaos.workload.Workloads;
import java.time.Duration;
import java.util.List;

/**
 * What a run is to be.
 *
 * @param seed decides which faults come, when, and whom they hit, and what clients ask; not how
 *     threads and processes interleave
 */
record Plan(int nodes, Duration time, List<String> faults, List<String> workloads, long seed) {
  Plan {
    for (String fault : faults) {
      if (!Faults.all().containsKey(fault)) {
        throw new IllegalArgumentException(
            "there is no fault " + fault + "; there are " + Faults.all().keySet());
      }
    }
    for (String workload : workloads) {
      if (!Workloads.all().containsKey(workload)) {
        throw new IllegalArgumentException(
            "there is no workload " + workload + "; there are " + Workloads.all().keySet());
      }
    }
  }

  static Plan usual(Duration time, int nodes, long seed) {
    return new Plan(nodes, time, Faults.usual(), List.copyOf(Workloads.all().keySet()), seed);
  }

  /** The name under which this run's keys stand. */
  String run() {
    return "r" + Long.toHexString(seed);
  }

  /** What repeats it. */
  String command() {
    return "bin/chaos --nodes %d --time %d --faults %s --workloads %s --seed %d"
        .formatted(
            nodes,
            time.toSeconds(),
            faults.isEmpty() ? "none" : String.join(",", faults),
            String.join(",", workloads),
            seed);
  }
}
