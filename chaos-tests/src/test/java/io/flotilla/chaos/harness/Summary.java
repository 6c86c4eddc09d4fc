package io.flotilla.chaos.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The reports of many runs as tables in Markdown: runs, faults, workloads, and the commands. */
final class Summary {
  /** How one kind of fault went, over all runs. */
  private static final class Kind {
    private int times;
    private final List<Long> gapsAlone = new ArrayList<>();
    private long longest;
  }

  private static final class Endings {
    private long ok;
    private long fail;
    private long info;

    private void add(JsonNode counts) {
      ok += counts.get("ok").asLong();
      fail += counts.get("fail").asLong();
      info += counts.get("info").asLong();
    }
  }

  private final Map<String, Kind> kinds = new TreeMap<>();
  private final Map<String, Endings> workloads = new TreeMap<>();
  private final Endings all = new Endings();
  private final StringBuilder runs = new StringBuilder();
  private final StringBuilder commands = new StringBuilder();
  private long seconds;
  private long faults;
  private long violations;
  private int reports;

  private Summary() {}

  /** Reads all {@code chaos-*.json} there. */
  static String of(Path directory) throws IOException {
    Summary summary = new Summary();
    List<Path> files;
    try (Stream<Path> found = Files.list(directory)) {
      files =
          found
              .filter(f -> f.getFileName().toString().matches("chaos-\\d+\\.json"))
              .sorted()
              .toList();
    }
    if (files.isEmpty()) {
      throw new IOException("there is no report in " + directory);
    }
    JsonMapper json = JsonMapper.builder().build();
    for (Path file : files) {
      summary.add(json.readTree(Files.readString(file)));
    }
    return summary.tables();
  }

  private void add(JsonNode run) {
    reports++;
    seconds += run.get("tookSeconds").asLong();
    faults += run.get("faultsDone").asLong();
    violations += run.get("violations").size();
    all.add(run);
    runs.append(
        "| %s | %d | %d | %d | %d | %d | %d | %s |%n"
            .formatted(
                run.get("seed").asString(),
                run.get("tookSeconds").asLong(),
                run.get("ok").asLong(),
                run.get("fail").asLong(),
                run.get("info").asLong(),
                run.get("faultsDone").asLong(),
                run.get("violations").size(),
                run.get("witnessed").asString()));
    commands.append("    ").append(run.get("command").asString()).append('\n');
    for (JsonNode counts : run.get("workloads")) {
      String name = counts.get("name").asString();
      workloads
          .computeIfAbsent(name.startsWith("probe-") ? "probes" : name, n -> new Endings())
          .add(counts);
    }
    for (JsonNode event : run.get("timeline")) {
      Kind kind = kinds.computeIfAbsent(event.get("fault").asString(), f -> new Kind());
      long gap = event.get("longestGapMillis").asLong();
      kind.times++;
      kind.longest = Math.max(kind.longest, gap);
      if (event.get("isAlone").asBoolean()) {
        kind.gapsAlone.add(gap);
      }
    }
  }

  private String tables() {
    StringBuilder page = new StringBuilder();
    page.append(
        "%d runs, %d minutes: %d operations done, %d certainly not done, %d of unknown outcome; %d faults; %d violations.%n%n"
            .formatted(reports, seconds / 60, all.ok, all.fail, all.info, faults, violations));
    page.append("| seed | s | done | not done | unknown | faults | violations | logs |\n");
    page.append("|---|---|---|---|---|---|---|---|\n").append(runs).append('\n');
    page.append(
        """
        | fault | times | of these alone | median, ms | longest, ms | longest with another, ms |
        |---|---|---|---|---|---|
        """);
    kinds.forEach((name, kind) -> {
      Collections.sort(kind.gapsAlone);
      boolean none = kind.gapsAlone.isEmpty();
      page.append(
          "| `%s` | %d | %d | %s | %s | %d |%n"
              .formatted(
                  name,
                  kind.times,
                  kind.gapsAlone.size(),
                  none ? "" : kind.gapsAlone.get(kind.gapsAlone.size() / 2),
                  none ? "" : kind.gapsAlone.getLast(),
                  kind.longest));
    });
    page.append("\n| workload | done | not done | unknown |\n|---|---|---|---|\n");
    workloads.forEach((name, endings) ->
        page.append(
            "| `%s` | %d | %d | %d |%n".formatted(name, endings.ok, endings.fail, endings.info)));
    return page.append('\n').append(commands).toString();
  }
}
