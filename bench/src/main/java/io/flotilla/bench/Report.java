package io.flotilla.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The result of a benchmark: tables for people as it goes, one JSON file for programs at the end.
 *
 * <p>The file holds {@code benchmark}, {@code machine} and {@code flags} (objects of texts) and
 * {@code rows}: a list of objects, one per figure, whose names end in their unit.
 */
final class Report {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final String benchmark;
  private final ObjectNode root = JsonNodeFactory.instance.objectNode();
  private final ArrayNode rows;

  Report(String benchmark, Map<String, String> flags) {
    this.benchmark = benchmark;
    root.put("benchmark", benchmark);
    ObjectNode machine = root.putObject("machine");
    Map<String, String> facts = Machine.facts();
    facts.forEach(machine::put);
    ObjectNode flagsNode = root.putObject("flags");
    flags.forEach(flagsNode::put);
    rows = root.putArray("rows");
    System.out.println("# " + benchmark + "\n");
    facts.forEach((name, value) -> System.out.println(name + ": " + value));
    flags.forEach((name, value) -> System.out.println(name + ": " + value));
    System.out.println();
  }

  /** A new row of the file. */
  ObjectNode row() {
    return rows.addObject();
  }

  /** Prints a table: the first row is its head. */
  static void print(List<List<String>> table) {
    List<Integer> widths = new ArrayList<>();
    for (int c = 0; c < table.getFirst().size(); c++) {
      int column = c;
      widths.add(table.stream().mapToInt(r -> r.get(column).length()).max().orElse(0));
    }
    for (List<String> row : table) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < row.size(); c++) {
        String cell = row.get(c);
        String padding = " ".repeat(widths.get(c) - cell.length());
        line.append(c == 0 ? cell + padding : "  " + padding + cell);
      }
      System.out.println(line.toString().stripTrailing());
    }
    System.out.println();
  }

  /** Writes the file, and says where. */
  void write(Path directory) {
    try {
      Files.createDirectories(directory);
      Path file = directory.resolve(benchmark + "-" + STAMP.format(Instant.now()) + ".json");
      Files.writeString(file, root.toPrettyString() + "\n", StandardCharsets.UTF_8);
      System.out.println("Written: " + file);
    } catch (IOException e) {
      throw new BenchException("the results cannot be written: " + e, e);
    }
  }

  static String rate(double perSecond) {
    return perSecond >= 1000
        ? String.format(Locale.ROOT, "%.1fk", perSecond / 1000)
        : String.format(Locale.ROOT, "%.0f", perSecond);
  }

  static String millis(double millis) {
    return String.format(Locale.ROOT, millis < 10 ? "%.2f" : "%.1f", millis);
  }

  static String ratio(double ratio) {
    return String.format(Locale.ROOT, "%.2f", ratio);
  }

  /** Two shares, ours and theirs. */
  static String percents(double ours, double theirs) {
    return String.format(Locale.ROOT, "%.0f, %.0f %%", ours, theirs);
  }

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get((sorted.size() - 1) / 2);
  }
}
