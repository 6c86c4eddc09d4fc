package io.flotilla.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whether an operation costs the same when there is more: from ten thousand to ten million keys in
 * one shard, from one to sixteen shards, and while snapshots are written.
 */
@Command(
    name = "growth",
    description =
        "Rates and latencies as keys and shards grow, and p99 while snapshots are written.")
final class GrowthBenchmark implements Callable<Integer> {
  private static final int CLIENTS = 50;
  private static final int FILL_DEPTH = 256;
  private static final int SHARD_KEYS = 100_000;
  private static final double SNAPSHOT_ADDS_AT_MOST_MILLIS = 20;

  @Mixin private Options options = new Options();

  @Option(
      names = "--snapshots-of",
      paramLabel = "KEYS",
      description =
          "Only what snapshots of so many keys in one shard add to the latency of writes.")
  private int snapshotsOf;

  @Override
  public Integer call() {
    Report report = new Report("growth", options.flags());
    List<List<String>> keysTable = new ArrayList<>();
    keysTable.add(
        List.of(
            "keys",
            "SET P=1",
            "p99 ms",
            "SET P=16",
            "p99 ms",
            "GET P=1",
            "GET P=16",
            "resident MiB"));
    List<List<String>> snapshotTable = new ArrayList<>();
    snapshotTable.add(List.of("keys", "p99 ms", "with snapshots", "adds ms", "snapshots", ""));
    List<List<String>> shardsTable = new ArrayList<>();
    shardsTable.add(List.of("shards", "SET P=1", "p99 ms", "SET P=16", "GET P=1", "GET P=16"));
    try (Workspace workspace = new Workspace()) {
      if (snapshotsOf > 0) {
        snapshotsOnly(workspace, report, snapshotTable);
        Report.print(snapshotTable);
        report.write(options.results());
        return 0;
      }
      keys(workspace, report, keysTable, snapshotTable);
      shards(workspace, report, shardsTable);
    }
    System.out.println("\nOne shard:");
    Report.print(keysTable);
    System.out.println("SET, c=50, P=1, beside snapshots (at most 20 ms more):");
    Report.print(snapshotTable);
    System.out.println("100 000 keys:");
    Report.print(shardsTable);
    report.write(options.results());
    return 0;
  }

  private void snapshotsOnly(Workspace workspace, Report report, List<List<String>> snapshotTable) {
    Meter meter = new Meter();
    try (FlotillaTarget flotilla = FlotillaTarget.start(workspace, 1)) {
      flotilla.awaitHealthy();
      fill(flotilla, 0, snapshotsOf);
      meter.warmUp(flotilla, loads(snapshotsOf).subList(0, 1), options.warmUp().dividedBy(2));
      snapshots(meter, flotilla, snapshotsOf, report, snapshotTable);
    }
  }

  private void keys(
      Workspace workspace,
      Report report,
      List<List<String>> table,
      List<List<String>> snapshotTable) {
    List<Integer> sizes =
        options.quick()
            ? List.of(10_000, 100_000)
            : List.of(10_000, 100_000, 1_000_000, 10_000_000);
    Meter meter = new Meter();
    try (FlotillaTarget flotilla = FlotillaTarget.start(workspace, 1)) {
      flotilla.awaitHealthy();
      int filled = sizes.getFirst();
      fill(flotilla, 0, filled);
      meter.warmUp(flotilla, loads(filled), options.warmUp());
      for (int size : sizes) {
        fill(flotilla, filled, size);
        filled = size;
        List<Sample> samples = measure(meter, flotilla, loads(size));
        double mebibytes =
            flotilla.processes().stream().mapToLong(ProcessStats::residentBytes).max().orElse(0)
                / 1048576.0;
        table.add(
            List.of(
                String.format(Locale.ROOT, "%,d", size),
                Report.rate(samples.get(0).perSecond()),
                Report.millis(samples.get(0).p99Millis()),
                Report.rate(samples.get(1).perSecond()),
                Report.millis(samples.get(1).p99Millis()),
                Report.rate(samples.get(2).perSecond()),
                Report.rate(samples.get(3).perSecond()),
                String.format(Locale.ROOT, "%.0f", mebibytes)));
        file(report, "keys", size, loads(size), samples);
        report.row().put("keys", size).put("largest_resident_mebibytes", mebibytes);
        snapshots(meter, flotilla, size, report, snapshotTable);
      }
    }
  }

