package io.flotilla.conformance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The tests that are left out, each with its reason: lines of {@code unit | reason | name}.
 *
 * <p>The name is a test's own, or a regular expression behind a slash, or {@code *} for the whole
 * file. Lines that begin with # and empty ones say nothing. The list's length is a public score:
 * what is here cannot be judged, which is no better than a failure.
 */
record SkipList(List<Line> lines) {
  private static final Pattern FORM = Pattern.compile("^(\\S+) \\| ([^|]+) \\| (.+)$");

  /** One line. */
  record Line(String unit, String reason, String name) {
    boolean wholeUnit() {
      return name.equals("*");
    }

    boolean covers(String test) {
      return wholeUnit()
          || (name.startsWith("/")
              ? Pattern.compile(name.substring(1)).matcher(test).find()
              : name.equals(test));
    }
  }

  SkipList {
    lines = List.copyOf(lines);
  }

  static SkipList read(Path file) {
    try {
      return parse(file.toString(), Files.readAllLines(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new ConformanceException(file + " cannot be read: " + e, e);
    }
  }

  static SkipList parse(String source, List<String> text) {
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < text.size(); i++) {
      String line = text.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      var matcher = FORM.matcher(line);
      if (!matcher.matches()) {
        throw new ConformanceException(
            source + ":" + (i + 1) + ": not of the form `unit | reason | name`: " + line);
      }
      lines.add(
          new Line(matcher.group(1).strip(), matcher.group(2).strip(), matcher.group(3).strip()));
    }
    return new SkipList(lines);
  }

  boolean coversWhole(String unit) {
    return lines.stream().anyMatch(line -> line.unit().equals(unit) && line.wholeUnit());
  }

  /** What the suite is told to leave out of a file. */
  List<String> namesOf(String unit) {
    return lines.stream()
        .filter(line -> line.unit().equals(unit) && !line.wholeUnit())
        .map(Line::name)
        .toList();
  }

  /** How many of these names are left out, by reason. */
  SortedMap<String, Integer> reasons(String unit, List<String> names) {
    SortedMap<String, Integer> reasons = new TreeMap<>();
    for (String name : names) {
      lines.stream()
          .filter(line -> line.unit().equals(unit) && line.covers(name))
          .findFirst()
          .ifPresent(line -> reasons.merge(line.reason(), 1, Integer::sum));
    }
    return reasons;
  }
}
