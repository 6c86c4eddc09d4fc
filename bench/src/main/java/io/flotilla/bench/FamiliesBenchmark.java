package io.flotilla.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/**
 * One command of each family on one shard of three nodes, beside redis-server with its file synced
 * before each answer, in turn within each round; the ratio is that of the medians.
 */
@Command(
    name = "families",
    description =
        "lpush, lrange_100, hset, sadd, spop, zadd, xadd and mset, beside redis-server, AOF always.")
final class FamiliesBenchmark implements Callable<Integer> {
  /** How many a first run is, from which it is learnt how many fit. */
  private static final long FIRST_REQUESTS = 5_000;

  @Mixin private Options options = new Options();

  @Option(
      names = "--pipeline",
      paramLabel = "LIST",
      split = ",",
      description = "Commands that a connection sends before it waits. Default: ${DEFAULT-VALUE}.",
      defaultValue = "1,16")
  private List<Integer> pipelines = List.of(1, 16);

  private final Map<String, Double> rates = new HashMap<>();

  @Override
  public Integer call() {
    for (String program : List.of("redis-server", "redis-benchmark")) {
      if (!Commands.isInstalled(program)) {
        throw new BenchException(program + " is needed: apt-get install redis-server");
      }
    }
    Report report = new Report("families", options.flags());
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("load", "flotilla-1", "p50 ms", "p99 ms", "redis-aof", "its p50", "ratio"));
    try (Workspace workspace = new Workspace();
        Target aof = RedisTarget.aofAlways(workspace);
        FlotillaTarget flotilla = FlotillaTarget.start(workspace, 1)) {
      System.out.println(aof.name() + ": " + aof.description());
      System.out.println(flotilla.name() + ": " + flotilla.description());
      flotilla.awaitHealthy();
      for (int pipeline : pipelines) {
        for (FamilyLoad.Kind kind : FamilyLoad.Kind.values()) {
          measure(new FamilyLoad(kind, pipeline), flotilla, aof, report, table);
        }
      }
    }
    System.out.println();
    Report.print(table);
    report.write(options.results());
    return 0;
  }

  private void measure(
      FamilyLoad load, Target flotilla, Target aof, Report report, List<List<String>> table) {
    long warm = System.nanoTime() + options.warmUpOfRow().toNanos();
    do { // the compiler's work on a load of another shape is no part of the figure
      run(flotilla, load, options.measure());
    } while (System.nanoTime() < warm);
    List<Sample> ours = new ArrayList<>();
    List<Sample> theirs = new ArrayList<>();
    for (int round = 0; round < options.rounds(); round++) {
      ours.add(run(flotilla, load, options.measure()));
      theirs.add(run(aof, load, options.measure()));
    }
    Sample our = Sample.median(ours);
    Sample their = Sample.median(theirs);
    double ratio = our.perSecond() / their.perSecond();
    file(report, load, flotilla, ours);
    file(report, load, aof, theirs);
    ObjectNode row = report.row();
    row.put("load", load.toString());
    row.put("target", flotilla.name());
    row.put("against", aof.name());
    row.put("value", ratio);
    table.add(
        List.of(
            load.toString(),
            Report.rate(our.perSecond()),
            Report.millis(our.p50Millis()),
            Report.millis(our.p99Millis()),
            Report.rate(their.perSecond()),
            Report.millis(their.p50Millis()),
            Report.ratio(ratio)));
    System.out.println(
        load
            + ": "
            + Report.rate(our.perSecond())
            + "/s, redis-aof "
            + Report.rate(their.perSecond())
            + "/s, ratio "
            + Report.ratio(ratio));
  }

  /** For about as long as asked: how many fit is learnt from the run before. */
  private Sample run(Target target, FamilyLoad load, Duration duration) {
    String key = target.name() + " " + load;
    Double known = rates.get(key);
    if (known == null) {
      known = load.run(target, FIRST_REQUESTS).perSecond();
    }
    Sample sample =
        load.run(target, Math.max(FIRST_REQUESTS, (long) (known * duration.toMillis() / 1000)));
    rates.put(key, sample.perSecond());
    return sample;
  }

  private static void file(Report report, FamilyLoad load, Target target, List<Sample> samples) {
    Sample median = Sample.median(samples);
    ObjectNode row = report.row();
    row.put("load", load.toString());
    row.put("target", target.name());
    row.put("per_second", median.perSecond());
    row.put("p50_millis", median.p50Millis());
    row.put("p99_millis", median.p99Millis());
    row.put("max_millis", median.maxMillis());
    var all = row.putArray("all_per_second");
    samples.forEach(sample -> all.add(sample.perSecond()));
  }
}