  private void shards(Workspace workspace, Report report, List<List<String>> table) {
    for (int shards : options.quick() ? List.of(1, 4) : List.of(1, 4, 16)) {
      Meter meter = new Meter();
      try (FlotillaTarget flotilla = FlotillaTarget.start(workspace, shards)) {
        flotilla.awaitHealthy();
        Meter.fill(flotilla, SHARD_KEYS);
        meter.warmUp(flotilla, loads(SHARD_KEYS), options.warmUp());
        List<Sample> samples = measure(meter, flotilla, loads(SHARD_KEYS));
        table.add(
            List.of(
                Integer.toString(shards),
                Report.rate(samples.get(0).perSecond()),
                Report.millis(samples.get(0).p99Millis()),
                Report.rate(samples.get(1).perSecond()),
                Report.rate(samples.get(2).perSecond()),
                Report.rate(samples.get(3).perSecond())));
        file(report, "shards", shards, loads(SHARD_KEYS), samples);
      }
    }
  }

  private static List<Load> loads(int keys) {
    return List.of(
        new Load(Load.Kind.SET, CLIENTS, 1, keys),
        new Load(Load.Kind.SET, CLIENTS, 16, keys),
        new Load(Load.Kind.GET, CLIENTS, 1, keys),
        new Load(Load.Kind.GET, CLIENTS, 16, keys));
  }

  private List<Sample> measure(Meter meter, FlotillaTarget flotilla, List<Load> loads) {
    List<Sample> medians = new ArrayList<>();
    for (Load load : loads) {
      List<Sample> samples = new ArrayList<>();
      meter.warmUp(flotilla, List.of(load), options.warmUpOfRow());
      for (int round = 0; round < options.rounds(); round++) {
        samples.add(meter.measure(flotilla, load, options.measure()));
      }
      medians.add(Sample.median(samples));
      System.out.println(
          flotilla.name()
              + " "
              + load
              + " of "
              + load.keys()
              + " keys: "
              + Report.rate(medians.getLast().perSecond())
              + "/s");
    }
    return medians;
  }

  private static void file(
      Report report, String what, int amount, List<Load> loads, List<Sample> samples) {
    for (int i = 0; i < loads.size(); i++) {
      ObjectNode node = report.row();
      node.put(what, amount);
      node.put("load", loads.get(i).toString());
      node.put("per_second", samples.get(i).perSecond());
      node.put("p50_millis", samples.get(i).p50Millis());
      node.put("p99_millis", samples.get(i).p99Millis());
      node.put("stolen_percent", samples.get(i).stolenPercent());
    }
  }

  /** The same load without and with snapshots, which are taken one after another meanwhile. */
  private void snapshots(
      Meter meter, FlotillaTarget flotilla, int keys, Report report, List<List<String>> table) {
    Load load = new Load(Load.Kind.SET, CLIENTS, 1, keys);
    List<Double> without = new ArrayList<>();
    List<Double> with = new ArrayList<>();
    AtomicInteger taken = new AtomicInteger();
    for (int round = 0; round < options.rounds(); round++) {
      without.add(meter.measure(flotilla, load, options.measure()).p99Millis());
      AtomicBoolean measured = new AtomicBoolean();
      Thread snapshots =
          Thread.ofPlatform()
              .daemon(true)
              .start(() -> {
                while (!measured.get()) {
                  flotilla.snapshot();
                  taken.incrementAndGet();
                }
              });
      with.add(meter.measure(flotilla, load, options.measure()).p99Millis());
      measured.set(true);
      join(snapshots);
    }
    double adds = Report.median(with) - Report.median(without);
    table.add(
        List.of(
            String.format(Locale.ROOT, "%,d", keys),
            Report.millis(Report.median(without)),
            Report.millis(Report.median(with)),
            Report.millis(adds),
            Integer.toString(taken.get()),
            adds <= SNAPSHOT_ADDS_AT_MOST_MILLIS ? "met" : "MISSED"));
    ObjectNode node = report.row();
    node.put("keys", keys);
    node.put("p99_millis_without_snapshots", Report.median(without));
    node.put("p99_millis_with_snapshots", Report.median(with));
    node.put("snapshots", taken.get());
  }

  private static void join(Thread thread) {
    try {
      thread.join(Duration.ofMinutes(3));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
    if (thread.isAlive()) {
      throw new BenchException("a snapshot does not end");
    }
  }

  /** Writes the keys that redis-benchmark will ask for, from one number to another. */
  private static void fill(FlotillaTarget flotilla, int from, int to) {
    String value = "x".repeat(Load.VALUE_BYTES);
    try (RespConnection connection = new RespConnection(flotilla.port(), Duration.ofSeconds(60))) {
      for (int next = from; next < to; next += FILL_DEPTH) {
        int end = Math.min(to, next + FILL_DEPTH);
        for (int i = next; i < end; i++) {
          connection.write("SET", String.format(Locale.ROOT, "key:%012d", i), value);
        }
        connection.flush();
        for (int i = next; i < end; i++) {
          String answer = connection.read();
          if (!answer.equals("+OK")) {
            throw new BenchException("SET was answered by " + answer);
          }
        }
      }
    } catch (IOException e) {
      throw new BenchException("filling broke off: " + e, e);
    }
  }
}
