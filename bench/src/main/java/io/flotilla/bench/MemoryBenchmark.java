package io.flotilla.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a key, or an element, costs in memory beside redis-server: the same commands to a fresh
 * server of each kind, for each data set.
 *
 * <p>Three figures for each element:
 *
 * <ul>
 *   <li><i>grown</i>: resident memory after the load less that before it. A JVM keeps what it has
 *       collected for the next allocations, so it is told to keep nothing (MinHeapFreeRatio 0,
 *       MaxHeapFreeRatio 0) and collects as a whole, before and after. What it needs once, as
 *       compiled code, buffers and the log's cache, is there before: the same load, FLUSHALL and a
 *       snapshot. Redis is measured as it is, fresh.
 *   <li><i>resident</i>: all resident memory after the load, what a server needs without data
 *       included.
 *   <li><i>live</i>: the bytes of live objects in the JVM's heap after the load less those before,
 *       by the class histogram; for Redis its used_memory likewise.
 * </ul>
 *
 * <p>The cluster is one node with one shard: each further replica costs the same once more, as each
 * replica of Redis does.
 */
@Command(
    name = "memory",
    description = "Bytes per key and element beside redis-server, by resident memory after a load.")
final class MemoryBenchmark implements Callable<Integer> {
  private static final double RATIO_AT_MOST = 1.0;

  /**
   * A node's memory without data differs by so much from one look to the next: the log keeps two
   * files of 20 MB in memory, more or less full. A smaller growth tells nothing.
   */
  private static final long NOISE_BYTES = 40_000_000;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** What the kernel needs to take back what a process gave up. */
  private static final Duration SETTLE = Duration.ofSeconds(2);

  /**
   * A node's heap begins with 64 MB and never becomes less; without data most of it is empty, and
   * what fills it then would not be seen to grow.
   */
  private static final String SMALLEST_HEAP = "-Xms8m";

  private static final int TOP_CLASSES = 12;

  @Mixin private Options options = new Options();

  @Option(
      names = "--only",
      paramLabel = "DATA",
      description = "Only this data set (${COMPLETION-CANDIDATES}); may be repeated. Default: all.")
  private Set<DataSet> only = EnumSet.noneOf(DataSet.class);

  @Option(names = "--histogram", description = "Print which classes the live heap consists of.")
  private boolean histogram;

  /** A server's memory at a moment. */
  private record Memory(long residentBytes, long liveBytes) {}

  /** What a load made of it. */
  private record Growth(Memory before, Memory after, int elements) {
    double grown() {
      return (double) (after.residentBytes - before.residentBytes) / elements;
    }

    double resident() {
      return (double) after.residentBytes / elements;
    }

    double live() {
      return (double) (after.liveBytes - before.liveBytes) / elements;
    }
  }

  @Override
  public Integer call() {
    Report report = new Report("memory", options.flags());
    List<List<String>> table = new ArrayList<>();
    table.add(
        List.of(
            "bytes per element",
            "Redis: grown",
            "used",
            "resident",
            "Flotilla: grown",
            "live",
            "resident",
            "ratio grown",
            "live/used",
            "resident"));
    List<String> missed = new ArrayList<>();
    List<String> unresolved = new ArrayList<>();
    for (DataSet data : DataSet.values()) {
      if (!only.isEmpty() && !only.contains(data)) {
        continue;
      }
      int elements = data.elements(options.quick());
      Growth redis = redis(data, elements);
      ObjectNode row = report.row();
      Growth flotilla = flotilla(data, elements, row);
      row.put("data", data.words());
      row.put("elements", elements);
      put(row, "redis", redis);
      put(row, "flotilla", flotilla);
      double ratio = flotilla.grown() / redis.grown();
      System.out.println(data.words() + ": " + Report.ratio(ratio));
      row.put("grown_ratio", ratio);
      row.put("live_to_used_ratio", flotilla.live() / redis.live());
      row.put("resident_ratio", flotilla.resident() / redis.resident());
      if (redis.grown() * elements < NOISE_BYTES || flotilla.grown() <= 0) {
        unresolved.add(data.words());
      } else if (ratio > RATIO_AT_MOST) {
        missed.add(data.words());
      }
      table.add(
          List.of(
              data.words(),
              bytes(redis.grown()),
              bytes(redis.live()),
              bytes(redis.resident()),
              bytes(flotilla.grown()),
              bytes(flotilla.live()),
              bytes(flotilla.resident()),
              Report.ratio(ratio),
              Report.ratio(flotilla.live() / redis.live()),
              Report.ratio(flotilla.resident() / redis.resident())));
    }
    Report.print(table);
    System.out.printf(
        Locale.ROOT,
        "Growth at most that of Redis: %s%n",
        missed.isEmpty() ? "met" : "MISSED for " + String.join(", ", missed));
    if (!unresolved.isEmpty()) {
      System.out.println("Too small to be told from noise: " + String.join(", ", unresolved));
    }
    report.write(options.results());
    return 0;
  }

