package io.flotilla.chaos.harness;

import io.flotilla.chaos.nemesis.Faults;
import io.flotilla.chaos.workload.Workloads;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a run is to be.
 *
 * @param containers whether the nodes run in containers, or else as processes
 * @param seed decides which faults come, when, and whom they hit, and what clients ask; not how
 *     threads and processes interleave
 * @param settings further settings of the nodes, as in their configuration
 */
record Plan(
    boolean containers,
    int nodes,
    Duration time,
    List<String> faults,
    List<String> workloads,
    long seed,
    Map<String, String> settings) {
  Plan {
    for (String fault : faults) {
      if (!Faults.all().containsKey(fault)) {
        throw new IllegalArgumentException(
            "there is no fault " + fault + "; there are " + Faults.all().keySet());
      }
      if (!Faults.isFor(fault, containers)) {
        throw new IllegalArgumentException(
            fault + " can only be had " + (containers ? "without" : "with") + " --containers");
      }
    }
    for (String workload : workloads) {
      Workloads.Waiting waiting = Workloads.waiting().get(workload);
      if (waiting != null) {
        throw new IllegalArgumentException(workload + " cannot be run yet: " + waiting.why());
      }
      if (!Workloads.all().containsKey(workload)) {
        throw new IllegalArgumentException(
            "there is no workload " + workload + "; there are " + Workloads.all().keySet());
      }
    }
  }

  /** A run of node processes. */
  Plan(
      int nodes,
      Duration time,
      List<String> faults,
      List<String> workloads,
      long seed,
      Map<String, String> settings) {
    this(false, nodes, time, faults, workloads, seed, settings);
  }

  static Plan usual(Duration time, int nodes, long seed) {
    return new Plan(
        nodes, time, Faults.usual(), List.copyOf(Workloads.all().keySet()), seed, Map.of());
  }

  /** The name under which this run's keys stand. */
  String run() {
    return "r" + Long.toHexString(seed);
  }

  /** What repeats it. */
  String command() {
    return "bin/chaos%s --nodes %d --time %d --faults %s --workloads %s --seed %d%s"
        .formatted(
            containers ? " --containers" : "",
            nodes,
            time.toSeconds(),
            faults.isEmpty() ? "none" : String.join(",", faults),
            String.join(",", workloads),
            seed,
            new TreeMap<>(settings)
                .entrySet().stream()
                    .map(s -> " --set " + s.getKey() + "=" + s.getValue())
                    .collect(Collectors.joining()));
  }
}
