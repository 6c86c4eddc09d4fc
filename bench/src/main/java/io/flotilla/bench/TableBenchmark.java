package io.flotilla.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/**
 * The table of figures: Flotilla's rate per row, beside its peers' in the same minutes.
 *
 * <p>Targets are measured in turn within each round, so that whatever else the machine does hits
 * all of them alike; the ratio is that of the medians. Beside it stands how much of the processor
 * the machine's neighbours had during each of the two: a ratio of 30 and 5 % is none.
 */
final class TableBenchmark implements Callable<Integer> {
  private static final int KEYS = 100_000;

  @Mixin private Options options = new Options();

  @Option(
      names = "--only",
      paramLabel = "REGEX",
      description =
          "Only the rows in whose name this is found, such as 'flotilla-1 GET c=50 P=16'.")
  private Pattern only = Pattern.compile("");

  /**
   * A bound that a ratio, or a latency, is held to.
   *
   * @param against the peer's name; "" for a latency in milliseconds
   */
  private record Goal(String against, String word, double bound) {
    boolean isLatency() {
      return against.isEmpty();
    }
  }

  private record Row(Load load, List<Goal> goals) {}

  private static Row row(Load.Kind kind, int clients, int pipeline, Goal... goals) {
    return new Row(new Load(kind, clients, pipeline, KEYS), List.of(goals));
  }

  private static Goal aof(String word, double bound) {
    return new Goal("redis-aof", word, bound);
  }

  private static Goal memory(String word, double bound) {
    return new Goal("redis-memory", word, bound);
  }

  private static Goal redisCluster() {
    return new Goal("redis-cluster", "aim", 1.0);
  }

  private static Goal p50(double millis) {
    return new Goal("", "p50 at most", millis);
  }

  /** The rows for one shard; the last ones have no bound, they are for the record. */
  private static final List<Row> ONE_SHARD =
      List.of(
          row(Load.Kind.SET, 50, 1, aof("must", 0.5), redisCluster()),
          row(Load.Kind.SET, 50, 16, aof("must", 0.65), redisCluster()),
          row(Load.Kind.SET, 50, 64, aof("must", 0.85), redisCluster()),
          row(Load.Kind.GET, 50, 1, memory("must", 0.65), memory("aim", 0.8)),
          row(Load.Kind.GET, 50, 16, memory("must", 0.8), memory("aim", 1.0)),
          row(Load.Kind.SET, 1, 1, p50(1.0), aof("seen", 0)),
          row(Load.Kind.GET, 1, 1, p50(0.2), memory("seen", 0)),
          row(Load.Kind.MIXED, 50, 16, aof("seen", 0)));

  private static final List<Row> THREE_SHARDS =
      List.of(
          row(Load.Kind.SET, 50, 1, aof("must", 0.25), aof("aim", 0.5), redisCluster()),
          row(Load.Kind.GET, 50, 1, memory("must", 0.25), memory("aim", 0.5)));

  @Override
  public Integer call() {
    if (!Commands.isInstalled("redis-server") || !Commands.isInstalled("redis-benchmark")) {
      throw new BenchException(
          "redis-server, redis-cli and redis-benchmark are needed: apt-get install redis-server");
    }
    Map<Integer, List<Row>> chosen = new LinkedHashMap<>();
    chosen.put(1, chosen(1, ONE_SHARD));
    chosen.put(3, chosen(3, THREE_SHARDS));
    chosen.values().removeIf(List::isEmpty);
    if (chosen.isEmpty()) {
      throw new BenchException("--only: " + only + " is found in no row's name");
    }
    Report report = new Report("table", options.flags());
    List<List<String>> table = new ArrayList<>();
    table.add(
        List.of(
            "load",
            "flotilla",
            "p50 ms",
            "p99 ms",
            "peer",
            "its rate",
            "its p50",
            "ratio",
            "goal",
            "",
            "stolen"));
    try (Workspace workspace = new Workspace();
        Target aof = RedisTarget.aofAlways(workspace);
        Target memory = RedisTarget.noPersistence(workspace);
        Target cluster = RedisTarget.cluster(workspace)) {
      Map<String, Target> peers = new LinkedHashMap<>();
      for (Target peer : List.of(aof, memory, cluster)) {
        Meter.fill(peer, KEYS);
        peers.put(peer.name(), peer);
        System.out.println(peer.name() + ": " + peer.description());
      }
      for (Map.Entry<Integer, List<Row>> rows : chosen.entrySet()) {
        try (FlotillaTarget flotilla = FlotillaTarget.start(workspace, rows.getKey())) {
          System.out.println(flotilla.name() + ": " + flotilla.description());
          measure(flotilla, rows.getValue(), peers, report, table);
        }
      }
    }
    System.out.println();
    Report.print(table);
    report.write(options.results());
    return 0;
  }

