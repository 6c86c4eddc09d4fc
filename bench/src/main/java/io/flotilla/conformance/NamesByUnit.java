package io.flotilla.conformance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Names of tests that pass, by file of the suite, as they stand in a JSON file: {@code {"unit/x":
 * ["name", …]}}. A name that stands there twice has passed twice.
 */
record NamesByUnit(SortedMap<String, List<String>> names) {
  NamesByUnit {
    names = Collections.unmodifiableSortedMap(new TreeMap<>(names));
  }

  static NamesByUnit read(Path file) {
    try {
      JsonNode root = JsonMapper.shared().readTree(Files.readString(file, StandardCharsets.UTF_8));
      SortedMap<String, List<String>> names = new TreeMap<>();
      for (String unit : root.propertyNames()) {
        List<String> list = new ArrayList<>();
        root.get(unit).forEach(name -> list.add(name.stringValue()));
        names.put(unit, List.copyOf(list));
      }
      return new NamesByUnit(names);
    } catch (IOException | JacksonException e) {
      throw new ConformanceException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** Writes the file, one name a line, so that a change of it can be read as a difference. */
  void write(Path file) {
    StringBuilder text = new StringBuilder("{");
    String unitEnd = "\n";
    for (Map.Entry<String, List<String>> unit : names.entrySet()) {
      text.append(unitEnd).append("  ").append(quoted(unit.getKey())).append(": [");
      String nameEnd = "\n";
      for (String name : unit.getValue()) {
        text.append(nameEnd).append("    ").append(quoted(name));
        nameEnd = ",\n";
      }
      text.append("\n  ]");
      unitEnd = ",\n";
    }
    text.append("\n}\n");
    try {
      Files.writeString(file, text, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new ConformanceException(file + " cannot be written: " + e, e);
    }
  }

  private static String quoted(String text) {
    return JsonNodeFactory.instance.stringNode(text).toString();
  }

  List<String> of(String unit) {
    return names.getOrDefault(unit, List.of());
  }

  int size() {
    return names.values().stream().mapToInt(List::size).sum();
  }

  /** The names of one file that did not pass now as often as they stand here. */
  List<String> missing(String unit, Map<String, Integer> passed) {
    Map<String, Integer> left = new HashMap<>(passed);
    List<String> missing = new ArrayList<>();
    for (String name : of(unit)) {
      if (left.merge(name, -1, Integer::sum) < 0) {
        missing.add(name);
      }
    }
    return missing;
  }
}
