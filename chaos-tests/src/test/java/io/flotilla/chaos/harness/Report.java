package io.flotilla.chaos.harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** A run as two files: JSON with everything, and one page of HTML that stands by itself. */
final class Report {
  private static final int WIDTH = 1200;
  private static final int LANE = 18;
  private static final int PLOT = 120;
  private static final List<String> COLOURS =
      List.of("#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#9d755d");

  private Report() {}

  /** Writes {@code chaos-SEED.json} and {@code chaos-SEED.html}; answers the page. */
  static Path write(Result result, Path directory) throws IOException {
    Files.createDirectories(directory);
    JsonMapper json = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    Files.writeString(
        directory.resolve("chaos-" + result.seed() + ".json"),
        json.writeValueAsString(result),
        StandardCharsets.UTF_8);
    Path page = directory.resolve("chaos-" + result.seed() + ".html");
    Files.writeString(page, html(result), StandardCharsets.UTF_8);
    return page;
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  static String html(Result result) {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        <!doctype html><meta charset="utf-8"><title>Chaos run</title>
        <style>
        body{font:14px sans-serif;margin:2em;max-width:1300px} table{border-collapse:collapse}
        td,th{border:1px solid #ccc;padding:2px 8px;text-align:right} td.l,th.l{text-align:left}
        .bad{color:#b00} .good{color:#070} svg text{font:11px sans-serif} code{background:#eee}
        </style>
        """);
    page.append("<h1>Chaos run, seed ")
        .append(result.seed())
        .append("</h1><p>To repeat: <code>")
        .append(escaped(result.command()))
        .append("</code></p><p>")
        .append(
            "%d s; %d operations done, %d certainly not done, %d of unknown outcome; %d faults."
                .formatted(
                    result.tookSeconds(),
                    result.ok(),
                    result.fail(),
                    result.info(),
                    result.faultsDone()))
        .append(" Digests: ")
        .append(escaped(result.verify()))
        .append(". Logs: ")
        .append(escaped(result.witnessed()))
        .append("</p>");
    if (result.passes()) {
      page.append("<p class=good>Nothing that the promise rules out was seen.</p>");
    } else {
      page.append("<h2 class=bad>")
          .append(result.violations().size())
          .append(" violations</h2><ul>");
      result.violations().forEach(v -> page.append("<li class=bad>").append(escaped(v)));
      page.append("</ul>");
    }
    timeline(result, page);
    tables(result, page);
    return page.append("<p>Not run: ")
        .append(escaped(String.join("; ", result.off())))
        .append("</p>\n")
        .toString();
  }

  private static Map<Long, long[]> bySecond(Result result) {
    Map<Long, long[]> all = new TreeMap<>();
    for (Result.Counts counts : result.workloads()) {
      counts
          .seconds()
          .forEach((second, each) ->
              all.merge(
                  second,
                  each.clone(),
                  (a, b) -> new long[] {a[0] + b[0], a[1] + b[1], a[2] + b[2]}));
    }
    return all;
  }

  private static void timeline(Result result, StringBuilder page) {
    Map<Long, long[]> seconds = bySecond(result);
    long last = seconds.keySet().stream().mapToLong(s -> s + 1).max().orElse(1);
    long most = seconds.values().stream().mapToLong(c -> c[0]).max().orElse(1);
    Set<String> faults = new TreeSet<>();
    result.timeline().forEach(e -> faults.add(e.fault()));
    Set<Integer> shards = new TreeSet<>();
    result.leaders().forEach(l -> shards.add(l.shard()));
    int height = PLOT + 30 + LANE * (faults.size() + shards.size() + 1);
    double perMilli = (double) WIDTH / (last * 1000);
    page.append("<h2>Timeline</h2><svg width=")
        .append(WIDTH + 140)
        .append(" height=")
        .append(height)
        .append(">");
    seconds.forEach((second, counts) -> {
      double x = second * 1000 * perMilli;
      double width = Math.max(1, 1000 * perMilli);
      bar(
          page,
          x,
          PLOT,
          width,
          (double) PLOT * counts[0] / most,
          "#54a24b",
          second + " s: " + counts[0] + " done");
      if (counts[2] > 0) {
        bar(
            page,
            x,
            PLOT,
            width,
            6,
            "#e45756",
            second + " s: " + counts[2] + " of unknown outcome");
      }
    });
    page.append("<text x=%d y=12>up to %d operations a second</text>".formatted(WIDTH + 4, most));
    int y = PLOT + 10;
    int colour = 0;
    for (String fault : faults) {
      for (Result.Event event : result.timeline()) {
        if (event.fault().equals(fault)) {
          lane(
              page,
              event.fromMillis() * perMilli,
              y,
              Math.max(2, (event.toMillis() - event.fromMillis()) * perMilli),
              COLOURS.get(colour % COLOURS.size()),
              fault + ": " + event.what() + ", worst gap " + event.longestGapMillis() + " ms");
        }
      }
      page.append("<text x=%d y=%d>%s</text>".formatted(WIDTH + 4, y + LANE - 6, escaped(fault)));
      y += LANE;
      colour++;
    }
    for (int shard : shards) {
      leaders(result, shard, page, y, last * 1000, perMilli);
      page.append(
          "<text x=%d y=%d>%s</text>"
              .formatted(
                  WIDTH + 4,
                  y + LANE - 6,
                  shard < 0 ? "metadata's leader" : "leader of shard " + shard));
      y += LANE;
    }
    page.append("</svg>");
  }

  private static void leaders(
      Result result, int shard, StringBuilder page, int y, long end, double perMilli) {
    List<Result.Leader> changes =
        result.leaders().stream().filter(l -> l.shard() == shard).toList();
    for (int i = 0; i < changes.size(); i++) {
      Result.Leader change = changes.get(i);
      long until = i + 1 < changes.size() ? changes.get(i + 1).fromMillis() : end;
      lane(
          page,
          change.fromMillis() * perMilli,
          y,
          Math.max(1, (until - change.fromMillis()) * perMilli),
          COLOURS.get(change.node() % COLOURS.size()),
          "n" + (change.node() + 1) + " from " + change.fromMillis() + " ms");
    }
  }

  private static void lane(
      StringBuilder page, double x, int y, double width, String colour, String title) {
    page.append(
        "<rect x=%.1f y=%d width=%.1f height=%d fill='%s'><title>%s</title></rect>"
            .formatted(x, y, width, LANE - 4, colour, escaped(title)));
  }

  private static void bar(
      StringBuilder page,
      double x,
      int bottom,
      double width,
      double height,
      String colour,
      String title) {
    page.append(
        "<rect x=%.1f y=%.1f width=%.1f height=%.1f fill='%s'><title>%s</title></rect>"
            .formatted(x, bottom - height, width, height, colour, escaped(title)));
  }

  private static void tables(Result result, StringBuilder page) {
    page.append(
        "<h2>Workloads</h2><table><tr><th class=l>workload<th>done<th>not done<th>unknown"
            + "<th>longest, ms</tr>");
    for (Result.Counts each : result.workloads()) {
      page.append(
          "<tr><td class=l>%s<td>%d<td>%d<td>%d<td>%d</tr>"
              .formatted(
                  escaped(each.name()), each.ok(), each.fail(), each.info(), each.longestMillis()));
    }
    page.append(
        "</table><h2>Unavailability of the worst shard</h2><table><tr><th class=l>fault<th>times"
            + "<th>median, ms<th>longest, ms</tr>");
    result
        .unavailability()
        .forEach((fault, gap) ->
            page.append(
                "<tr><td class=l>%s<td>%d<td>%d<td>%d</tr>"
                    .formatted(
                        escaped(fault), gap.faults(), gap.medianMillis(), gap.longestMillis())));
    page.append("</table>");
  }
}