  private List<Row> chosen(int shards, List<Row> rows) {
    return rows.stream()
        .filter(row -> only.matcher(FlotillaTarget.name(shards) + " " + row.load).find())
        .toList();
  }

  private void measure(
      FlotillaTarget flotilla,
      List<Row> rows,
      Map<String, Target> peers,
      Report report,
      List<List<String>> table) {
    Meter meter = new Meter();
    flotilla.awaitHealthy();
    Meter.fill(flotilla, KEYS);
    meter.warmUp(flotilla, rows.stream().map(Row::load).toList(), options.warmUp());
    for (Row row : rows) {
      List<String> names =
          row.goals.stream().filter(g -> !g.isLatency()).map(Goal::against).distinct().toList();
      meter.warmUp(flotilla, List.of(row.load), options.warmUpOfRow());
      Map<String, List<Sample>> samples = new LinkedHashMap<>();
      for (int round = 0; round < options.rounds(); round++) {
        List<Target> turn = new ArrayList<>(List.of(flotilla));
        names.forEach(name -> turn.add(peers.getOrDefault(name, flotilla)));
        for (Target target : turn) {
          samples
              .computeIfAbsent(target.name(), n -> new ArrayList<>())
              .add(meter.measure(target, row.load, options.measure()));
        }
      }
      tell(flotilla.name(), row, samples, report, table);
    }
  }

  private static void tell(
      String own,
      Row row,
      Map<String, List<Sample>> samples,
      Report report,
      List<List<String>> table) {
    Sample ours = median(samples, own);
    samples.forEach((name, list) -> file(report, name, row.load, list));
    for (Goal goal : row.goals) {
      boolean latency = goal.isLatency();
      Sample theirs = latency ? ours : median(samples, goal.against);
      double value = latency ? ours.p50Millis() : ours.perSecond() / theirs.perSecond();
      boolean met = latency ? value <= goal.bound : value >= goal.bound;
      table.add(
          List.of(
              own + " " + row.load,
              Report.rate(ours.perSecond()),
              Report.millis(ours.p50Millis()),
              Report.millis(ours.p99Millis()),
              latency ? "" : goal.against,
              latency ? "" : Report.rate(theirs.perSecond()),
              latency ? "" : Report.millis(theirs.p50Millis()),
              Report.ratio(value),
              goal.bound == 0 ? "" : goal.word + " " + goal.bound,
              goal.bound == 0 ? "" : met ? "met" : "MISSED",
              Report.percents(ours.stolenPercent(), theirs.stolenPercent())));
      ObjectNode node = report.row();
      node.put("load", row.load.toString());
      node.put("target", own);
      node.put("goal", goal.word);
      node.put("against", goal.against);
      node.put("bound", goal.bound);
      node.put("value", value);
      node.put("met", met);
    }
    System.out.println(
        own
            + " "
            + row.load
            + ": "
            + Report.rate(ours.perSecond())
            + "/s, p50 "
            + Report.millis(ours.p50Millis())
            + " ms");
  }

  private static Sample median(Map<String, List<Sample>> samples, String name) {
    return Sample.median(samples.getOrDefault(name, List.of()));
  }

  private static void file(Report report, String target, Load load, List<Sample> samples) {
    Sample median = Sample.median(samples);
    ObjectNode node = report.row();
    node.put("load", load.toString());
    node.put("target", target);
    node.put("per_second", median.perSecond());
    node.put("p50_millis", median.p50Millis());
    node.put("p99_millis", median.p99Millis());
    node.put("max_millis", median.maxMillis());
    node.put("stolen_percent", median.stolenPercent());
    var all = node.putArray("all_per_second");
    samples.forEach(s -> all.add(s.perSecond()));
    var stolen = node.putArray("all_stolen_percent");
    samples.forEach(s -> stolen.add(s.stolenPercent()));
  }
}
