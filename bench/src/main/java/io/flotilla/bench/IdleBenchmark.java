package io.flotilla.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.node.ObjectNode;

/** What an empty cluster costs while nobody asks for anything. */
@Command(
    name = "idle",
    description = "CPU and resident memory of three idle nodes with three shards.")
final class IdleBenchmark implements Callable<Integer> {
  private static final int SHARDS = 3;
  private static final double CPU_PERCENT_AT_MOST = 15;
  private static final double NODE_MEBIBYTES_AT_MOST = 250;

  @Mixin private Options options = new Options();

  @Override
  public Integer call() {
    Duration settle = Duration.ofSeconds(options.quick() ? 10 : 30);
    Duration watch = Duration.ofSeconds(options.quick() ? 10 : 60);
    Report report = new Report("idle", options.flags());
    try (Workspace workspace = new Workspace();
        FlotillaTarget flotilla = FlotillaTarget.start(workspace, SHARDS)) {
      flotilla.awaitHealthy();
      List<ProcessHandle> nodes = flotilla.processes();
      Workspace.pause(settle);
      List<Double> before = nodes.stream().map(ProcessStats::cpuSeconds).toList();
      long began = System.nanoTime();
      Workspace.pause(watch);
      double seconds = (System.nanoTime() - began) / 1e9;
      List<List<String>> table = new ArrayList<>();
      table.add(List.of("node", "CPU %", "resident MiB"));
      double allPercent = 0;
      double mostMebibytes = 0;
      for (int i = 0; i < nodes.size(); i++) {
        double percent = 100 * (ProcessStats.cpuSeconds(nodes.get(i)) - before.get(i)) / seconds;
        double mebibytes = ProcessStats.residentBytes(nodes.get(i)) / 1048576.0;
        allPercent += percent;
        mostMebibytes = Math.max(mostMebibytes, mebibytes);
        table.add(
            List.of(
                "n" + (i + 1),
                String.format(Locale.ROOT, "%.1f", percent),
                String.format(Locale.ROOT, "%.0f", mebibytes)));
        ObjectNode node = report.row();
        node.put("node", "n" + (i + 1));
        node.put("cpu_percent", percent);
        node.put("resident_mebibytes", mebibytes);
      }
      Report.print(table);
      System.out.printf(
          Locale.ROOT,
          "CPU of all: %.1f %% of one core (at most %.0f: %s); the largest node: %.0f MiB (at most %.0f: %s)%n",
          allPercent,
          CPU_PERCENT_AT_MOST,
          allPercent <= CPU_PERCENT_AT_MOST ? "met" : "MISSED",
          mostMebibytes,
          NODE_MEBIBYTES_AT_MOST,
          mostMebibytes <= NODE_MEBIBYTES_AT_MOST ? "met" : "MISSED");
      ObjectNode node = report.row();
      node.put("all_cpu_percent", allPercent);
      node.put("largest_resident_mebibytes", mostMebibytes);
    }
    report.write(options.results());
    return 0;
  }
}
