package io.flotilla.conformance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The scores that were written down, by the number of shards, and what is made of them: a page of
 * the reference, and the sentence in the README. They are written by {@code bin/conformance
 * --update}, and never by hand: a test holds both to the file.
 *
 * @param version of Redis, whose suite it is
 */
record Scores(String version, SortedMap<Integer, Score> byShards) {
  private static final String BEGIN = "<!-- bin/conformance --update writes this -->";
  private static final String END = "<!-- to here -->";

  Scores {
    byShards = Collections.unmodifiableSortedMap(new TreeMap<>(byShards));
  }

  static Scores read(Path file) {
    try {
      JsonNode root = JsonMapper.shared().readTree(Files.readString(file, StandardCharsets.UTF_8));
      SortedMap<Integer, Score> scores = new TreeMap<>();
      JsonNode shards = root.get("shards");
      for (String count : shards.propertyNames()) {
        scores.put(Integer.valueOf(count), score(shards.get(count)));
      }
      return new Scores(root.get("suite").stringValue(), scores);
    } catch (IOException | JacksonException e) {
      throw new ConformanceException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static Score score(JsonNode units) {
    SortedMap<String, Score.Row> rows = new TreeMap<>();
    for (String unit : units.propertyNames()) {
      JsonNode row = units.get(unit);
      SortedMap<String, Integer> left = new TreeMap<>();
      JsonNode reasons = row.get("left out");
      for (String reason : reasons.propertyNames()) {
        left.put(reason, reasons.get(reason).intValue());
      }
      rows.put(unit, new Score.Row(row.get("of").intValue(), row.get("passing").intValue(), left));
    }
    return new Score(rows);
  }

  /** These scores with one that is newer: its files' rows take the place of the older ones. */
  Scores with(int shards, Score newer) {
    SortedMap<Integer, Score> all = new TreeMap<>(byShards);
    all.merge(shards, newer, Score::with);
    return new Scores(version, all);
  }

  void write(Path file) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("suite", version);
    ObjectNode shards = root.putObject("shards");
    byShards.forEach((count, score) -> {
      ObjectNode units = shards.putObject(count.toString());
      score
          .rows()
          .forEach((unit, row) -> {
            ObjectNode written = units.putObject(unit);
            written.put("of", row.of());
            written.put("passing", row.passing());
            ObjectNode left = written.putObject("left out");
            row.left().forEach(left::put);
          });
    });
    write(file, root.toPrettyString() + "\n");
  }

  /** Writes the page and the README's sentence anew. */
  void writePages(Path page, Path readme, int skipLines) {
    write(page, page());
    write(readme, inReadme(read("README", readme), skipLines));
  }

  private static String read(String what, Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new ConformanceException("the " + what + " cannot be read: " + e, e);
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new ConformanceException(file + " cannot be written: " + e, e);
    }
  }

  /** The README with what is between the two marks made anew. */
  String inReadme(String readme, int skipLines) {
    int begin = readme.indexOf(BEGIN);
    int end = readme.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new ConformanceException("the README has no place for the score");
    }
    return readme.substring(0, begin + BEGIN.length())
        + "\n"
        + sentences(skipLines)
        + readme.substring(end);
  }

  private String sentences(int skipLines) {
    StringBuilder text = new StringBuilder();
    Score one = byShards.get(1);
    if (one == null) {
      throw new ConformanceException("there is no score of one shard");
    }
    text.append("Conformance: of the ")
        .append(one.of())
        .append(" tests of Redis ")
        .append(version)
        .append("'s own suite that pass on a real Redis run as a cluster of one node, **")
        .append(one.passing())
        .append(" pass here**, name by name;\n")
        .append(one.of() - one.passing() - one.failed())
        .append(" are left out, each for a reason that is written down, and ")
        .append(one.failed() == 0 ? "none fails" : one.failed() + " fail")
        .append(". ");
    text.append("[What is left, by reason](docs/reference/conformance.md);\n")
        .append("[skips.txt](bench/conformance/skips.txt), the list of reasons, has ")
        .append(skipLines)
        .append(" lines.\n");
    return text.toString();
  }

  /** The page in Markdown. */
  String page() {
    StringBuilder page = new StringBuilder();
    page.append("# Conformance\n\n");
    page.append("Written by `bin/conformance --update`; a test keeps it equal to")
        .append(" [score-")
        .append(version)
        .append(".json](../../bench/conformance/score-")
        .append(version)
        .append(".json).\n\n");
    page.append("Redis ")
        .append(version)
        .append("'s own test suite, run at a cluster of three nodes, and held by name against what")
        .append(" passes on a real redis-server that is run\n")
        .append("as a cluster of one node, with the tags that an external server can be judged by.")
        .append(" A name that is not reached has failed. Reasons are those of\n")
        .append("[skips.txt](../../bench/conformance/skips.txt).\n");
    byShards.forEach((shards, score) -> addScore(page, shards, score));
    return page.toString();
  }

  private static void addScore(StringBuilder page, int shards, Score score) {
    page.append("\n## ").append(shards == 1 ? "One shard" : shards + " shards").append("\n\n");
    if (shards > 1) {
      page.append("Only the files about keys, by the suite's own client taught to follow MOVED")
          .append(" (`follow-moved.tcl`). What fails is mostly that\n")
          .append("client's: it reads some replies later, and keeps transactions at one node.\n\n");
    }
    page.append("| of ").append(score.of()).append(" tests | |\n|---:|---|\n");
    page.append("| **").append(score.passing()).append("** | pass |\n");
    page.append("| ").append(score.failed()).append(" | fail, or are not reached |\n");
    List<Map.Entry<String, Integer>> left =
        score.left().entrySet().stream()
            .sorted(
                Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                    .thenComparing(Map.Entry.comparingByKey()))
            .toList();
    left.forEach(each ->
        page.append("| ")
            .append(each.getValue())
            .append(" | left out: ")
            .append(each.getKey())
            .append(" |\n"));
    page.append("\n| file | of | pass | left out | fail |\n|---|---:|---:|---:|---:|\n");
    score
        .rows()
        .forEach((unit, row) ->
            page.append("| ")
                .append(unit)
                .append(" | ")
                .append(row.of())
                .append(" | ")
                .append(row.passing())
                .append(" | ")
                .append(row.leftOut())
                .append(" | ")
                .append(row.failed())
                .append(" |\n"));
  }
}