  private static String bytes(double bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes);
  }

  private static void put(ObjectNode row, String who, Growth growth) {
    row.put(who + "_grown_bytes_per_element", growth.grown());
    row.put(who + "_live_bytes_per_element", growth.live());
    row.put(who + "_resident_bytes_per_element", growth.resident());
    row.put(who + "_resident_bytes_before", growth.before.residentBytes);
    row.put(who + "_resident_bytes_after", growth.after.residentBytes);
  }

  // ---------------------------------------------------------------- redis

  private static Growth redis(DataSet data, int elements) {
    try (Workspace workspace = new Workspace();
        RedisTarget redis = RedisTarget.noPersistence(workspace)) {
      Memory before = memoryOf(redis);
      data.fill(redis.port(), elements);
      Workspace.pause(SETTLE);
      return new Growth(before, memoryOf(redis), elements);
    }
  }

  private static Memory memoryOf(RedisTarget redis) {
    String info =
        Commands.run(
            PATIENCE,
            Path.of("."),
            List.of("redis-cli", "-p", Integer.toString(redis.port()), "INFO", "memory"));
    for (String line : info.lines().toList()) {
      if (line.startsWith("used_memory:")) {
        return new Memory(
            ProcessStats.residentBytes(redis.processes().getFirst()),
            Long.parseLong(line.substring("used_memory:".length()).strip()));
      }
    }
    throw new BenchException("redis-server tells no used_memory: " + info);
  }

  // ---------------------------------------------------------------- flotilla

  private Growth flotilla(DataSet data, int elements, ObjectNode row) {
    try (Workspace workspace = new Workspace();
        FlotillaTarget flotilla = FlotillaTarget.alone(workspace, SMALLEST_HEAP)) {
      ProcessHandle node = flotilla.process(0);
      jcmd(node, "VM.set_flag", "MinHeapFreeRatio", "0");
      jcmd(node, "VM.set_flag", "MaxHeapFreeRatio", "0");
      data.fill(flotilla.port(), elements);
      flush(flotilla.port());
      comeToRest(flotilla);
      Memory before = memoryOf(node, null);
      data.fill(flotilla.port(), elements);
      comeToRest(flotilla);
      Memory after = memoryOf(node, row.putArray("classes"));
      return new Growth(before, after, elements);
    }
  }

  /**
   * While a snapshot is written, what has been removed meanwhile is there still; and who asks for
   * one is told of the one that is under way, which may have begun before the last write.
   */
  private static void comeToRest(FlotillaTarget flotilla) {
    flotilla.snapshot();
    flotilla.snapshot();
  }

  private static void flush(int port) {
    try (RespConnection connection = new RespConnection(port, PATIENCE)) {
      String answer = connection.call("FLUSHALL");
      if (!answer.equals("+OK")) {
        throw new BenchException("FLUSHALL was answered by " + answer);
      }
    } catch (IOException e) {
      throw new BenchException("FLUSHALL: " + e, e);
    }
  }

  /** Collects all garbage, gives what is free back, and looks. */
  private Memory memoryOf(ProcessHandle node, @Nullable ArrayNode classes) {
    jcmd(node, "GC.run");
    jcmd(node, "GC.run"); // the first may leave what was being allocated at its beginning
    Workspace.pause(SETTLE);
    long resident = ProcessStats.residentBytes(node);
    List<String> lines = jcmd(node, "GC.class_histogram").lines().toList();
    long live = -1;
    int shown = 0;
    for (String line : lines) {
      String[] cells = line.strip().split("\\s+", -1);
      if (cells[0].equals("Total")) {
        live = Long.parseLong(cells[2]);
      } else if (classes != null
          && cells.length > 3 // jcmd begins with the process' number, told as a row's
          && cells[0].matches("\\d+:")
          && shown++ < TOP_CLASSES) {
        classes.add(cells[3] + " " + cells[1] + " " + cells[2]);
        if (histogram) {
          System.out.println(line);
        }
      }
    }
    if (live < 0) {
      throw new BenchException("no total in the class histogram of process " + node.pid());
    }
    return new Memory(resident, live);
  }

  private static String jcmd(ProcessHandle node, String... words) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(node.pid())));
    command.addAll(List.of(words));
    return Commands.run(PATIENCE, Path.of("."), command);
  }
}
